"""A recipient as the sender wrote it: an id, or an address where pseudonyms are asked for."""

from collections.abc import Callable

from mailpixel.claims import check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.reading.shapes import Text

WRITTEN_CHARS = 1_000


def written(text: str, name: str) -> str:
    """A recipient as the sender wrote it: an id, or an address if pseudonyms are requested."""
    found = text.strip()
    if not 1 <= len(found) <= WRITTEN_CHARS:
        raise InvalidInput(name, f"must have 1 to {WRITTEN_CHARS:,} characters")
    return found


class Written(Text, check=written, minLength=1, maxLength=WRITTEN_CHARS):
    """The id or address of a recipient."""


def as_id(written: str) -> str:
    """The id that was written. Raises `InvalidInput` for anything else, such as an address."""
    return check_recipient(str(written))


def as_pseudonym(keyring: Keyring) -> Callable[[str], str]:
    """Gives the keyed pseudonym of what was written; raises `InvalidInput`."""
    return lambda written: pseudonym(keyring, written)
