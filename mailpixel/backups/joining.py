"""The keys and the erasures of a backup together with those that are here: nothing that is newer is lost."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from mailpixel.errors import Conflict, KeyringError
from mailpixel.files import is_missing
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.suppressed import join_suppressed, read_suppressed
from mailpixel.links.keyring import Keyring
from mailpixel.store.erasure import Suppression

ANOTHER = "the backup is of another data folder: {}; name another one with --data"


def keys_here(key_file: Path) -> Keyring | None:
    """The keys that are here; None when there are none, or the file is damaged."""
    if is_missing(key_file):
        return None
    try:
        return load_keyring(key_file)
    except KeyringError:
        return None


def joined_keys(backup: Keyring, here: Keyring | None, removed: Collection[int]) -> Keyring:
    """The keys of both, without those that were `removed` since. Raises `Conflict` when they do not belong together."""
    if here is None:
        return backup
    if here.pseudonym != backup.pseudonym:
        raise Conflict(ANOTHER.format("its key file makes other pseudonyms"))
    found = {key.id: key for key in here.keys}
    others = [key for key in backup.keys if key.id in found and found[key.id].secret != key.secret]
    if others:
        raise Conflict(ANOTHER.format(f"its key {others[0].id} is another one"))
    lacking = [key for key in backup.keys if key.id not in found and key.id not in removed]
    return replace(here, keys=(*lacking, *here.keys)) if lacking else here


def joined_erasures(secret: bytes, lists: Iterable[Path], known: Iterable[Suppression]) -> list[Suppression]:
    """The erasures on all these lists, and those `known` besides, of the database with this secret.

    Raises `StoreUnavailable` when a list cannot be read.
    """
    found = {each.person8: each for each in known}
    for path in lists:
        for person, each in read_suppressed(path, secret).items():
            if each.is_news_to(found.get(person)):
                found[person] = each
    return sorted(found.values())


__all__ = ["join_suppressed", "joined_erasures", "joined_keys", "keys_here"]
