"""One text part of a message, made ready to be written for each recipient."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailpixel.links.html import draft_html
from mailpixel.links.parts.mime_part import Entity
from mailpixel.links.parts.skipped import decoded_body, transfer_encoding
from mailpixel.links.parts.transfer import (
    Body,
    base64_body,
    line_end_of,
    quoted_body,
    quoted_decoded,
    quoted_encoded,
    too_long,
)
from mailpixel.links.splicing.charset import decode
from mailpixel.links.splicing.compile import cut, form
from mailpixel.links.splicing.options import PixelPlace, RewriteOptions
from mailpixel.links.splicing.splice import Destinations, Draft, Form
from mailpixel.links.text import draft_text


@dataclass(frozen=True, slots=True)
class LeafDraft:
    """A part read: what is to be done to its decoded text, in its charset."""

    entity: Entity
    draft: Draft
    codec: str

    @property
    def changes(self) -> bool:
        """Whether there is anything to write at all."""
        return bool(self.draft.edits)


def draft_leaf(
    entity: Entity, raw: bytes, options: RewriteOptions, destinations: Destinations, pixel: PixelPlace
) -> LeafDraft | None:
    """Read a text part; None where its transfer encoding or charset does not allow to splice it."""
    content = decoded_body(entity, raw)
    if content is None:
        return None
    decoded = decode(content, entity.headers.get_content_charset())
    given = len(destinations)
    read = draft_html if entity.kind == "text/html" else draft_text
    draft = read(decoded.text, replace(options, pixel=pixel), destinations, certain=decoded.certain)
    if cut(draft, decoded.codec).whole() != content:
        destinations.forget(given)
        return None
    return LeafDraft(entity, draft, decoded.codec)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text part with slots. `head` is its header block with the empty line."""

    head: bytes
    body: Body
    form: Form[bytes]
    was_long: bool
    identity: bool

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> bytes:
        """The part, headers and body, for one recipient; `urls` are all those of the message.

        A body that was written as it is goes to quoted-printable when a URL makes a line longer than mail may carry.
        """
        body = self.body.fill(urls, pixel_url)
        if self.identity and not self.was_long and too_long(body):
            return sized(_as_quoted(self.head), quoted_encoded(body, line_end_of(self.head)))
        return sized(self.head, body)


def leaf_of(read: LeafDraft, raw: bytes, links: int) -> Leaf:
    """The part ready to be filled; `links` are all those of the message."""
    entity, codec = read.entity, read.codec
    body_raw = raw[entity.body_start : entity.end]
    cuts = cut(read.draft, codec)
    filled = form(read.draft, cuts, links, codec)
    encoding = transfer_encoding(entity)
    body: Body = filled
    if encoding == "base64":
        body = base64_body(body_raw, filled)
    elif encoding == "quoted-printable" and (quoted := quoted_decoded(body_raw)) is not None:
        body = quoted_body(quoted, cuts, read.draft, codec)
    head = without_header(raw[entity.start : entity.body_start], "content-md5")
    return Leaf(head, body, filled, too_long(body_raw), encoding not in ("base64", "quoted-printable"))


def header_line(head: bytes, name: str) -> re.Match[bytes] | None:
    """A header's first line and its continuations in a header block; its value is group 1."""
    pattern = rb"^%s[ \t]*:((?:.*(?:\r?\n[ \t].*)*)\r?(?:\n|\Z))" % re.escape(name.encode())
    return re.search(pattern, head, re.MULTILINE | re.IGNORECASE)


def without_header(head: bytes, name: str) -> bytes:
    """The header block without a header."""
    while line := header_line(head, name):
        head = head[: line.start()] + head[line.end() :]
    return head


def sized(head: bytes, body: bytes) -> bytes:
    """Header block and body, with the length of the body where the headers tell one."""
    line = header_line(head, "content-length")
    if line is not None and (number := re.search(rb"\d+", line[1])):
        at = line.start(1)
        head = head[: at + number.start()] + b"%d" % len(body) + head[at + number.end() :]
    return head + body


def _as_quoted(head: bytes) -> bytes:
    end = line_end_of(head)
    written = b"Content-Transfer-Encoding: quoted-printable" + end
    line = header_line(head, "content-transfer-encoding")
    if line is not None:
        return head[: line.start()] + written + head[line.end() :]
    return head[: -len(end)] + written + end
