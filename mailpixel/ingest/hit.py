"""A hit: one request on a surface, before its token is verified."""

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.links.urls import TrackingPath
from mailpixel.model import Facts


class Hit(Struct, frozen=True, gc=False):
    """The tracking path, the time, and what the request showed.

    `path` holds the parts of the path, with the token as received. `query` is the query string as
    received. `address` is the client's in canonical text, or empty. `now_ms` is the time of the
    hit, in milliseconds since 1970.
    """

    path: TrackingPath
    query: bytes
    now_ms: int
    method: str
    address: str
    agent: str
    facts: Facts

    def but(self, fact: Facts) -> "Hit":
        """A copy with one more fact."""
        return replace(self, facts=self.facts | fact)
