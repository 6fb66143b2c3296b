"""The bounds of one HTTP connection, and the answers to requests beyond them."""

from collections.abc import Collection
from http import HTTPStatus

from mailpixel.links.token import TOKEN_CHARS
from mailpixel.server.door import Ended

HEADER_BYTES, HEADERS = 65_536, 100
"""The largest headers of a request, and how many."""
TARGET_BYTES = TOKEN_CHARS + 4_096
"""The longest target: a path before the longest token, and a query behind it."""
DROPPED_BYTES = 32 * 1024**2
"""How much of an unexpected body is read, so that its sender gets to read the answer."""
DROPPED_CHUNKS = 4_096
"""In how many chunks. What comes then is thrown away without being read as HTTP, and no other request is taken."""
CHUNKS_A_TURN = 256
"""After this number of chunks of a body the others get their turn: a chunk of one byte costs as much as a large one."""
HEAD_S = 10.0
"""From connecting, or from the first byte of a request, to the end of its headers; from an answer to the end of an
unexpected body."""
BODY_S = 60.0
"""From one piece of a body to the next."""
UNREAD_S, UNREAD_API_S = 30.0, 600.0
"""How long a client may read nothing of its answer: readers of mail, and API clients, which may pause in an export."""
DRAIN_S = 1.0
"""How long a connection without a request is kept for one, once the service is asked to end."""
LINGER_S = 2.0
"""How long the last answer may take to be read."""

REFUSALS = {
    Ended.BAD_REQUEST: (400, "This is not a valid HTTP request."),
    Ended.LONG_TARGET: (414, f"The URL is longer than {TARGET_BYTES:,} bytes."),
    Ended.LARGE_HEADERS: (431, f"Send at most {HEADERS} headers and {HEADER_BYTES:,} bytes."),
}
"""Status and text of the answer to what is not a good request."""


def problem_of_head(target: bytes, headers: Collection[tuple[bytes, bytes]], read_bytes: int) -> Ended | None:
    """Why a complete head is refused. `read_bytes` counts what arrived before its last piece.

    It is 0 where the head arrived at once, or behind a body in two pieces, which together are shorter than the bound.
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
    """Why a head is refused before it is complete; `read_bytes` counts all that has arrived."""
    if len(target) > TARGET_BYTES:
        return Ended.LONG_TARGET
    if len(headers) > HEADERS or read_bytes - len(target) > HEADER_BYTES:
        return Ended.LARGE_HEADERS
    return None


def refusal(why: Ended) -> bytes:
    """The whole answer to such a request, after which the connection ends."""
    status, text = REFUSALS[why]
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(text)}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", text]).encode()
