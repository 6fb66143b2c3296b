"""Content transfer encodings: decodes bodies, and encodes them again with only the bytes in slots changed.

`content_of` decodes a body into a `Content`. That turns a template into a `Body`, which writes it in the
same encoding for one recipient.
"""

import binascii
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mailpixel.links.splicing.template import PIXEL_CLOSE, PIXEL_OPEN, Cuts, Template

LONGEST_LINE = 998
"""Octets of a line without its end. Source: RFC 5322 section 2.1.1 (2008)."""
_QP_LINE = 76
_QP_TOKEN = re.compile(rb"=([0-9A-Fa-f]{2})|(=(?:\r?\n|\Z))|[^=]+|=")
_QP_PADDED_TOKEN = re.compile(
    rb"=([0-9A-Fa-f]{2})|(=[ \t]*(?:\r?\n|\Z)|[ \t]+(?=\r?\n|\Z))|(?:[^= \t]+|[ \t]+(?![ \t]|\r?\n|\Z))+|="
)
_QP_PADDING = re.compile(rb"[ \t]+(?=\r?\n|\Z)")
_QP_ESCAPED = {
    byte: b"=%02X" % byte for byte in range(256) if not (33 <= byte <= 126 or byte == 32) or byte == 61
}
_QP_BYTE = tuple(_QP_ESCAPED.get(byte, bytes([byte])) for byte in range(256))
_SPACE = re.compile(rb"\s+")


class EncodedBody(Protocol):
    """The body of a part in its transfer encoding, ready to be written for one recipient."""

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> bytes:
        """The encoded body with these URLs, all those of the message, in its slots."""
        ...


class Content(Protocol):
    """The body of a part without its transfer encoding: `decoded`."""

    @property
    def decoded(self) -> bytes:
        """The decoded bytes, which encode the text."""
        ...

    def body(self, cuts: Cuts, template: Template[bytes]) -> EncodedBody:
        """The `Body` that writes it in its transfer encoding, after `decoded` was cut and made a template."""
        ...


def content_of(raw: bytes, encoding: str) -> Content | None:
    """A body without its encoding; None if the encoding is unknown, or programs would decode it differently."""
    read = _READERS.get(encoding)
    return read(raw) if read else None


@dataclass(frozen=True, slots=True)
class PlainContent:
    """A body without an encoding."""

    decoded: bytes

    def body(self, cuts: Cuts, template: Template[bytes]) -> EncodedBody:
        """See `Content`."""
        return template


@dataclass(frozen=True, slots=True)
class Base64Content:
    """A body in base64, with its decoded bytes."""

    raw: bytes
    decoded: bytes

    def body(self, cuts: Cuts, template: Template[bytes]) -> EncodedBody:
        """See `Content`."""
        raw = self.raw
        length = len(raw.lstrip().split(b"\n", 1)[0].rstrip())
        alone = len(raw.split()) == 1
        fits = 4 <= length <= LONGEST_LINE and not (alone and length < _QP_LINE)
        return Base64Body(self, template, length if fits else _QP_LINE, line_end_of(raw))


@dataclass(frozen=True, slots=True)
class Base64Body:
    """A body encoded again as a whole, with the line length and line end it had; as it came where nothing changed."""

    content: Base64Content
    template: Template[bytes]
    line: int
    line_end: bytes

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> bytes:
        """See `EncodedBody`."""
        raw, filled = self.content.raw, self.template.fill(urls, pixel_url)
        if filled == self.content.decoded:
            return raw  # its lines may differ in length
        encoded = binascii.b2a_base64(filled, newline=False)
        lines = [encoded[at : at + self.line] for at in range(0, len(encoded), self.line)]
        return self.line_end.join([*lines, b""] if raw.endswith(b"\n") else lines)


def base64_decoded(raw: bytes) -> Base64Content | None:
    """Decode base64; None where programs would decode it differently."""
    try:
        return Base64Content(raw, binascii.a2b_base64(_SPACE.sub(b"", raw), strict_mode=True))
    except binascii.Error:
        return None


@dataclass(frozen=True, slots=True)
class QuotedText:
    """A body in quoted-printable, its decoded bytes, and for each token where it starts in both."""

    raw: bytes
    decoded: bytes
    decoded_starts: list[int]
    raw_starts: list[int]
    escaped: list[bool]

    def start_of(self, at: int) -> int:
        """Where the byte at this place of the decoded text begins; for a place past the end, where the last ends."""
        if at >= len(self.decoded):
            return self.end_of(len(self.decoded))
        token = bisect_right(self.decoded_starts, at) - 1
        return self.raw_starts[token] + (at - self.decoded_starts[token])

    def end_of(self, at: int) -> int:
        """Where the byte before this place of the decoded text ends."""
        if at == 0:
            return 0
        token = bisect_right(self.decoded_starts, at - 1) - 1
        inside = at - 1 - self.decoded_starts[token]
        return self.raw_starts[token] + (3 if self.escaped[token] else inside + 1)

    def body(self, cuts: Cuts, template: Template[bytes]) -> EncodedBody:
        """See `Content`."""
        raw, pieces, slots, position = self.raw, [], [], 0
        soft = b"=" + line_end_of(raw)
        for start, end in self._values(cuts):
            before = raw[position:start]
            # A bare `=` would make an escape with what comes behind it now.
            pieces.append(before[:-1] + b"=3D" if before.endswith(b"=") else before)
            slots.append(_quoted_slot(raw, start, end, soft))
            position = end
        return QuotedBody((*pieces, raw[position:]), tuple(slots), soft, template)

    def _values(self, cuts: Cuts) -> Iterator[tuple[int, int]]:
        """Where the values between the pieces start and end in the raw body."""
        at = 0
        for piece, value in zip(cuts.pieces, cuts.values, strict=False):
            start = self.start_of(at + len(piece))
            at += len(piece) + len(value)
            yield start, max(start, self.end_of(at)) if value else start


