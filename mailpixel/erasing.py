"""Joins everything that holds something of people, so that one call erases them from all of it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailpixel.folder.suppressed import FILE_NAME, suppressed_file
from mailpixel.minting.results import remove_lists_with
from mailpixel.privacy.erasure import Erasing, ErasureRegistry
from mailpixel.settings import Settings
from mailpixel.store.erasure import Erasure, Scanned
from mailpixel.store.traces import sought
from mailpixel.times import now_ms

PART_BYTES = 4_194_304


def erasing_in(settings: Settings, store: Erasure, registry: ErasureRegistry) -> Erasing:
    """What erasing works with, in the data folder of these settings."""
    listed = suppressed_file(settings.key_file)
    return Erasing(store, registry, DataFiles(settings), listed, now_ms, time.sleep)


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The files of the data folder beside the database, the keys and the list of suppressions."""

    settings: Settings

    def forget(self, recipients: Sequence[str]) -> None:
        """Remove signed lists that name these people."""
        remove_lists_with(self.settings.data, recipients)

    def scan(self, texts: Sequence[str]) -> Scanned:
        """Search the files for these texts as words."""
        words, files = sought(texts), list(self._files())
        found = [file for file in files if any(words.places_in(part) for part in _parts(file))]
        return Scanned(len(files), tuple(str(file.relative_to(self.settings.data)) for file in found))

    def _files(self) -> Iterator[Path]:
        database = self.settings.database.name
        own = {
            *(database + ending for ending in ("", "-wal", "-shm")),
            self.settings.key_file.name,
            FILE_NAME,
        }
        for path in sorted(self.settings.data.rglob("*")):
            if path.is_file() and path.name not in own:
                yield path


def _parts(file: Path) -> Iterator[bytes]:
    """The content in parts of whole lines; nothing of a file that is gone meanwhile."""
    try:
        with file.open("rb") as opened:
            while lines := opened.readlines(PART_BYTES):
                yield b"".join(lines)
    except FileNotFoundError:
        return
