"""A list that is signed behind the scenes: it says how far it is, and what became of it."""

import logging
import os
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import BinaryIO

from mailpixel.errors import InvalidInput, MailpixelError, StoreUnavailable, safe_message
from mailpixel.folder.jobs import JobProgress, forgotten_at_the_end, note_progress
from mailpixel.folder.unnamed_files import disk_errors
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.minted_rows import Job
from mailpixel.minting.results import (
    ENDED,
    FOLDER,
    Claim,
    SignedList,
    claimed,
    files_of,
    private,
    write_result,
)
from mailpixel.minting.run import Done, Watch, mint_links, size_of

FAULTS_SHOWN = 100
"""How many faulty rows are named; the others are only counted."""
NOTE_EVERY_S = 0.25
"""The least time between two notes of how far a list is."""

log = logging.getLogger(__name__)


OnSigned = Callable[[Mapping[str, int]], None]
"""Takes the numbers of recipients by treatment, once rows have links and before anybody can fetch them."""


class _Stopped(Exception):
    """The list is not wanted any more, or the service ends."""


class ListJob:
    """A list that is to be signed. Whoever looks finds it from now on; `run` then ends it, with a result.

    `source` is the list, read from its place; `run` closes it. Raises `StoreUnavailable` when the disk refuses.
    """

    def __init__(self, source: BinaryIO, data: Path, job: Job, keyring: Keyring) -> None:
        self.id = secrets.token_urlsafe(16)
        self._source, self._data, self._job, self._keyring = source, data, job, keyring
        self._of = size_of(source) or 0
        self._unfinished, _ = files_of(data, self.id)
        self._noted_s = -NOTE_EVERY_S
        self._faults: list[str] = []
        with disk_errors():
            (data / FOLDER).mkdir(mode=0o700, exist_ok=True)
            self._lock = claimed(data, self.id, Claim(job.campaign, str(job.format), self._of))

    def run(self, is_ending: Callable[[], bool], on_signed: OnSigned) -> None:
        """Sign the list and write the result, the file of links first. `is_ending`: the service ends, so stop.

        `on_signed` is called when any row has links. A list that was removed
        meanwhile has no result. Raises `StoreUnavailable` when the result cannot be written; whoever looks
        then finds that the list was not signed.
        """
        with self._source, self._lock, forgotten_at_the_end(self._data, self.id):
            made = self._made(is_ending, on_signed)
            if made.problem:
                self._links.unlink(missing_ok=True)
            with disk_errors():
                if self._unfinished.exists():
                    write_result(self._data, made)
                    self._unfinished.unlink(missing_ok=True)
                else:
                    self._links.unlink(missing_ok=True)

    @property
    def _links(self) -> Path:
        return self._data / FOLDER / f"{self.id}.{self._job.format}"

    def _made(self, is_ending: Callable[[], bool], on_signed: OnSigned) -> SignedList:
        try:
            made, numbers = self._signed(is_ending)
            if made.minted:
                on_signed(numbers)
            return made
        except _Stopped:
            return self._failed(ENDED)
        except InvalidInput as error:
            return self._failed(f"The list cannot be read: {error.problem}.")
        except OSError as error:
            return self._failed(f"The data folder cannot be written: {error.strerror}.")
        except MailpixelError as error:
            return self._failed(f"{error}.")
        except Exception as error:
            log.error("a list was not signed: %s", safe_message(error))
            return self._failed("An error of mailpixel, which the log of the service names.")

    def _failed(self, problem: str) -> SignedList:
        return SignedList(self.id, self._job.campaign, str(self._job.format), problem=problem)

    def _signed(self, is_ending: Callable[[], bool]) -> tuple[SignedList, Mapping[str, int]]:
        def on_block(done: Done) -> None:
            if is_ending():
                raise _Stopped
            self._note(done)

        on_block(Done())
        with private(self._links) as sink:
            watch = Watch(on_fault=self._on_fault, on_block=on_block)
            counts = mint_links(self._source, sink, self._job, self._keyring, watch)
            sink.flush()
            size_bytes = os.fstat(sink.fileno()).st_size
        made = SignedList(
            id=self.id,
            campaign=self._job.campaign,
            format=str(self._job.format),
            rows=counts.rows,
            minted=counts.minted,
            faulty=counts.faulty,
            duplicates=counts.duplicates,
            size_bytes=size_bytes,
            faults=tuple(self._faults),
        )
        return made, counts.signed

    def _on_fault(self, row: int, fault: InvalidInput) -> None:
        if len(self._faults) < FAULTS_SHOWN:
            self._faults.append(f"row {row}: {fault}")

    def _note(self, done: Done) -> None:
        """Say how far it is, not too often. A disk that refuses the note may still have room for the list."""
        now_s = monotonic()
        if now_s - self._noted_s < NOTE_EVERY_S:
            return
        self._noted_s = now_s
        if not self._unfinished.exists():
            raise _Stopped
        read_bytes = min(done.read_bytes, self._of)
        progress = JobProgress(self._job.campaign, self.id, done.recipients, read_bytes, self._of)
        with suppress(StoreUnavailable):
            note_progress(self._data, progress)