def quoted_decoded(raw: bytes) -> QuotedText | None:
    """Decode quoted-printable; text that is not an escape is literal. None where programs would decode it differently.

    White space at the end of a line is not content, also after the `=` of a soft break. Source:
    RFC 2045 section 6.7 rule 3 (1996).
    """
    pieces: list[bytes] = []
    starts: list[int] = []
    raw_starts: list[int] = []
    escaped: list[bool] = []
    length = 0
    token = _QP_PADDED_TOKEN if _QP_PADDING.search(raw) else _QP_TOKEN  # the one is three times as fast
    for match in token.finditer(raw):
        digits, soft = match.groups()
        if soft is None:
            piece = bytes([int(digits, 16)]) if digits else match[0]
            pieces.append(piece)
            starts.append(length)
            raw_starts.append(match.start())
            escaped.append(digits is not None)
            length += len(piece)
    decoded = b"".join(pieces)
    return QuotedText(raw, decoded, starts, raw_starts, escaped) if decoded == without_padding(raw) else None


def without_padding(raw: bytes) -> bytes:
    """Quoted-printable as Python decodes it, once the white space at the ends of lines is gone."""
    return binascii.a2b_qp(_QP_PADDING.sub(b"", raw))


class QuotedSlot(NamedTuple):
    """The text around a slot of a quoted-printable body, and the soft line breaks around its replacement.

    The breaks keep every line short and all other lines unchanged; they are empty
    where a line begins or ends anyway.
    """

    original: bytes
    before: bytes
    after: bytes


def _quoted_slot(raw: bytes, start: int, end: int, soft: bytes) -> QuotedSlot:
    opens = start > 0 and raw[start - 1 : start] != b"\n"
    closes = end < len(raw) and raw[end : end + 1] not in (b"\n", b"\r")
    return QuotedSlot(raw[start:end], soft if opens else b"", soft if closes else b"")


@dataclass(frozen=True, slots=True)
class QuotedBody:
    """Raw pieces of a quoted-printable body and the slots between them, those of the template.

    `soft` is a soft line break.
    """

    pieces: tuple[bytes, ...]
    slots: tuple[QuotedSlot, ...]
    soft: bytes
    template: Template[bytes]

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> bytes:
        """See `EncodedBody`."""
        contents = self.template.encoded([*urls, pixel_url or ""])
        if (pixel := self.template.pixel) is not None:
            opening, closing = (
                tag.encode(self.template.codec or "ascii") for tag in (PIXEL_OPEN, PIXEL_CLOSE)
            )
            contents[pixel] = opening + contents[pixel] + closing
        written = [self._written(*pair) for pair in zip(self.slots, contents, strict=True)]
        if pixel is not None and pixel_url is None:
            written[pixel] = self.slots[pixel].original
        return b"".join(part for pair in zip(self.pieces, [*written, b""], strict=True) for part in pair)

    def _written(self, slot: QuotedSlot, content: bytes) -> bytes:
        return slot.before + self.soft.join(quoted_lines(content)) + slot.after


def quoted_lines(content: bytes) -> list[bytes]:
    """Content in quoted-printable, cut into lines short enough to take a soft line break."""
    lines, line = [], b""
    for byte in content:
        letter = _QP_BYTE[byte]
        if len(line) + len(letter) >= _QP_LINE:
            lines.append(line)
            line = b""
        line += letter
    return [*lines, line]


def quoted_encoded(content: bytes, line_end: bytes) -> bytes:
    """A whole body in quoted-printable; its line breaks stay line breaks."""
    lines = re.split(rb"\r\n|\n", content)
    soft = b"=" + line_end
    return line_end.join(soft.join(_trailing_space(quoted_lines(line))) for line in lines)


def _trailing_space(lines: list[bytes]) -> list[bytes]:
    last = lines[-1]
    return (
        [*lines[:-1], last[:-1] + _QP_ESCAPED.get(last[-1], b"=%02X" % last[-1])]
        if last[-1:] in (b" ", b"\t")
        else lines
    )


def line_end_of(raw: bytes) -> bytes:
    """The line end of a text: that of its first line, or LF for a text without one."""
    first = raw.find(b"\n")
    return b"\r\n" if first > 0 and raw[first - 1 : first] == b"\r" else b"\n"


def too_long(content: bytes) -> bool:
    """Whether a line is longer than mail may carry."""
    return len(content) > LONGEST_LINE and any(
        len(line.rstrip(b"\r")) > LONGEST_LINE for line in content.split(b"\n")
    )


_READERS: dict[str, Callable[[bytes], Content | None]] = {
    "": PlainContent,
    "7bit": PlainContent,
    "8bit": PlainContent,
    "binary": PlainContent,
    "base64": base64_decoded,
    "quoted-printable": quoted_decoded,
}
"""By content transfer encoding."""
