"""Rewrites a whole RFC 5322 message by splice: headers and untouched parts stay byte for byte.

HTML parts are rewritten, plain text only when the sender asks for it. One pixel goes into the last HTML part.
Parts that are signed, encrypted, attached or ambiguous are skipped, with a cause.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from mailpixel.errors import MailpixelError, safe_message
from mailpixel.links.parts.header_block import with_length
from mailpixel.links.parts.mime_part import MimePart, read_message
from mailpixel.links.parts.safety_check import difference
from mailpixel.links.parts.skipped import SkipCause, SkippedPart, skipped_parts, why_message
from mailpixel.links.parts.text_part import PartTemplate, part_templates, text_parts
from mailpixel.links.splicing.draft import Destinations, Note, Skip, skips_by_reason
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.plan import not_one_each, ours

_SAMPLE_URL = "https://sample.invalid/c/" + "A" * 80
"""About as long as a tracked URL."""


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """A message read once: its links, what was skipped and why, and how to write it for one recipient.

    `links`, `numbers`, `skipped`, `has_pixel`, `notes`, `error` and `failure` are as in
    `mailpixel.links.splicing.plan.Plan`; a destination has one number in all parts. `skipped_parts` names the parts
    that stay as they are, path and cause. `head` is the header block of a multipart message that changes; `pieces` are
    the bytes and parts that follow it.
    """

    links: tuple[str, ...]
    numbers: tuple[int, ...]
    skipped: tuple[Skip, ...]
    skipped_parts: tuple[SkippedPart, ...]
    has_pixel: bool
    head: bytes
    pieces: tuple[bytes | PartTemplate, ...]
    error: str | None = None
    notes: tuple[Note, ...] = ()
    failure: MailpixelError | None = field(default=None, compare=False, repr=False)

    def render(self, urls: Sequence[str], pixel_url: str | None = None) -> bytes:
        """The message with the tracked URLs in place of the links, and the pixel where one is given and has a place.

        `urls` run parallel to `links`, as for `Plan.render`. Raises `InvalidInput` unless there is one for each link.
        """
        if len(urls) != len(self.links):
            raise not_one_each(urls, self.links)
        written = [
            piece if isinstance(piece, bytes) else piece.fill(urls, pixel_url) for piece in self.pieces
        ]
        return with_length(self.head, b"".join(written))

    @property
    def templates(self) -> list[PartTemplate]:
        """The parts that change."""
        return [piece for piece in self.pieces if isinstance(piece, PartTemplate)]

    @property
    def report(self) -> dict[str, int]:
        """Counts for people: `tracked` places, skipped places by reason, parts by cause (`left-attachment`)."""
        tracked = sum(part.template.tracked for part in self.templates)
        causes = Counter(f"left-{part.cause}" for part in self.skipped_parts)
        return {"tracked": tracked, **skips_by_reason(self.skipped), **dict(sorted(causes.items()))}


def prepare_message(raw: bytes, options: RewriteOptions) -> MessagePlan:
    """Read a message once and plan its rewrite; `MessagePlan.render` then writes it for each recipient.

    URLs of its List-Unsubscribe header are never tracked. No content makes this raise: a message that cannot
    be rewritten comes back as it is, with a cause in `skipped_parts`, and an `error` where something failed.
    `options.charset` is not used, because each part declares its own.
    """
    try:
        return _prepared(raw, options)
    except Exception as error:  # a tracker must never stop a mailing
        return replace(_untouched(raw, SkipCause.FAILED, safe_message(error)), failure=ours(error))


def _untouched(raw: bytes, cause: SkipCause, error: str | None = None) -> MessagePlan:
    return MessagePlan((), (), (), (SkippedPart("", cause),), False, b"", (raw,), error)


def _prepared(raw: bytes, options: RewriteOptions) -> MessagePlan:
    message = read_message(raw)
    cause = why_message(message)
    if cause is not None:
        return _untouched(raw, cause)
    skipped = skipped_parts(message)
    kinds = ("text/html", "text/plain") if options.text else ("text/html",)
    texts = text_parts(message, raw, kinds)
    if any(part.is_armoured for part in texts):
        return _untouched(raw, SkipCause.PGP)
    paths = {part.path for part in skipped}
    wanted = [part for part in texts if part.mime.kind in kinds and part.mime.path not in paths]
    destinations = Destinations(options.known, options.by_place)
    options = replace(options, unsubscribe=options.unsubscribe | message.unsubscribe)
    templates, unread = part_templates(wanted, options, destinations)
    return _checked(_plan(message.whole, raw, templates, destinations, (*skipped, *unread)), raw)


def _plan(
    whole: MimePart,
    raw: bytes,
    templates: Sequence[PartTemplate],
    destinations: Destinations,
    skipped: tuple[SkippedPart, ...],
) -> MessagePlan:
    drafts = [template.draft for template in templates]
    changing = [template for template in templates if template.draft.slots]
    head = raw[: whole.body_start] if whole.parts and changing else b""
    return MessagePlan(
        links=destinations.links,
        numbers=destinations.numbers,
        skipped=tuple(skip for draft in drafts for skip in draft.skipped),
        skipped_parts=skipped,
        has_pixel=any(draft.pixel is not None for draft in drafts),
        head=head,
        pieces=_pieces(raw, len(head), changing),
        notes=tuple(dict.fromkeys(note for draft in drafts for note in draft.notes)),
    )


def _pieces(raw: bytes, start: int, templates: Sequence[PartTemplate]) -> tuple[bytes | PartTemplate, ...]:
    """The message from this place on, each part that changes as its template."""
    pieces: list[bytes | PartTemplate] = []
    for template in templates:
        pieces += [raw[start : template.mime.start], template]
        start = template.mime.end
    return (*pieces, raw[start:])


def _checked(plan: MessagePlan, raw: bytes) -> MessagePlan:
    """The plan, or one that leaves the message alone when a sample shows that something else would change."""
    if not plan.templates:
        return plan
    sample = [f"{_SAMPLE_URL}{place}" for place in range(len(plan.links))]
    contents = [part.template.fill(sample, _SAMPLE_URL) for part in plan.templates]
    found = difference(raw, plan.render(sample, _SAMPLE_URL), contents)
    return plan if found is None else _untouched(raw, SkipCause.FAILED, found)
