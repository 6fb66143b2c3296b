"""The body of a request that asks for another protocol, which the parser would take for the next request.

Text inside the body that looks like a request would be answered, and a proxy in front would give that answer
to another client. So a second parser is given the body's length and continues from there.
"""

from collections.abc import Iterable
from typing import Protocol

import httptools

Header = tuple[bytes, bytes]
_FRAMING = frozenset({b"content-length", b"transfer-encoding"})


class Listener(Protocol):
    """Receives what a parser reads."""

    def on_message_begin(self) -> None:
        """A request begins."""

    def on_url(self, url: bytes) -> None:
        """A piece of its target."""

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, before or after its body."""

    def on_headers_complete(self) -> None:
        """All headers before its body are complete."""

    def on_body(self, body: bytes) -> None:
        """A piece of its body."""

    def on_message_complete(self) -> None:
        """The request has ended."""


def framing_of(headers: Iterable[Header]) -> list[Header]:
    """The headers that define the length of a body."""
    return [header for header in headers if header[0] in _FRAMING]


def parser_of_body(listener: Listener, framing: Iterable[Header]) -> httptools.HttpRequestParser:
    """A parser that reads a body of this framing next, and then any requests that follow.

    Raises `HttpParserError` where the framing makes no sense: the parser of the head did not check it.
    """
    behind = _BehindHead(listener)
    parser = httptools.HttpRequestParser(behind)
    lines = [b"%b: %b\r\n" % header for header in framing]
    parser.feed_data(b"".join([b"POST / HTTP/1.1\r\n", *lines, b"\r\n"]))
    behind.is_there = True
    return parser


class _BehindHead:
    """Passes on what a parser reads, without the head that `parser_of_body` made up."""

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
