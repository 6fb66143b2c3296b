"""A text part of a message: decoded once, then made a template that is filled for each recipient."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from mailpixel.links.html import draft_html
from mailpixel.links.parts.header_block import with_encoding, with_length, without_header
from mailpixel.links.parts.mime_part import MimeMessage, MimePart
from mailpixel.links.parts.skipped import SkipCause, SkippedPart
from mailpixel.links.parts.transfer import (
    Content,
    EncodedBody,
    PlainContent,
    content_of,
    line_end_of,
    quoted_encoded,
    too_long,
)
from mailpixel.links.splicing.charset import decode
from mailpixel.links.splicing.draft import Destinations, Draft
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.template import Template, cut, template_of
from mailpixel.links.text import draft_text

_READERS = {"text/html": draft_html, "text/plain": draft_text}
_ARMOUR_WORDS = b"BEGIN PGP"
"""What shows of armour in quoted-printable, too: some programs escape the dash that begins a line."""
_ARMOUR = re.compile(rb"^-----BEGIN PGP ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class TextPart:
    """A text part with its body decoded from its transfer encoding, once for all users.

    `head` is its header block with the empty line, `raw` its body as it is in the message, `content` the
    decoded body. `content` is None where the encoding is unknown or the body is not valid in it.
    """

    mime: MimePart
    head: bytes
    raw: bytes
    content: Content | None

    @property
    def is_armoured(self) -> bool:
        """Whether it contains PGP armour: a message in a message."""
        text = self.content.decoded if self.content else self.raw
        return _ARMOUR_WORDS in text and _ARMOUR.search(text) is not None


def text_parts(message: MimeMessage, raw: bytes, kinds: Collection[str]) -> list[TextPart]:
    """The text parts to examine: those of these kinds, and others that may hide PGP armour."""
    armour = _ARMOUR_WORDS in raw
    return [
        _text_part(part, raw)
        for part in message.leaves
        if part.kind.startswith("text/") and (part.kind in kinds or armour or part.encoding == "base64")
    ]


def _text_part(part: MimePart, raw: bytes) -> TextPart:
    body = raw[part.body_start : part.end]
    return TextPart(part, raw[part.start : part.body_start], body, content_of(body, part.encoding))


@dataclass(frozen=True, slots=True)
class PartTemplate:
    """A text part with slots. `template` writes its text, `body` the same text in the transfer encoding.

    `may_wrap` says that it is unencoded and that its lines are short enough so far.
    """

    mime: MimePart
    head: bytes
    body: EncodedBody
    template: Template[bytes]
    draft: Draft
    may_wrap: bool

    def fill(self, urls: Sequence[str], pixel_url: str | None) -> bytes:
        """The part, headers and body, for one recipient; `urls` are all those of the message.

        A body that is written as it is goes to quoted-printable when a URL makes a line longer than mail may carry.
        """
        head, body = self.head, self.body.fill(urls, pixel_url)
        if self.may_wrap and too_long(body):
            line_end = line_end_of(head)
            head, body = with_encoding(head, b"quoted-printable", line_end), quoted_encoded(body, line_end)
        return with_length(head, body)


def part_templates(
    texts: Sequence[TextPart], options: RewriteOptions, destinations: Destinations
) -> tuple[list[PartTemplate], list[SkippedPart]]:
    """The templates of these parts, with the pixel in the last HTML part, and the parts skipped after all."""
    last_html = next((part for part in reversed(texts) if part.mime.kind == "text/html"), None)
    skipped = [] if last_html else [SkippedPart("", SkipCause.NO_HTML)]
    templates = []
    for part in texts:
        pixel = options.pixel if part is last_html else "none"
        template = _template(part, replace(options, pixel=pixel), destinations)
        if template is None:
            skipped.append(SkippedPart(part.mime.path, SkipCause.ENCODING))
        else:
            templates.append(template)
    return templates, skipped


def _template(part: TextPart, options: RewriteOptions, destinations: Destinations) -> PartTemplate | None:
    """Read a part and make it a template; None where its transfer encoding or charset does not allow to splice it."""
    if part.content is None:
        return None
    decoded = decode(part.content.decoded, part.mime.headers.get_content_charset())
    found_before = len(destinations)
    draft = _READERS[part.mime.kind](decoded.text, options, destinations, certain=decoded.certain)
    cuts = cut(draft, decoded.codec)
    if cuts.whole() != part.content.decoded:
        destinations.forget(found_before)
        return None
    template = template_of(draft, cuts, decoded.codec)
    return PartTemplate(
        mime=part.mime,
        head=without_header(part.head, "content-md5"),
        body=part.content.body(cuts, template),
        template=template,
        draft=draft,
        may_wrap=isinstance(part.content, PlainContent) and not too_long(part.raw),
    )
