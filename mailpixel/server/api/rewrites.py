"""Rewriting over HTTP: the HTML of one recipient's mail in, the same tracked out."""

from typing import get_args

from mailpixel.links.keyring import load_keyring
from mailpixel.links.options import PixelPlace, RewriteOptions
from mailpixel.rewriting import rewriter_of
from mailpixel.server.api.endpoint import Call
from mailpixel.server.api.fields import BOOLEAN, Field, a_string, choice, flag, options
from mailpixel.server.api.streams import RECIPIENT

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
    services = call.services
    style = RewriteOptions(services.settings.base_url, **call.query)
    keyring = load_keyring(services.settings.key_file)
    rewriter = rewriter_of(services.registry, keyring, call.path["id"], style)
    rewritten = rewriter.html(str(call.body["html"]), call.body["recipient"])
    if rewritten.failure is not None:
        raise rewritten.failure
    return {
        "html": rewritten.output,
        "links": [{"number": link.number, "url": link.url} for link in rewritten.links],
        "skipped": [{"href": skip.href, "reason": skip.reason} for skip in rewritten.skipped],
    }
