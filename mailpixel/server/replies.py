"""The answers to hits. All are constants, except for the destination of a redirect."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

from mailpixel.server.reader_pages import NOT_FOUND_PAGE

PIXEL_GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    b"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)
"""The pixel: a transparent GIF of 1 x 1, 43 bytes."""

RawHeaders = tuple[tuple[bytes, bytes], ...]
NO_STORE = (b"cache-control", b"no-store, no-cache, must-revalidate, max-age=0, private")
NOSNIFF = (b"x-content-type-options", b"nosniff")
NO_REFERRER = (b"referrer-policy", b"no-referrer")
NO_BODY = (b"content-length", b"0")
ALLOW = (b"allow", b"GET, HEAD")

PIXEL_HEADERS: RawHeaders = ((b"content-type", b"image/gif"), (b"content-length", b"43"), NO_STORE, NOSNIFF)
REDIRECT_HEADERS: RawHeaders = (NO_BODY, NO_STORE, NOSNIFF, NO_REFERRER)
NOT_FOUND_HEADERS: RawHeaders = (
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-length", str(len(NOT_FOUND_PAGE)).encode()),
    NO_STORE,
    NOSNIFF,
    NO_REFERRER,
)
ANY_SITE: RawHeaders = (
    (b"access-control-allow-origin", b"*"),
    (b"timing-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    NOSNIFF,
)
"""With these a page of any other host may use an answer, also one that isolates itself (COEP)."""
TAKEN_HEADERS: RawHeaders = (*ANY_SITE, NO_STORE)
SITE_IMAGE_HEADERS: RawHeaders = (
    (b"content-type", b"image/gif"),
    (b"content-length", b"43"),
    *TAKEN_HEADERS,
)
PREFLIGHT_HEADERS: RawHeaders = (
    *TAKEN_HEADERS,
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"86400"),
)
OTHER_METHOD_HEADERS: RawHeaders = (NO_BODY, ALLOW, NO_STORE, NOSNIFF, NO_REFERRER)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `headers` is one of the constants above; only a redirect adds a header.

    `begin` and `rest` are its bytes on the wire; the headers of the server stand between them.
    """

    status: int
    headers: RawHeaders
    body: bytes = b""
    location: bytes | None = None
    begin: bytes = field(init=False, repr=False, compare=False)
    rest: bytes = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "begin", STATUS_LINES[self.status])
        object.__setattr__(self, "rest", self.ended(keep_alive=True, without_body=False))

    def ended(self, keep_alive: bool, without_body: bool) -> bytes:
        """Like `rest`, also for a connection that ends with this answer, and for a request that wants no body."""
        location = b"" if self.location is None else b"location: %b\r\n" % self.location
        ending = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
        return location + _constant_lines(self.headers) + ending + (b"" if without_body else self.body)

    @property
    def all_headers(self) -> RawHeaders:
        """The headers, including those of a redirect."""
        return self.headers if self.location is None else ((b"location", self.location), *self.headers)


STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as sent over the wire."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


_constant_lines = lru_cache(maxsize=64)(lines)

PIXEL_REPLY = Reply(200, PIXEL_HEADERS, PIXEL_GIF)
NOT_AHEAD_REPLY = Reply(503, (NO_BODY, NO_STORE, NOSNIFF))
"""For a browser that asks before its reader clicks; it then asks again on the click.

A redirect would be shown from memory on the click, without a second request (tried with Chromium
2026-11), and the click would be lost.
"""
NOT_FOUND_REPLY = Reply(404, NOT_FOUND_HEADERS, NOT_FOUND_PAGE)
OPTIONS_REPLY = Reply(204, OTHER_METHOD_HEADERS)
WRONG_METHOD_REPLY = Reply(405, OTHER_METHOD_HEADERS)

TAKEN_REPLY = Reply(204, TAKEN_HEADERS)
"""For every post of a page, whatever became of it."""
SITE_IMAGE_REPLY = Reply(200, SITE_IMAGE_HEADERS, PIXEL_GIF)
PREFLIGHT_REPLY = Reply(204, PREFLIGHT_HEADERS)
"""For a browser that asks before it posts another type than text/plain."""
WRONG_SITE_METHOD_REPLY = Reply(
    405, (NO_BODY, (b"allow", b"GET, HEAD, POST, OPTIONS"), NO_STORE, NOSNIFF, NO_REFERRER)
)


REDIRECTS_KEPT = 1_024


@lru_cache(maxsize=REDIRECTS_KEPT)
def redirect(destination: str) -> Reply:
    """The redirect to a destination, which is ASCII."""
    return Reply(302, REDIRECT_HEADERS, location=destination.encode("ascii"))
