"""What every drop-in does with a mail's HTML: track it, or give it back as it is and say why in the log."""

from typing import AnyStr

from mailpixel.dropins.campaigns import LOG, Campaigns
from mailpixel.errors import safe_message
from mailpixel.links.splicing.options import check_pixel


def tracked_html(
    campaigns: Campaigns, campaign: str, recipient: str, html: AnyStr, pixel: str = ""
) -> AnyStr:
    """The HTML tracked for one recipient, with the pixel where `pixel` says. Never raises: a tracker must never stop
    a mailing."""
    try:
        place = check_pixel(pixel) if pixel else None
        rewritten = campaigns(campaign).with_style(place).html(html, recipient)
    except Exception as error:
        tell_untracked(safe_message(error))
        return html
    if rewritten.failure is not None:
        tell_untracked(safe_message(rewritten.failure))
    return rewritten.output


def tell_untracked(reason: str) -> None:
    """Say in the log that a mail goes out untracked."""
    LOG.warning("a mail goes out untracked: %s", reason)
