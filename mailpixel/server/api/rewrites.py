"""Handlers for rewriting: one mail as JSON, or many line by line."""

import json
from collections.abc import Sequence
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.splicing.draft import NoteKind
from mailpixel.links.splicing.options import PIXEL_PLACES, SHOWN_WORDS, PixelPlace, RewriteOptions, Shown
from mailpixel.reading.deliveries import Recipient
from mailpixel.reading.lines import Numbered, read_line
from mailpixel.reading.shapes import Shape, Text
from mailpixel.rewriting import Rewriter, Rewritten, rewriter_of
from mailpixel.rewriting.notes import spoken
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.errors import error_json
from mailpixel.server.threads import Lane

HTML_CHARS = 524_288
"""The longest mail, in characters. Gmail cuts mail at 102 kB. Parsing half a megabyte delays other answers by 10 ms."""
LINE_BYTES = 4 * 1024**2
"""The longest line of a stream: the longest mail with every second character escaped."""


def mail_html(html: str, name: str) -> str:
    """The HTML of a mail. Raises `InvalidInput` if it is too long."""
    if len(html) > HTML_CHARS:
        raise InvalidInput(name, f"has {len(html):,} characters; shorten it to {HTML_CHARS:,}")
    return html


class Html(Text, check=mail_html, maxLength=HTML_CHARS):
    """The HTML of a mail."""


class Mail(Shape, frozen=True):
    """The mail of one recipient."""

    recipient: Annotated[
        Recipient,
        Meta(description="The sender's opaque id for a person, never an address.", examples=["r-1001"]),
    ]
    html: Annotated[
        Html,
        Meta(
            description="The HTML of the mail without tracking.",
            examples=['<p>Hello! <a href="https://shop.example/">Our shop</a></p>'],
        ),
    ]
    pixel: Annotated[
        PixelPlace | UnsetType,
        Meta(description="Where the pixel of this mail goes. Default: the query parameter `pixel`."),
    ] = UNSET
    shown: Annotated[
        Shown | UnsetType,
        Meta(
            description="What to do with links whose text shows another domain. Default: the query parameter `shown`."
        ),
    ] = UNSET
    by_place: Annotated[
        bool | UnsetType,
        Meta(
            description="Number the places of one destination apart. Default: the query parameter `by_place`."
        ),
    ] = UNSET


class MailStyle(Shape, frozen=True):
    """How mail is rewritten."""

    pixel: Annotated[
        PixelPlace,
        Meta(
            description="Where the pixel goes, by default `bottom`. `top` is for mail over 100 kB, which Gmail cuts."
        ),
    ] = PIXEL_PLACES[0]
    shown: Annotated[
        Shown,
        Meta(
            description="What to do with links whose text shows another domain: `track` them (default) or `leave`"
            " them alone."
        ),
    ] = SHOWN_WORDS[0]
    mso: Annotated[bool, Meta(description="Also track links that only classic Outlook reads.")] = False
    by_place: Annotated[
        bool,
        Meta(
            description="Give each place of a destination its own number, so that logo and button count separately."
        ),
    ] = False


def rewrite(call: Call) -> object:
    """The mail with its links and pixel; nothing is registered and an error is raised when that fails.

    The sender has the mail as it was, and sends that then.
    """
    return rewritten_json(_rewritten(_rewriter(call), call.body))


def rewrite_lines(call: Call) -> object:
    """The same for mail after mail, line by line."""
    check_length(call.request, STREAM_BYTES)
    line_bytes = min(call.services.settings.body_bytes, LINE_BYTES)
    return Exchange(MailLines(_rewriter(call), call.services.threads.api_writes, line_bytes), line_bytes)


def rewritten_json(rewritten: Rewritten[str]) -> dict[str, object]:
    """What is answered for one mail. Raises what went wrong."""
    if rewritten.failure is not None:
        raise rewritten.failure
    return {
        "html": rewritten.output,
        "links": [
            *({"number": link.number, "url": link.url} for link in rewritten.links),
            *({"number": None, "url": url} for url in rewritten.carried),
        ],
        "skipped": [{"href": skip.href, "reason": skip.reason} for skip in rewritten.skipped],
        "choice_url": rewritten.choice_url,
        "notes": [about.line for about in spoken(rewritten.notes, _REMEDIES)],
    }


_REMEDIES = {
    NoteKind.SHOWN: ", or ask for shown=leave",
    NoteKind.SHORT: "; pixel=none leaves it out",
}


def _rewritten(rewriter: Rewriter, mail: Mail) -> Rewritten[str]:
    by_place = None if mail.by_place is UNSET else mail.by_place
    styled = rewriter.with_style(mail.pixel or None, mail.shown or None, by_place)
    return styled.html(mail.html, mail.recipient)


def _rewriter(call: Call) -> Rewriter:
    services = call.services
    style = RewriteOptions(services.settings.base_url, **call.query.given())
    policy = services.live.resolver.policy
    return rewriter_of(services.registry, services.live.keyring, call.path["id"], style, policy=policy)


class MailLines:
    """Rewrites lines of {"recipient","html"}; see `Translator`.

    Each gives a line, in order: {"recipient","html","links","skipped","notes"}, or {"row","error"} for one that failed.
    """

    stopped = False
    step = 20

    def __init__(self, rewriter: Rewriter, lane: Lane, most_bytes: int) -> None:
        self._rewriter = rewriter
        self._lane = lane
        self._most_bytes = most_bytes

    async def take(self, lines: Sequence[Numbered]) -> bytes:
        """The mails of some lines."""
        return await self._lane.run(self._answers, lines)

    def finish(self) -> bytes:
        """Nothing more: every line has its answer."""
        return b""

    def _answers(self, lines: Sequence[Numbered]) -> bytes:
        return b"".join(self._answered(row, line) for row, line in lines)

    def _answered(self, row: int, line: bytes | None) -> bytes:
        try:
            answer = self._rewritten(line)
        except MailpixelError as fault:
            answer = {"row": row, **error_json(fault)}
        return json.dumps(answer).encode() + b"\n"

    def _rewritten(self, line: bytes | None) -> dict[str, object]:
        mail = read_line(line, Mail, self._most_bytes, "mail")
        return {"recipient": mail.recipient, **rewritten_json(_rewritten(self._rewriter, mail))}
