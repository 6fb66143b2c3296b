"""The keys and the fold on this machine."""

import stat
from pathlib import Path

from mailpixel.checkup.check import Check, Grade, failed
from mailpixel.errors import KeyringError
from mailpixel.links.keyring import load_keyring
from mailpixel.store.protocol import FoldState


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


def check_fold(state: FoldState, now_ms: int, ready_lag_s: int) -> Check:
    """Whether hits are judged and counted: when the fold last had nothing left to do."""
    name, remedy = "fold", "start `mailpixel serve`, or `mailpixel work` where the web runs elsewhere"
    if not state.caught_up_at_ms:
        return Check(name, Grade.FAIL, "has never run: nothing is counted", remedy)
    lag_s = max(now_ms - state.caught_up_at_ms, 0) / 1000
    if lag_s > ready_lag_s:
        return Check(name, Grade.FAIL, f"{lag_s:,.0f} s behind: figures do not move", remedy)
    return Check(name, Grade.OK, f"caught up {lag_s:,.0f} s ago")
