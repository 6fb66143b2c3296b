"""Signed lists that wait to be fetched: files in the data folder that any process can find, for an hour.

Each has a name that cannot be guessed. `ID.json` is written last, and says what became of the list. Until then there
is `ID.unfinished`, which its process has locked: whoever gets the lock knows that this process has died.
"""

import json
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from mailpixel.errors import NotFound, StoreUnavailable
from mailpixel.files import try_lock
from mailpixel.folder.jobs import JobProgress, forget_job, progress_of
from mailpixel.folder.unnamed_files import disk_errors
from mailpixel.store.traces import Sought, sought

FOLDER = "lists"
UNFINISHED = ".unfinished"
PLAIN = ("csv", "ndjson")
"""Formats in which a name can be found. Parquet is compressed."""
PART_BYTES = 4_194_304
KEPT_S = 3_600
"""How long a signed list is kept, in seconds."""
ENDED = "The service ended before the list was signed. Sign it again."
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class SignedList:
    """What became of a list. With a `problem` there is no file, and everything else counts nothing.

    `faults` are sentences with the number of the row, the first ones of `faulty`.
    """

    id: str
    campaign: str
    format: str
    rows: int = 0
    minted: int = 0
    faulty: int = 0
    duplicates: int = 0
    size_bytes: int = 0
    faults: Sequence[str] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What an unfinished file says: whose list it is, how the links are given, and the size of the list."""

    campaign: str
    format: str
    size_bytes: int


def files_of(data: Path, id: str) -> tuple[Path, Path]:
    """The unfinished file and the result of a list."""
    return data / FOLDER / f"{id}{UNFINISHED}", data / FOLDER / f"{id}.json"


def look(data: Path, campaign: str, id: str) -> SignedList | JobProgress:
    """What became of a list, or how far it is. A list whose process has died gets a result that says so.

    Raises `NotFound` when the campaign has no such list or it was removed, and `StoreUnavailable`.
    """
    found = (_finished(data, id) or _at_work(data, id) or _finished(data, id)) if _ID.fullmatch(id) else None
    if found is None or found.campaign != campaign:
        raise NotFound(
            "there is no such list, or not any more: a signed list is kept for an hour; sign it again"
        )
    return found


def signed_list(data: Path, campaign: str, id: str) -> tuple[SignedList, Path]:
    """A signed list of a campaign, and its file. Raises `NotFound` when there is none, or it is not finished."""
    found = look(data, campaign, id)
    if isinstance(found, JobProgress) or found.problem:
        raise NotFound("this list has no links to fetch")
    return found, data / FOLDER / f"{id}.{found.format}"


def remove_list(data: Path, campaign: str, id: str) -> None:
    """Remove a signed list, or stop one that is being signed. Raises `NotFound`."""
    found = look(data, campaign, id)
    unfinished, result = files_of(data, id)
    if isinstance(found, SignedList):
        (data / FOLDER / f"{id}.{found.format}").unlink(missing_ok=True)
        result.unlink(missing_ok=True)
    unfinished.unlink(missing_ok=True)  # its process sees that, and stops


def remove_lists_with(data: Path, recipients: Iterable[str]) -> int:
    """Remove the signed lists that name one of these people, and stop every list that is being signed.

    Nobody can tell whom the latter and those in Parquet name, so they all go. Returns how many lists were
    removed. Raises `StoreUnavailable`.
    """
    named = sought(recipients, shortest=1)
    removed = 0
    with disk_errors():
        for path in sorted((data / FOLDER).iterdir()) if (data / FOLDER).is_dir() else ():
            format = path.suffix[1:]
            if path.suffix == UNFINISHED or format == "parquet" or (format in PLAIN and _names(path, named)):
                path.unlink(missing_ok=True)
                path.with_suffix(".json").unlink(missing_ok=True)
                removed += 1
    return removed


def _names(path: Path, named: Sought) -> bool:
    """Whether a list names one of these people: in whole lines, a part of the file at a time."""
    try:
        with path.open("rb") as file:
            while lines := file.readlines(PART_BYTES):
                if named.places_in(b"".join(lines)):
                    return True
    except FileNotFoundError:  # removed meanwhile
        pass
    return False


def remove_old_lists(data: Path, now_s: float) -> None:
    """Remove the lists that are older than an hour, and what dead processes left. Those at work stay."""
    with suppress(OSError):
        paths = sorted((data / FOLDER).iterdir())
        ids = [path.name.removesuffix(UNFINISHED) for path in paths if path.suffix == UNFINISHED]
        at_work = {id for id in ids if _is_at_work(data, id)}
        for path in paths:
            with suppress(OSError):
                if path.stem not in at_work and path.stat().st_mtime < now_s - KEPT_S:
                    path.unlink()


def _is_at_work(data: Path, id: str) -> bool:
    try:
        return isinstance(_at_work(data, id), JobProgress)
    except StoreUnavailable:
        return False  # its process has died, but the disk takes no note of that


def claimed(data: Path, id: str, claim: Claim) -> BinaryIO:
    """The unfinished file of a new list, locked until it is closed. Nobody finds it unlocked. Raises `OSError`."""
    unfinished, _ = files_of(data, id)
    unready = unfinished.with_suffix(".claim")
    file = private(unready)
    try_lock(file)
    file.write(json.dumps(asdict(claim)).encode())
    file.flush()
    unready.replace(unfinished)
    return file


def write_result(data: Path, made: SignedList) -> None:
    """Write what became of a list, whole or not at all. Raises `OSError`."""
    _, result = files_of(data, made.id)
    unready = result.with_suffix(".new")
    unready.unlink(missing_ok=True)
    with private(unready) as file:
        file.write(json.dumps(asdict(made)).encode())
    unready.replace(result)


def private(path: Path) -> BinaryIO:
    """A new file that only its owner can read. Raises `OSError`."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _finished(data: Path, id: str) -> SignedList | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        facts = json.loads(files_of(data, id)[1].read_bytes())
        return SignedList(**{**facts, "faults": tuple(facts["faults"])})
    return None


def _at_work(data: Path, id: str) -> JobProgress | SignedList | None:
    """How far a list is, or the result of one whose process has died. None when it is finished, or there is none."""
    unfinished, _ = files_of(data, id)
    try:
        file = unfinished.open("rb")
    except OSError:
        return None
    with file:
        claim = Claim(**json.loads(file.read()))
        if not try_lock(file):
            first = JobProgress(claim.campaign, id, 0, 0, claim.size_bytes)
            return progress_of(data, id) or first
        if not unfinished.exists():  # it ended, or was removed, a moment ago
            return _finished(data, id)
        return _finished(data, id) or _died(data, id, claim)


def _died(data: Path, id: str, claim: Claim) -> SignedList:
    """Remove what a dead process left of a list, and keep a result that says so."""
    made = SignedList(id, claim.campaign, claim.format, problem=ENDED)
    unfinished, _ = files_of(data, id)
    with disk_errors():
        (data / FOLDER / f"{id}.{claim.format}").unlink(missing_ok=True)
        write_result(data, made)
        unfinished.unlink(missing_ok=True)
    forget_job(data, id)
    return made
