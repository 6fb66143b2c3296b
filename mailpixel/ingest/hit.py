"""A hit: one request on a surface as it was seen, before anybody has verified its token."""

from msgspec import Struct
from msgspec.structs import replace

from mailpixel.links.urls import TrackingPath
from mailpixel.model import Facts


class Hit(Struct, frozen=True, gc=False):
    """Which token, when, and what the request showed.

    `path` holds the token as it came. `query` is what was added to the URL, as it came. `address` is the client's in
    canonical text, or empty; `now_ms` is when the hit came, in milliseconds since 1970.
    """

    path: TrackingPath
    query: bytes
    now_ms: int
    method: str
    address: str
    agent: str
    facts: Facts

    def but(self, fact: Facts) -> "Hit":
        """The same with one fact more."""
        return replace(self, facts=self.facts | fact)
