"""Checks of this machine: the keys, the file permissions and the fold."""

import stat
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mailpixel.backups.exchanging import REPLACED
from mailpixel.checks.findings import MEANINGS, Finding
from mailpixel.errors import KeyringError, MailpixelError
from mailpixel.files import is_missing, stamp_of
from mailpixel.folder.keys import read_keys
from mailpixel.privacy.replayed_erasures import behind
from mailpixel.projections.lag import fold_lag_ms
from mailpixel.spool.state import SpoolState
from mailpixel.store.consumers import Consumers
from mailpixel.store.erasure import Erasure
from mailpixel.store.erasures import Erasures
from mailpixel.store.keys import SigningKey
from mailpixel.store.log import PutAside
from mailpixel.store.projections import FOLD, Projections
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.site_projections import SiteProjections
from mailpixel.times import moment_of


class Grade(StrEnum):
    """The result of a check."""

    OK = "ok"
    WARN = "warn"
    """It works, but something may surprise."""
    FAIL = "fail"
    """Mail sent now would not be tracked, or not correctly."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checkup. `remedy` is empty if all is well."""

    name: str
    grade: Grade
    found: str
    remedy: str = ""


def failed(name: str, error: MailpixelError) -> Check:
    """A check that ended in an error of ours. The message is the problem, a semicolon and the remedy."""
    found, _, remedy = str(error).partition("; ")
    return Check(name, Grade.FAIL, found, remedy)


def check_key_file(path: Path, remembered: Sequence[SigningKey] = ()) -> Check:
    """Check that the key file exists, is whole and private, and holds the keys that signed for the database."""
    name = "key file"
    if is_missing(path) and all(key.removed for key in remembered):
        remedy = "if links were signed before, put that file back; if not: mailpixel keys rotate"
        return Check(name, Grade.WARN, f"{path} does not exist yet", remedy)
    try:
        keyring = read_keys(path, remembered)
    except KeyringError as error:
        return failed(name, error)
    mode = stat.S_IMODE(path.stat().st_mode)
    return Check(name, Grade.OK, f"{len(keyring.keys)} key(s), mode {mode:03o}")


def check_rights(database: Path) -> Check:
    """Check that only the owner can read the folder and the database: they show who read what."""
    name, folder = "access", database.parent
    files = [database.with_name(database.name + ending) for ending in ("", "-wal", "-shm")]
    open_to_others = [place for place in (folder, *files) if _is_open(place)]
    if not open_to_others:
        return Check(name, Grade.OK, "only their owner has access to the data folder and the database")
    remedy = f"unless that is meant: chmod go-rwx {' '.join(map(str, open_to_others))}"
    return Check(
        name, Grade.WARN, f"others have access to {len(open_to_others)} of the folder and its files", remedy
    )


def check_replaced(data: Path) -> Check:
    """Check that no files are left that a restore replaced: they still hold what was erased since."""
    name, folder = "replaced files", data / REPLACED
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    if not found:
        return Check(name, Grade.OK, "none are left of a restore")
    remedy = f"once the restored data is right: rm -r {folder}"
    return Check(
        name, Grade.WARN, f"{len(found)} folder(s) of files that a restore replaced are kept", remedy
    )


def _is_open(place: Path) -> bool:
    facts = stamp_of(place)
    return facts is not None and bool(facts.mode & 0o077)


class Aside(Projections, SiteProjections, Protocol):
    """What was put aside."""


def check_put_aside(store: Aside) -> Check:
    """Check that every message, visit and order could be judged."""
    name, found = "messages", []
    if count := store.count_put_aside():
        found.append(_aside(count, "message(s)", store.put_aside()))
    if count := store.count_cases_aside():
        found.append(_aside(count, "visit(s) or order(s)", store.site_cases_aside()))
    if not found:
        return Check(name, Grade.OK, "all messages are judged")
    remedy = "update mailpixel, or report this; then `mailpixel rebuild`"
    return Check(name, Grade.WARN, "; ".join(found), remedy)


def _aside(count: int, what: str, aside: Sequence[PutAside]) -> str:
    kinds = ", ".join(sorted({each.error for each in aside}))
    return f"{count:,} {what} could not be judged ({kinds}) and are not counted"


