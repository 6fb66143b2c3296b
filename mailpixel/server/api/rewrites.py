"""Rewriting over HTTP: the HTML of one recipient's mail in, the same tracked out; or of many, line by line."""

import json
from typing import get_args

from mailpixel.errors import MailpixelError
from mailpixel.links.splicing.options import PixelPlace, RewriteOptions
from mailpixel.rewriting import Rewriter, Rewritten, rewriter_of
from mailpixel.server.api.body import check_length
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.exchange import STREAM_BYTES, Exchange
from mailpixel.server.api.fields import BOOLEAN, Field, a_string, choice, flag, options
from mailpixel.server.api.streams import RECIPIENT, Lines, read_line
from mailpixel.server.errors_to_json import error_json

HTML = Field(
    "html", {"type": "string"}, a_string, required=True, help="The mail as it would go out without tracking."
)
MAIL = (RECIPIENT, HTML)

PLACES = get_args(PixelPlace)
PIXEL = Field(
    "pixel",
    options(*PLACES),
    choice(*PLACES),
    default=PLACES[0],
    help="Where the pixel goes: `bottom` when not given; `top`, because Gmail cuts mail near 102 kB.",
)
MSO = Field("mso", BOOLEAN, flag, default=False, help="Also links that only classic Outlook reads.")


def rewrite(call: Call) -> object:
    """The mail with its links and pixel; nothing is registered and an error is raised when that fails.

    The sender has the mail as it was, and sends that then.
    """
    return rewritten_json(_rewriter(call).html(call.body["html"], call.body["recipient"]))


def rewrite_lines(call: Call) -> object:
    """The same for mail after mail, line by line. A line may be as long as a body."""
    check_length(call.request, STREAM_BYTES)
    return Exchange(MailLines(_rewriter(call), call.services.settings.body_bytes))


def rewritten_json(rewritten: Rewritten[str]) -> dict[str, object]:
    """What is answered for one mail. Raises what went wrong."""
    if rewritten.failure is not None:
        raise rewritten.failure
    return {
        "html": rewritten.output,
        "links": [{"number": link.number, "url": link.url} for link in rewritten.links],
        "skipped": [{"href": skip.href, "reason": skip.reason} for skip in rewritten.skipped],
    }


def _rewriter(call: Call) -> Rewriter:
    services = call.services
    style = RewriteOptions(services.settings.base_url, **call.query)
    return rewriter_of(services.registry, services.live.keyring, call.path["id"], style)


class MailLines:
    """Rewrites lines of {"recipient","html"}; see `Translator`.

    Each gives a line, in order: {"recipient","html","links","skipped"}, or {"row","error"} for one that failed.
    """

    stopped = False

    def __init__(self, rewriter: Rewriter, most_bytes: int) -> None:
        self._rewriter = rewriter
        self._most_bytes = most_bytes
        self._lines = Lines(most_bytes)

    def feed(self, piece: bytes) -> bytes:
        """The mails whose lines a piece completes."""
        return b"".join(self._answered(row, line) for row, line in self._lines.feed(piece))

    def finish(self) -> bytes:
        """The mail of a last line without a line end."""
        return b"".join(self._answered(row, line) for row, line in self._lines.finish())

    def _answered(self, row: int, line: bytes | None) -> bytes:
        try:
            answer = self._rewritten(line)
        except MailpixelError as fault:
            answer = {"row": row, **error_json(fault)}
        return json.dumps(answer).encode() + b"\n"

    def _rewritten(self, line: bytes | None) -> dict[str, object]:
        mail = read_line(line, MAIL, self._most_bytes, "mail")
        recipient = mail["recipient"]
        return {"recipient": recipient, **rewritten_json(self._rewriter.html(mail["html"], recipient))}
