"""The body of a request that asks for another protocol: its own parser takes that for the next request.

What begins like a request inside a body would be answered, and a proxy in front would give that answer to another
client. So another parser learns how long the body is, and reads on from there.
"""

from collections.abc import Iterable
from typing import Protocol

import httptools

Header = tuple[bytes, bytes]
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Listener(Protocol):
    """Whom a parser tells what it reads."""

    def on_message_begin(self) -> None:
        """A request begins."""

    def on_url(self, url: bytes) -> None:
        """A piece of its target."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, before or behind its body."""

    def on_headers_complete(self) -> None:
        """All headers before its body are there."""

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""

    def on_message_complete(self) -> None:
        """It has ended."""


def framing_of(headers: Iterable[Header]) -> list[Header]:
    """The headers that say how long a body is."""
    return [header for header in headers if header[0] in _FRAMING]


def parser_of_body(listener: Listener, framing: Iterable[Header]) -> httptools.HttpRequestParser:
    """A parser that reads a body of this framing next, and whatever requests come behind it.

    Raises: HttpParserError, where the framing makes no sense: the parser of the head did not look at it.
    """
    behind = _BehindHead(listener)
    parser = httptools.HttpRequestParser(behind)
    lines = [b"%b: %b\r\n" % header for header in framing]
    parser.feed_data(b"".join([b"POST / HTTP/1.1\r\n", *lines, b"\r\n"]))
    behind.is_there = True
    return parser


class _BehindHead:
    """Passes on what a parser says, but nothing of the head that `parser_of_body` made up."""

    def __init__(self, listener: Listener) -> None:
        self.is_there = False
        self._listener = listener
        self.on_body = listener.on_body
        self.on_message_complete = listener.on_message_complete

    def on_message_begin(self) -> None:
        if self.is_there:
            self._listener.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if self.is_there:
            self._listener.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.is_there:
            self._listener.on_header(name, value)

    def on_headers_complete(self) -> None:
        if self.is_there:
            self._listener.on_headers_complete()