def check_erasures(store: Erasure, registry: Erasures, now_ms: int) -> Check:
    """Whether all erasures are finished, and nobody is kept out by the erasure of a clock that was ahead."""
    name, ahead, unfinished = "erasures", store.erased_ahead(now_ms), registry.unfinished_erasures()
    if unfinished:
        since = f"{moment_of(unfinished[0].asked_at_ms):%Y-%m-%d %H:%M} UTC"
        found = f"{len(unfinished):,} not finished, the first since {since}: bytes may be left in files"
        return Check(name, Grade.WARN, found, "mailpixel person erase --finish")
    if not ahead.people:
        return Check(name, Grade.OK, "all are finished, and none was noted by a clock that was ahead")
    found = f"{ahead.people:,} noted by a clock that was ahead: what these people do is not counted, the last until"
    remedy = "set the clock, and erase again whoever was erased while it was wrong"
    return Check(name, Grade.WARN, f"{found} {moment_of(ahead.until_ms):%Y-%m-%d}", remedy)


def check_suppressed(store: Erasure, listed: Path) -> Check:
    """Whether the database knows everybody who is on the list of erased people beside the key file."""
    name, number = "erased people", len(behind(store, listed))
    if not number:
        return Check(name, Grade.OK, "the database knows everybody on the list beside the key file")
    found = (
        f"{number:,} on the list beside the key file are not erased here: the database is from before that"
    )
    return Check(name, Grade.FAIL, found, "mailpixel person replay-erasures")


def check_rules(store: Projections, version: str) -> Check:
    """Check that all figures were judged by the edition of the rules in force."""
    name = "rules"
    earlier = sum(count for edition, count in store.editions().items() if edition != version)
    if not earlier:
        return Check(name, Grade.OK, f"all figures were judged by the rules in force ({version})")
    found = f"{earlier:,} campaign(s) have figures judged by an earlier edition of the rules"
    return Check(
        name,
        Grade.WARN,
        found,
        "run `mailpixel rebuild` to judge them again; --dry-run shows what would change",
    )


def check_stored(differing: Sequence[Finding]) -> list[Check]:
    """What differs in the data folder, by kind."""
    if not differing:
        return [Check("data", Grade.OK, "everything that is stored fits together")]
    return [
        Check(each.kind, Grade.FAIL, f"{each.differ:,} {MEANINGS[each.kind]}", each.remedy)
        for each in differing
    ]


def check_fold(consumers: Consumers, registry: FoldRegistry, now_ms: int, ready_lag_s: int) -> Check:
    """Check that hits are judged and counted."""
    name, remedy = "fold", "start `mailpixel serve`, or `mailpixel work` if the web processes run elsewhere"
    caught_up_ms = registry.lease(FOLD).caught_up_at_ms
    if not caught_up_ms:
        return Check(name, Grade.FAIL, "has never run: nothing is counted", remedy)
    lag_ms = fold_lag_ms(consumers, registry, now_ms, ready_lag_s * 1000)
    if lag_ms is None:
        problem = "last ran in the future: the clock was ahead then, or is behind now"
        return Check(name, Grade.FAIL, problem, f"set the clock; {remedy}")
    if lag_ms > ready_lag_s * 1000:
        return Check(name, Grade.FAIL, f"{lag_ms / 1000:,.0f} s behind: figures do not move", remedy)
    return Check(name, Grade.OK, f"{lag_ms / 1000:,.0f} s behind")


def check_spool(state: SpoolState, ready_lag_s: int) -> Check:
    """Check that answered hits get from the spool into the database, and that none are damaged."""
    name = "spool"
    if state.age_ms > ready_lag_s * 1000:
        found = f"the oldest of {state.size_bytes:,} bytes of hits waits for {state.age_ms / 1000:,.0f} s"
        remedy = "start `mailpixel serve`, or `mailpixel work`; the hits are safe on the disk meanwhile"
        return Check(name, Grade.FAIL, found, remedy)
    if state.damaged:
        found = f"{state.damaged} file(s) in spool/damaged/: bytes that could not be read, or hits that were refused"
        return Check(name, Grade.WARN, found, "check the disk, then delete these files")
    return Check(name, Grade.OK, f"{state.size_bytes:,} bytes")
