"""Where a click id stands in a destination: behind the destination's own query, before its fragment.

All of the destination stays as it is, letter for letter. One that has a parameter of that name already, in any
spelling, gets no click id.
"""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_plus, urlsplit

from mailpixel.claims import DESTINATION_BYTES
from mailpixel.links.click_id import CLICK_ID_CHARS, PARAMETER
from mailpixel.links.passthrough import joint_of

ADDED_CHARS = len(PARAMETER) + CLICK_ID_CHARS + 2
REMEMBERED = 16_384


class Place(NamedTuple):
    """A destination cut where the click id goes. `host` is in lower case, without port and final dot."""

    host: str
    before: str
    after: str

    def with_id(self, click_id: str) -> str:
        """The destination with a click id."""
        return self.before + click_id + self.after


@lru_cache(maxsize=REMEMBERED)
def place_in(destination: str) -> Place | None:
    """The place for a click id in a destination from `check_destination`. None where there can be none."""
    if len(destination) + ADDED_CHARS > DESTINATION_BYTES:
        return None
    address, hash_mark, fragment = destination.partition("#")
    _, question_mark, query = address.partition("?")
    if _is_named(query):
        return None
    before = f"{address}{joint_of(question_mark, query)}{PARAMETER}="
    return Place((urlsplit(address).hostname or "").rstrip("."), before, hash_mark + fragment)


def _is_named(query: str) -> bool:
    """Whether a query has a parameter of the name already, in any case and encoding, between `&` or `;`."""
    pairs = query.replace(";", "&").split("&")
    return any(unquote_plus(pair.partition("=")[0]).strip().lower() == PARAMETER for pair in pairs)
