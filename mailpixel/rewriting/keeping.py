"""Keeps the mail of a campaign for the click map: reads it once, and notes which link stands where.

The links are found as a rewrite with the same options finds them, and nothing is registered. Of a message, the HTML
part that carries the pixel is kept, decoded from its transfer encoding.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple, Protocol

from mailpixel.errors import InvalidInput
from mailpixel.links.html import draft_html
from mailpixel.links.parts.mime_part import read_message
from mailpixel.links.parts.skipped import skipped_parts
from mailpixel.links.parts.text_part import text_parts
from mailpixel.links.splicing.charset import Decoded, decode
from mailpixel.links.splicing.draft import Destinations, Draft
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign
from mailpixel.store.campaigns import CampaignReader, LinkRevision
from mailpixel.store.mails import MAIL_BYTES, KeptMail, KeptPlace, LeftAlone, Mails


class MailKeeper(CampaignReader, Mails, Protocol):
    """What of a registry keeping a mail takes."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A mail as somebody hands it in: HTML in a declared charset, or a whole message, by whom and when."""

    content: bytes
    is_message: bool
    by: str
    at: datetime
    charset: str | None = None


def keep_mail(registry: MailKeeper, campaign: str, offered: Offered, options: RewriteOptions) -> KeptMail:
    """Keep the mail of a campaign in place of the one it had; what was kept.

    Raises `NotFound` when there is no such campaign, and `InvalidInput` naming `mail` for one that is empty, too
    large, not text, without an HTML part, or tracked already.
    """
    registered = registry.campaign(campaign)
    source = _source(offered)
    options = replace(
        options,
        base_url=registered.base_url or options.base_url,
        passthrough=frozenset(registered.passthrough),
        unsubscribe=options.unsubscribe | source.unsubscribe,
    )
    decoded = decode(source.html, source.charset)
    destinations = Destinations({}, options.by_place)
    draft = _drafted(decoded, options, destinations)
    leading = _Leading(registered, registry.link_revisions(campaign))
    kept = KeptMail(
        registered.id,
        source.html,
        decoded.codec,
        tuple(_places(draft, destinations.links, leading, options.by_place)),
        tuple(LeftAlone(skip.href, str(skip.reason)) for skip in draft.skipped),
        options.by_place,
        offered.at,
        offered.by,
    )
    registry.keep_mail(kept)
    return kept


def _drafted(decoded: Decoded, options: RewriteOptions, destinations: Destinations) -> Draft:
    """The links of a mail. Raises `InvalidInput` for one that is refused, or that holds only links tracked already."""
    try:
        draft = draft_html(decoded.text, options, destinations, certain=decoded.certain)
    except InvalidInput as error:
        raise InvalidInput("mail", error.problem) from None
    tracked = sum(skip.reason is Reason.TRACKED for skip in draft.skipped)
    if tracked and not len(destinations):
        raise InvalidInput("mail", _TRACKED.format(tracked=tracked))
    return draft


_TRACKED = (
    "is tracked already ({tracked} links lead to this service); keep the mail as it was before tracking"
)


def html_of(offered: Offered) -> tuple[bytes, Decoded]:
    """The HTML of a mail, or of a message's HTML part, as bytes and as text by its declared charset.

    Raises `InvalidInput` as `keep_mail` does.
    """
    source = _source(offered)
    return source.html, decode(source.html, source.charset)


class _Source(NamedTuple):
    """The HTML of a mail, its declared charset, and what its List-Unsubscribe header names."""

    html: bytes
    charset: str | None
    unsubscribe: frozenset[str] = frozenset()


def _source(offered: Offered) -> _Source:
    content = offered.content
    if not content.strip():
        raise InvalidInput("mail", "is empty; choose an HTML file or a message (.eml)")
    if len(content) > MAIL_BYTES:
        raise InvalidInput("mail", f"has {len(content):,} bytes; shorten it to {MAIL_BYTES:,}")
    if offered.is_message:
        return _of_message(content)
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput("mail", "is not text; choose an HTML file or a message (.eml)")
    return _Source(content, offered.charset)


def _of_message(raw: bytes) -> _Source:
    message = read_message(raw)
    left = {part.path for part in skipped_parts(message)}
    for part in reversed(text_parts(message, raw, ("text/html",))):
        if part.mime.kind == "text/html" and part.mime.path not in left and part.content is not None:
            charset = part.mime.headers.get_content_charset()
            return _Source(part.content.decoded, charset, message.unsubscribe)
    raise InvalidInput("mail", "has no HTML part; a message of plain text has no click map")


def _places(draft: Draft, links: Sequence[str], leading: "_Leading", by_place: bool) -> Iterator[KeptPlace]:
    seen: Counter[str] = Counter()
    for index, slot in enumerate(draft.slots):
        if index == draft.pixel:
            continue
        url = links[slot.place]
        key, numbers = leading.to(url)
        nth = seen[key] if by_place else 0
        seen[key] += 1
        yield KeptPlace(slot.start, slot.end, numbers[nth] if nth < len(numbers) else None, url)


class _Leading:
    """The numbers of the links that lead to a destination, in order; or once led there, where none does now.

    Where none ever did, those to the same URL with other UTM parameters: some ESPs add them to every link.
    """

    def __init__(self, campaign: Campaign, revisions: Sequence[LinkRevision]) -> None:
        now = [(link.url, link.number) for link in campaign.links if not link.trap]
        self._exact = _numbers((each.url, each.number) for each in revisions) | _numbers(now)
        self._traps = {link.url for link in campaign.links if link.trap}
        self._plain = _numbers((without_utm(url), number) for url, number in now)

    def to(self, url: str) -> tuple[str, Sequence[int]]:
        """What stands for the destination, and the numbers."""
        if url in self._exact or url in self._traps:
            return url, self._exact.get(url, ())
        plain = without_utm(url)
        return plain, self._plain.get(plain, ())


def _numbers(links: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for url, number in links:
        found[url].add(number)
    return {url: sorted(numbers) for url, numbers in found.items()}


def without_utm(url: str) -> str:
    """A URL without its query parameters that begin with `utm_`; nothing else changes."""
    before, mark, fragment = url.partition("#")
    path, asks, query = before.partition("?")
    kept = "&".join(pair for pair in query.split("&") if not pair.lower().startswith("utm_"))
    return path + (asks if kept else "") + kept + mark + fragment
