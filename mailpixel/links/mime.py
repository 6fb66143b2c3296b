"""Rewriting a whole RFC 5322 message by splice: headers and untouched parts stay byte for byte.

HTML parts are rewritten, plain text only when asked for; one pixel goes into the last HTML part. What is signed,
encrypted, attached or of doubtful form is left alone with a cause.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailpixel.errors import InvalidInput, safe_message
from mailpixel.links.parts.mime_part import Entity, read_message
from mailpixel.links.parts.safety_check import difference
from mailpixel.links.parts.skipped import Cause, Left, why_part, why_whole
from mailpixel.links.parts.text_part import Leaf, LeafDraft, draft_leaf, leaf_of, sized
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.splice import Destinations, Note, Skip, skips_by_reason

__all__ = ["Cause", "Left", "MessagePlan", "prepare_message"]

_LISTED = re.compile(r"<([^<>]+)>")
_SAMPLE_URL = "https://sample.invalid/c/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@dataclass(frozen=True, slots=True)
class MessagePlan:
    """A message read once: its links, what was left alone and why, and how to write it for one recipient.

    `links`, `numbers`, `skipped`, `has_pixel`, `notes` and `error` are as in `mailpixel.links.splicing.splice.Plan`; a
    destination has one number in all parts. `left` names parts left alone, path and cause.
    """

    links: tuple[str, ...]
    numbers: tuple[int, ...]
    skipped: tuple[Skip, ...]
    left: tuple[Left, ...]
    has_pixel: bool
    head: bytes
    pieces: tuple[bytes | Leaf, ...]
    error: str | None = None
    notes: tuple[Note, ...] = ()

    def render(self, urls: Sequence[str], pixel_url: str | None = None) -> bytes:
        """The message with the tracked URLs in place of the links, and the pixel where one is given and has a place.

        `urls` run parallel to `links`, as for `Plan.render`. Raises `InvalidInput` when their number is another.
        """
        if len(urls) != len(self.links):
            raise InvalidInput("urls", f"holds {len(urls)} for {len(self.links)} links: give one a link")
        body = b"".join(
            piece if isinstance(piece, bytes) else piece.fill(urls, pixel_url) for piece in self.pieces
        )
        return sized(self.head, body) if len(self.pieces) > 1 and self.head else self.head + body

    @property
    def report(self) -> dict[str, int]:
        """Numbers for people: `tracked` places, places skipped by reason, parts left by cause (`left-attachment`)."""
        leaves = [piece for piece in self.pieces if isinstance(piece, Leaf)]
        tracked = sum(len(leaf.form.slots) - (leaf.form.bare is not None) for leaf in leaves)
        left = Counter(f"left-{part.cause}" for part in self.left)
        return {"tracked": tracked, **skips_by_reason(self.skipped), **dict(sorted(left.items()))}


def prepare_message(raw: bytes, options: RewriteOptions) -> MessagePlan:
    """Read a message once and plan its rewrite; `MessagePlan.render` then writes it for each recipient.

    URLs of its List-Unsubscribe header are never tracked. Content never makes this raise: what cannot be rewritten
    comes back as it is, with a cause in `left`, and an `error` where something went wrong. `options.charset` is not
    used: each part declares its own.
    """
    try:
        return _checked(_prepared(raw, options), raw)
    except Exception as error:  # a tracker must never stop a mailing
        return _alone(raw, Cause.FAILED, safe_message(error))


def _alone(raw: bytes, cause: Cause, error: str | None = None) -> MessagePlan:
    return MessagePlan((), (), (), (Left("", cause),), False, b"", (raw,), error)


def _prepared(raw: bytes, options: RewriteOptions) -> MessagePlan:
    message = read_message(raw)
    cause = why_whole(message, raw)
    if cause is not None:
        return _alone(raw, cause)
    destinations = Destinations(options.known)
    reads, left = _read_leaves(message, raw, _with_unsubscribe(message, options), destinations)
    changing = [read for read in reads if read.changes]
    return MessagePlan(
        links=destinations.links,
        numbers=destinations.numbers,
        skipped=tuple(skip for read in reads for skip in read.draft.skipped),
        left=tuple(left),
        notes=tuple(dict.fromkeys(note for read in reads for note in read.draft.notes)),
        has_pixel=any(read.draft.pixel is not None for read in reads),
        head=raw[: message.body_start] if message.parts else b"",
        pieces=_pieces(
            message, raw, [(read.entity, leaf_of(read, raw, len(destinations))) for read in changing]
        ),
    )


def _with_unsubscribe(message: Entity, options: RewriteOptions) -> RewriteOptions:
    listed = [str(value) for value in message.headers.get_all("list-unsubscribe", [])]
    urls = {"".join(url.split()) for value in listed for url in _LISTED.findall(value)}
    return replace(options, unsubscribe=options.unsubscribe | urls)


def _read_leaves(
    message: Entity, raw: bytes, options: RewriteOptions, destinations: Destinations
) -> tuple[list[LeafDraft], list[Left]]:
    causes = [(leaf, why_part(leaf)) for leaf in message.leaves()]
    left = [Left(leaf.path, cause) for leaf, cause in causes if cause is not None]
    kinds = ("text/html", "text/plain") if options.text else ("text/html",)
    wanted = [leaf for leaf, cause in causes if cause is None and leaf.kind in kinds]
    last_html = next((leaf for leaf in reversed(wanted) if leaf.kind == "text/html"), None)
    if last_html is None:
        left.append(Left("", Cause.NO_HTML))
    reads = []
    for leaf in wanted:
        read = draft_leaf(leaf, raw, options, destinations, options.pixel if leaf is last_html else "none")
        if read is None:
            left.append(Left(leaf.path, Cause.ENCODING))
        else:
            reads.append(read)
    return reads, left


def _pieces(message: Entity, raw: bytes, leaves: list[tuple[Entity, Leaf]]) -> tuple[bytes | Leaf, ...]:
    position = message.body_start if message.parts else 0
    pieces: list[bytes | Leaf] = []
    for entity, leaf in leaves:
        pieces += [raw[position : entity.start], leaf]
        position = entity.end
    return (*pieces, raw[position:])


def _checked(plan: MessagePlan, raw: bytes) -> MessagePlan:
    """The plan, or one that leaves the message alone when a sample shows that something else would change."""
    if not any(isinstance(piece, Leaf) for piece in plan.pieces):
        return plan
    sample = [f"{_SAMPLE_URL}{place}" for place in range(len(plan.links))]
    expected = {
        place: leaf.form.fill(sample, _SAMPLE_URL)
        for place, leaf in enumerate(piece for piece in plan.pieces if isinstance(piece, Leaf))
    }
    found = difference(raw, plan.render(sample, _SAMPLE_URL), list(expected.values()))
    return plan if found is None else _alone(raw, Cause.FAILED, found)
