"""The bounds of one HTTP connection, and the answers to requests that exceed them."""

from collections.abc import Collection
from http import HTTPStatus

from mailpixel.links.token import TOKEN_CHARS
from mailpixel.server.door import Ended

HEADER_BYTES, HEADERS = 65_536, 100
"""Most bytes, and most headers, in the head of a request."""
TARGET_BYTES = TOKEN_CHARS + 4_096
"""The longest target: a path before the longest token, and a query after it."""
DROPPED_BYTES = 32 * 1024**2
"""How many bytes of an unexpected body are read, so that its sender gets to read the answer."""
DROPPED_CHUNKS = 4_096
"""In how many chunks at most. Later bytes are discarded unparsed, and no other request is accepted."""
CHUNKS_A_TURN = 256
"""After this many chunks other connections get a turn. A chunk of one byte costs as much as a large one."""
HEAD_S = 10.0
"""Seconds from connecting, or from the first byte of a request, to the end of its headers; and from an answer to
the end of an unexpected body."""
BODY_S = 60.0
"""Seconds from one piece of a body to the next."""
UNREAD_S, UNREAD_API_S = 30.0, 600.0
"""Seconds that a client may leave its answer unread: readers of mail, and API clients, which may pause in exports."""
SITE_BODY_S = 10.0
"""Seconds for the whole body of what a page of a web site posts. Without its end it is answered and ignored."""
DRAIN_S = 1.0
"""Seconds that a connection without a request stays open once the service must end."""
LINGER_S = 2.0
"""Seconds that a client may take to read the last answer."""

REFUSALS = {
    Ended.BAD_REQUEST: (400, "This is not a valid HTTP request."),
    Ended.LONG_TARGET: (414, f"The URL is longer than {TARGET_BYTES:,} bytes."),
    Ended.LARGE_HEADERS: (431, f"Send at most {HEADERS} headers and {HEADER_BYTES:,} bytes."),
}
"""Status and text of the answers to bad requests."""


def problem_of_head(target: bytes, headers: Collection[tuple[bytes, bytes]], read_bytes: int) -> Ended | None:
    """Why to refuse a complete head; None to accept it. `read_bytes` counts what arrived before its last piece.

    It is 0 where the head arrived at once, or after a body in two pieces, which
    together are shorter than the bound.
    """
    if len(target) > TARGET_BYTES:
        return Ended.LONG_TARGET
    if len(headers) > HEADERS:
        return Ended.LARGE_HEADERS
    if read_bytes and sum(len(name) + len(value) + 4 for name, value in headers) > HEADER_BYTES:
        return Ended.LARGE_HEADERS
    return None


def problem_of_begun_head(
    target: bytes, headers: Collection[tuple[bytes, bytes]], read_bytes: int
) -> Ended | None:
    """Why to refuse a head before it is complete; None to go on. `read_bytes` counts all bytes so far."""
    if len(target) > TARGET_BYTES:
        return Ended.LONG_TARGET
    if len(headers) > HEADERS or read_bytes - len(target) > HEADER_BYTES:
        return Ended.LARGE_HEADERS
    return None


def refusal(why: Ended) -> bytes:
    """The whole answer to such a request. The connection ends after it."""
    status, text = REFUSALS[why]
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(text)}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", text]).encode()
