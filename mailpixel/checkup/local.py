"""The keys and the fold on this machine."""

import stat
from pathlib import Path

from mailpixel.checkup.check import Check, Grade, failed
from mailpixel.errors import KeyringError
from mailpixel.links.keyring import load_keyring
from mailpixel.projections.lag import fold_lag_ms
from mailpixel.store.protocol import Registry, Store


def check_key_file(path: Path) -> Check:
    """Whether the signing keys are there, whole, and for their owner alone."""
    name = "key file"
    if not path.exists():
        remedy = "if links were signed before, put that file back; if not, it is made with the first link"
        return Check(name, Grade.WARN, f"{path} does not exist yet", remedy)
    try:
        keyring = load_keyring(path)
    except KeyringError as error:
        return failed(name, error)
    mode = stat.S_IMODE(path.stat().st_mode)
    return Check(name, Grade.OK, f"{len(keyring.keys)} key(s), mode {mode:03o}")


def check_fold(store: Store, registry: Registry, now_ms: int, ready_lag_s: int) -> Check:
    """Whether hits are judged and counted."""
    name, remedy = "fold", "start `mailpixel serve`, or `mailpixel work` where the web runs elsewhere"
    caught_up_ms = registry.fold_state().caught_up_at_ms
    if not caught_up_ms:
        return Check(name, Grade.FAIL, "has never run: nothing is counted", remedy)
    lag_ms = fold_lag_ms(store, registry, now_ms, ready_lag_s * 1000)
    if lag_ms is None:
        problem = "last caught up in the future: the clock was ahead, or is behind now"
        return Check(name, Grade.FAIL, problem, f"set the clock; {remedy}")
    if lag_ms > ready_lag_s * 1000:
        return Check(name, Grade.FAIL, f"{lag_ms / 1000:,.0f} s behind: figures do not move", remedy)
    return Check(name, Grade.OK, f"{lag_ms / 1000:,.0f} s behind")
