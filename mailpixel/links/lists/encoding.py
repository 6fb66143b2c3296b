"""Reads lists in encodings other than UTF-8 as UTF-8."""

import codecs
from typing import BinaryIO

from mailpixel.errors import InvalidInput
from mailpixel.links.lists.layout import FIELD

MARKS = {b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
"""Byte order marks, the longer ones first. Excel's "Unicode text" is UTF-16."""


def check_encoding(name: str) -> str:
    """The name of an encoding of text. Raises `InvalidInput`."""
    try:
        b"a".decode(name, "replace")  # refuses what encodes no text, such as zip
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError, AttributeError):
        raise InvalidInput(
            "encoding", "is not known; name one such as cp1252, utf-16-le or shift_jis"
        ) from None
    return name


def encoding_of(beginning: bytes) -> str | None:
    """The encoding that a list's byte order mark names; None for UTF-8 and without a mark."""
    return next((encoding for mark, encoding in MARKS.items() if beginning.startswith(mark)), None)


class AsUtf8:
    """Reads a list in another encoding as UTF-8, a piece at a time.

    Raises `InvalidInput` where the list is not valid in that encoding.
    """

    def __init__(self, source: BinaryIO, beginning: bytes, encoding: str) -> None:
        self._source, self._held, self._encoding = source, beginning, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int) -> bytes:
        """About `size` bytes; none at the end."""
        made = b""
        while not made:
            piece = self._held or self._source.read(size)
            self._held = b""
            try:
                made = self._decoder.decode(piece, final=not piece).encode()
            except ValueError:
                raise InvalidInput(
                    FIELD, f"is not {self._encoding} throughout; name another encoding"
                ) from None
            if not piece:
                break
        return made
