"""Converts the bytes of a mail part to text and back without any change.

A charset is used only when decoding and encoding gives the same bytes again. So a wrong label
harms only letters outside ASCII.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"\xef\xbb\xbf", "utf-8"),
)
_WIDER: Mapping[str, tuple[str, ...]] = {
    "utf-8-sig": ("utf-8",),
    "utf-16": ("utf-16-le", "utf-16-be"),
    "utf-32": ("utf-32-le", "utf-32-be"),
    "iso8859-1": ("cp1252",),
    "iso8859-9": ("cp1254",),
    "tis-620": ("cp874",),
    "shift_jis": ("cp932",),
    "gb2312": ("gb18030",),
    "gbk": ("gb18030",),
    "euc_kr": ("cp949",),
    "big5": ("big5hkscs",),
}
"""The charsets that mail programs use for these labels. Source: Encoding Standard, names and labels (read 2026-11)."""
_NO_CHARSET = frozenset({"unicode_escape", "unicode-escape", "raw_unicode_escape", "raw-unicode-escape", "punycode",
                         "idna", "undefined"})  # fmt: skip
_ASCII = re.compile("[\x01-\x7f]")
_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


class Decoded(NamedTuple):
    """Text with the Python codec that gives its bytes back.

    `certain` is False when no charset matched and every byte was read as one letter (Latin-1). Then
    only ASCII letters are reliable.
    """

    text: str
    codec: str
    certain: bool


def decode(raw: bytes, declared: str | None) -> Decoded:
    """Decode bytes by their byte-order mark, declared charset, `<meta>` charset, UTF-8 or Latin-1, in this order.

    Never raises, for any bytes or label.
    """
    for codec in _candidates(raw, declared):
        text = _read(raw, codec)
        if text is not None:
            return Decoded(text, codec, True)
    return Decoded(raw.decode("latin-1"), "latin-1", False)


def _candidates(raw: bytes, declared: str | None) -> Iterator[str]:
    yield from (codec for mark, codec in _BYTE_ORDER_MARKS if raw.startswith(mark))
    if declared is not None:
        yield from _codecs_of(declared)
    elif match := _META.search(raw, 0, 1024):
        yield from _codecs_of(match[1].decode("ascii"))
    yield "utf-8"


def _codecs_of(label: str) -> Iterator[str]:
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return
    yield from _WIDER.get(name, ())
    if name not in _NO_CHARSET:
        yield name


def _read(raw: bytes, codec: str) -> str | None:
    try:
        text = raw.decode(codec)
        return text if text.encode(codec) == raw and _is_plausible(text, codec) else None
    except (LookupError, ValueError):
        return None


def _is_plausible(text: str, codec: str) -> bool:
    """False for ASCII read as UTF-16 or UTF-32, which nearly always decodes but gives no ASCII letter."""
    by_one = not codec.startswith(("utf-16", "utf-32"))
    return by_one or not text or text.startswith("\ufeff") or _ASCII.search(text) is not None
