"""Erasing in a test: a clock that stands, no pauses, and the files of one folder."""

from pathlib import Path
from tempfile import TemporaryDirectory

from mailpixel.erasing import DataFiles
from mailpixel.folder.suppressed import FILE_NAME
from mailpixel.privacy.erasure import Erasing, ErasureRegistry, Outcome, erase_people
from mailpixel.settings import Settings
from mailpixel.store.erasure import Erasure


def an_erasing(store: Erasure, registry: ErasureRegistry, now_ms: int, folder: Path) -> Erasing:
    """What erasing works with, at one moment."""
    files = DataFiles(Settings(data=folder))
    return Erasing(store, registry, files, folder / FILE_NAME, lambda: now_ms, lambda seconds: None)


def erase_person(store: Erasure, registry: ErasureRegistry, recipient: str, now_ms: int) -> Outcome:
    """Erase one person, where files play no part."""
    with TemporaryDirectory() as folder:
        return erase_people(an_erasing(store, registry, now_ms, Path(folder)), [recipient])
