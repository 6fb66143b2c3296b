"""How far long jobs are, in small files that any process of the service can read.

A job belongs to a campaign. Its file is gone when it has ended; that of a killed process goes after an hour.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time

import msgspec

from mailpixel.folder.unnamed_files import disk_errors

FORGOTTEN_AFTER_S = 3_600
FILE_BYTES = 2_000
"""A longer file is not one of ours."""


class JobProgress(msgspec.Struct, frozen=True):
    """How far a job is: the rows done, and the bytes read `of` those that there are (0: not known)."""

    campaign: str
    job: str
    rows: int
    bytes: int
    of: int


def note_progress(data: Path, progress: JobProgress) -> None:
    """Let everybody know how far a job is. The name of the job is of letters, digits and `_-` only.

    `data` is the data folder. Raises `StoreUnavailable` when it cannot be written.
    """
    folder = data / "jobs"
    with disk_errors():
        folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = folder / f".{progress.job}.{secrets.token_hex(4)}"
        unfinished.write_bytes(msgspec.json.encode(progress))
        os.replace(unfinished, folder / f"{progress.job}.json")


@contextmanager
def forgotten_at_the_end(data: Path, job: str) -> Iterator[None]:
    """Forget a job when the block ends."""
    try:
        yield
    finally:
        forget_job(data, job)


def forget_job(data: Path, job: str) -> None:
    """Forget a job that has ended."""
    with suppress(OSError):
        (data / "jobs" / f"{job}.json").unlink()


def progress_of(data: Path, job: str) -> JobProgress | None:
    """How far a job is. None when it has not begun, or has ended. The name of the job is that of `note_progress`."""
    return _read(data / "jobs" / f"{job}.json")


def jobs_in(data: Path) -> Sequence[JobProgress]:
    """The jobs that run now, of all campaigns. Files left by killed processes are removed after an hour."""
    try:
        files = sorted((data / "jobs").iterdir())
    except OSError:
        return ()
    found = (_read(file) for file in files)
    return [job for job in found if job is not None]


def _read(file: Path) -> JobProgress | None:
    try:
        if time() - file.stat().st_mtime > FORGOTTEN_AFTER_S:
            file.unlink()
            return None
        with file.open("rb") as opened:
            return msgspec.json.decode(opened.read(FILE_BYTES), type=JobProgress)
    except (OSError, msgspec.MsgspecError):
        return None  # it ended a moment ago, or is being written
