"""What a page of a web site sent: one post or one request of the image, before it is read."""

from msgspec import Struct

from mailpixel.model import Facts


class SiteHit(Struct, frozen=True, gc=False):
    """The key of a site, what was sent, the time, and what the request showed.

    `sent` is the body of a POST, else the query of the image, as received. `origin` is the header, empty without
    one. `facts` may have the bits of `REFUSALS` beside them.
    """

    key: str
    method: str
    sent: bytes
    origin: str
    now_ms: int
    address: str
    agent: str
    facts: Facts
