"""A list of text, opened: its encoding found, its layout known, cut into blocks."""

from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import BinaryIO

from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.encoding import AsUtf8, encoding_of
from mailpixel.links.lists.head import look
from mailpixel.links.lists.layout import Layout, Readable, blocks


class TextList:
    """A list in CSV, NDJSON or with one id a line. Raises `InvalidInput` for one that cannot be read.

    `beginning` is what was read of the source already.
    """

    def __init__(
        self, source: BinaryIO, beginning: bytes, wanted: Wanted, encoding: str | None = None
    ) -> None:
        encoding = encoding_of(beginning) or encoding
        self._source: Readable = source
        if encoding is not None:
            self._source = AsUtf8(source, beginning, encoding)
            beginning = self._source.read(len(beginning))
        self._first = beginning.removeprefix(BOM_UTF8)
        self.mark_bytes = len(beginning) - len(self._first)
        self.layout: Layout = look(self._first, wanted)

    def blocks(self, size_bytes: int) -> Iterator[bytes]:
        """The list in blocks of about one size and of whole rows, once."""
        return blocks(self._source, self._first, size_bytes, self.layout)
