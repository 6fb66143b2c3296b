"""Signed lists that wait to be fetched: files in the data folder that any process can find, for an hour.

Each has a name that cannot be guessed and beside it a note with the counts and the faulty rows. What a crash left
is removed with the first list that is signed after its hour, and when the service starts.
"""

import json
import os
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from mailpixel.errors import InvalidInput, NotFound, StoreUnavailable
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.minted_rows import Job
from mailpixel.minting.run import Watch, mint_links

FOLDER = "lists"
KEPT_S = 3_600
"""How long a signed list is kept, in seconds."""
FAULTS_SHOWN = 100
"""How many faulty rows are named; the others are only counted."""
_ID = re.compile(r"[A-Za-z0-9_-]{22}")


@dataclass(frozen=True, slots=True)
class SignedList:
    """A signed list. `faults` are sentences with the number of the row, the first `FAULTS_SHOWN` of `faulty`."""

    id: str
    campaign: str
    format: str
    rows: int
    minted: int
    faulty: int
    duplicates: int
    size_bytes: int
    faults: Sequence[str]


def sign_list(source: BinaryIO, data: Path, job: Job, keyring: Keyring) -> SignedList:
    """Sign a list into a file of the data folder. When it fails nothing is left.

    Raises `InvalidInput` for a list that cannot be read, and `StoreUnavailable` when the disk refuses.
    """
    id = secrets.token_urlsafe(16)
    try:
        folder = data / FOLDER
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{id}.{job.format}"
        try:
            made = _signed(source, path, job, keyring)
            _write_private(folder / f"{id}.json", json.dumps(asdict(made)).encode())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise StoreUnavailable(f"the data folder cannot be written: {error.strerror}") from error
    return made


def _signed(source: BinaryIO, path: Path, job: Job, keyring: Keyring) -> SignedList:
    faults: list[str] = []

    def on_fault(row: int, fault: InvalidInput) -> None:
        if len(faults) < FAULTS_SHOWN:
            faults.append(f"row {row}: {fault}")

    with _private(path) as sink:
        counts = mint_links(source, sink, job, keyring, Watch(on_fault=on_fault))
        sink.flush()
        size_bytes = os.fstat(sink.fileno()).st_size
    return SignedList(
        id=path.stem,
        campaign=job.campaign,
        format=str(job.format),
        rows=counts.rows,
        minted=counts.minted,
        faulty=counts.faulty,
        duplicates=counts.duplicates,
        size_bytes=size_bytes,
        faults=faults,
    )


def signed_list(data: Path, campaign: str, id: str) -> tuple[SignedList, Path]:
    """A signed list of a campaign, and its file. Raises `NotFound` when there is none, or it was removed."""
    with suppress(OSError, ValueError, TypeError):
        if _ID.fullmatch(id):
            found = SignedList(**json.loads((data / FOLDER / f"{id}.json").read_bytes()))
            if found.campaign == campaign:
                return found, data / FOLDER / f"{id}.{found.format}"
    raise NotFound("there is no such list, or not any more: a signed list is kept for an hour; sign it again")


def remove_list(data: Path, campaign: str, id: str) -> None:
    """Remove a signed list. Raises `NotFound`."""
    found, path = signed_list(data, campaign, id)
    path.unlink(missing_ok=True)
    path.with_name(f"{found.id}.json").unlink(missing_ok=True)


def remove_old_lists(data: Path, now_s: float) -> None:
    """Remove the lists that are older than an hour, and what a crash left of others."""
    with suppress(OSError):
        for path in (data / FOLDER).iterdir():
            with suppress(OSError):
                if path.stat().st_mtime < now_s - KEPT_S:
                    path.unlink()


def _private(path: Path) -> BinaryIO:
    """A new file that only its owner can read."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


def _write_private(path: Path, content: bytes) -> None:
    with _private(path) as file:
        file.write(content)
