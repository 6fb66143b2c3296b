"""A file of links that is written beside its final place and moved there when complete. It can be resumed.

`FILE.part` holds the rows so far. `FILE.part.json` says which job they belong to and how far
it got; it is replaced after every block, once the rows are on disk. Anything in `FILE.part`
beyond that is cut off on resuming.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.files import try_lock
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.links.minter import Minter
from mailpixel.minting.run import Done

FIELD = "resume"
_AGAIN = "start again without `resume`"
_PROBE = "a-recipient-that-shows-the-keys"

RunFacts = Mapping[str, object]


def facts_of_run(job: Job, keyring: Keyring, list_bytes: int | None) -> RunFacts:
    """The facts that must be the same for a run to continue. Keys are compared by what they sign, so none is stored."""
    made = Minter(keyring, job.base_url, job.campaign).token(_PROBE) + pseudonym(keyring, _PROBE)
    return {
        "campaign": job.campaign,
        "base URL": job.base_url,
        "format": str(job.format),
        "columns": list(job.columns),
        "input column": job.wanted.column,
        "list of kept columns": "all" if job.wanted.keep_all else list(job.wanted.keep),
        "header": not job.wanted.headerless,
        "encoding": job.encoding,
        "privacy": job.treat.name,
        "keys": hashlib.sha256(made.encode()).hexdigest(),
        "size of the list": list_bytes,
    }


def place_of(path: Path, source: BinaryIO) -> Path:
    """The final place of FILE: the path itself, or the target of a symbolic link.

    Raises `InvalidInput` for a device or a pipe, which a file would replace, and
    for the list that is being read.
    """
    if path.exists() and not path.is_file():
        raise InvalidInput("output", f"{path} is not a regular file; choose another, or write to stdout")
    place = path.resolve()
    if any(_is_read_from(written, source) for written in (place, *_beside(place))):
        raise InvalidInput("output", f"{path} would overwrite the list of recipients; choose another file")
    return place


def _beside(path: Path) -> tuple[Path, Path]:
    """`FILE.part` and `FILE.part.json`."""
    return path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.json")


def _is_read_from(path: Path, source: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(source.fileno()))
    except OSError:  # there is no such file, or the list is in memory
        return False


class PartFile:
    """`FILE.part`, open for one run. Use it in a `with` block: at the end it becomes FILE, unless an error ends it.

    `done` is what an earlier run had done. Raises `InvalidInput` when that was another job or cannot be
    resumed, and `Conflict` while another run writes the same file.
    """

    def __init__(self, path: Path, facts: RunFacts, resume: bool = False) -> None:
        if resume and facts["format"] == Format.PARQUET:
            raise InvalidInput(FIELD, f"a Parquet file cannot be continued; {_AGAIN}")
        self._path, self._facts = path, facts
        self._part, self._note = _beside(path)
        try:
            self.sink: BinaryIO = self._part.open("r+b" if self._part.exists() else "w+b")
        except OSError as error:
            raise InvalidInput("output", f"cannot write {self._part}: {error.strerror}") from None
        try:
            self._lock()
            self.done = self._go_on() if resume else self._begin()
        except BaseException:
            self.sink.close()
            raise

    def note(self, done: Done) -> None:
        """Record how much is written, once it is on disk. Does nothing for Parquet, which ends with its index."""
        if self._facts["format"] == Format.PARQUET:
            return
        self._sync()
        self.done = done
        note = {"facts": self._facts, "done": asdict(done), "written_bytes": self.sink.tell()}
        beside = self._note.with_suffix(".new")
        beside.write_text(json.dumps(note))
        beside.replace(self._note)  # not synced: an older note only makes the next run do more

    def __enter__(self) -> "PartFile":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Move the finished file to its place. After an error keep only what another run can resume."""
        try:
            if kind is None:
                self._sync()
                self._part.replace(self._path)
                self._note.unlink(missing_ok=True)
            elif not self.is_kept:
                self._part.unlink()
        finally:
            with suppress(OSError):  # what the disk had no room for lies beyond the note
                self.sink.close()

    @property
    def is_kept(self) -> bool:
        """Whether another run can continue from here."""
        return self.done.blocks > 0

    def _lock(self) -> None:
        if not try_lock(self.sink):
            raise Conflict(f"another run is writing {self._part}; wait for its end")

    def _begin(self) -> Done:
        self._note.unlink(missing_ok=True)
        self.sink.truncate(0)
        return Done()

    def _go_on(self) -> Done:
        """The point where the earlier run ended, or the beginning if it left nothing usable."""
        if not self._note.exists() or self._size() == 0:
            return self._begin()
        facts, done, written_bytes = self._read_note()
        for name, value in self._facts.items():
            if facts.get(name) != value:
                raise InvalidInput(FIELD, f"{self._part} belongs to another job: `{name}` changed; {_AGAIN}")
        if self._size() < written_bytes:
            raise InvalidInput(FIELD, f"{self._part} is shorter than the run had written; {_AGAIN}")
        self.sink.truncate(written_bytes)
        self.sink.seek(written_bytes)
        return done

    def _read_note(self) -> tuple[RunFacts, Done, int]:
        """What `note` wrote: the job's facts, how far it got, and how many bytes it had written."""
        try:
            note = json.loads(self._note.read_text())
            return dict(note["facts"]), Done(**note["done"]), int(note["written_bytes"])
        except (ValueError, TypeError, KeyError):
            raise InvalidInput(FIELD, f"{self._note} is damaged; {_AGAIN}") from None

    def _size(self) -> int:
        return os.fstat(self.sink.fileno()).st_size

    def _sync(self) -> None:
        self.sink.flush()
        os.fsync(self.sink.fileno())
