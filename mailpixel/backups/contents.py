"""What a backup consists of: copies of the files of a data folder, and a list of them that is written last.

A folder without that list is no complete backup. The list names the size and the SHA-256 of every file.
"""

import hashlib
import os
from pathlib import Path

import msgspec
from msgspec import Struct

from mailpixel import __version__
from mailpixel.errors import KeyringError, MailpixelError, StoreUnavailable
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.keys import check_keys
from mailpixel.store.sqlite.copying import CopyFacts, check_whole, facts_of, remembered_keys

LIST = "backup.json"
DATABASE, KEYS, SUPPRESSED, OPERATOR = "mailpixel.db", "keys.json", "suppressed.bin", "operator.json"
HOLDS = {
    DATABASE: "campaigns, links, hits, figures, consents, API keys",
    KEYS: "the keys that sign links: without them links in sent mail stop working",
    SUPPRESSED: "who was erased, as keyed hashes",
    OPERATOR: "your own lists of networks and agents",
}
"""The files of a backup by name, each with what it holds. The first two are in every backup."""
LIST_BYTES = 100_000
PART_BYTES = 1_048_576


class CopiedFile(Struct, frozen=True):
    """One file of a backup: its size, and its SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


class Contents(Struct, frozen=True):
    """The list of contents of a backup: what made it and when (RFC 3339, UTC), what the database holds, its files."""

    mailpixel: str
    made_at: str
    database: CopyFacts
    files: dict[str, CopiedFile]
    format: int = 1


def contents_of(folder: Path, made_at: str) -> Contents:
    """The list of what lies in a folder. Raises `OSError` and `StoreUnavailable`."""
    files = {name: described(folder / name) for name in HOLDS if (folder / name).exists()}
    return Contents(__version__, made_at, facts_of(folder / DATABASE), files)


def described(path: Path) -> CopiedFile:
    """The size and the hash of a file. Raises `OSError`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return CopiedFile(os.fstat(file.fileno()).st_size, digest)


def read_contents(folder: Path) -> Contents:
    """The list of contents of a backup. Raises `StoreUnavailable` when there is none, or of another format."""
    try:
        with (folder / LIST).open("rb") as file:
            contents = msgspec.json.decode(file.read(LIST_BYTES), type=Contents)
    except FileNotFoundError:
        raise StoreUnavailable(
            f"{folder} is no complete backup: it has no {LIST}; name a folder that `mailpixel backup` made"
        ) from None
    except OSError as error:
        raise unreadable(folder, error) from error
    except msgspec.MsgspecError:
        raise StoreUnavailable(f"{folder / LIST} cannot be understood; use another backup") from None
    if contents.format != 1:
        raise StoreUnavailable(f"{folder} was made by a newer mailpixel; use that one")
    return contents


def check_backup(folder: Path) -> Contents:
    """The contents of a backup, after checking that it is complete and whole, and that its keys fit its database.

    Raises `StoreUnavailable` and `KeyringError`.
    """
    contents = read_contents(folder)
    missing = [name for name in (DATABASE, KEYS) if name not in contents.files]
    if missing:
        raise StoreUnavailable(f"{folder} lacks {missing[0]}; use another backup")
    for name, listed in contents.files.items():
        _check_file(folder, name, listed)
    try:
        check_whole(folder / DATABASE)
        facts_of(folder / DATABASE)
        check_keys(load_keyring(folder / KEYS), remembered_keys(folder / DATABASE), folder / KEYS)
    except KeyringError:
        raise
    except MailpixelError as error:
        raise StoreUnavailable(f"{folder / DATABASE}: {error}") from error
    return contents


def _check_file(folder: Path, name: str, listed: CopiedFile) -> None:
    if name not in HOLDS:
        raise StoreUnavailable(f"{folder / LIST} names a file that no backup has; use another backup")
    try:
        found = described(folder / name)
    except OSError as error:
        raise unreadable(folder / name, error) from error
    if found != listed:
        raise StoreUnavailable(f"{folder / name} is not as it was written; use another backup")


def unreadable(path: Path, error: OSError) -> StoreUnavailable:
    """The error for a file or folder of a backup that cannot be used."""
    reason = error.strerror or type(error).__name__
    return StoreUnavailable(
        f"{path}: {reason}; the backup must be a folder that this user can read and write"
    )
