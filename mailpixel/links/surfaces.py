"""The surfaces: the public paths used in mail, by web sites or by ESPs. All code reads them from this one table."""

from dataclasses import dataclass, field
from enum import StrEnum

from mailpixel.claims import TokenKind
from mailpixel.kinds import EventKind


class ReplyKind(StrEnum):
    """How a surface answers."""

    PIXEL = "pixel"
    """With the same image, whatever the token."""
    REDIRECT = "redirect"
    """With a redirect to its destination, or a page where there is none."""
    PAGE = "page"
    """With a page of the app that asks first; nothing happens before its reader agrees."""
    SITE = "site"
    """With an image, nothing or a script: pages of a web site tell what happens on them."""
    REPORTS = "reports"
    """With a status: an ESP posts what became of messages."""


HIT_REPLIES = (ReplyKind.PIXEL, ReplyKind.REDIRECT, ReplyKind.SITE)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A public path prefix and the tokens accepted behind it.

    `event` is the kind of event that it logs. `tokens` are the kinds of token accepted alone behind the
    prefix, `numbered` those accepted with a link number behind them. `name` is its label in the metrics.
    """

    name: str
    prefix: str
    event: EventKind
    reply: ReplyKind
    tokens: tuple[TokenKind, ...]
    numbered: tuple[TokenKind, ...] = ()
    takes_hits: bool = field(init=False)
    """Whether a request on it becomes a hit, answered on the hot path."""
    takes_posts: bool = field(init=False)
    """Whether a POST on it is a hit, whose body says what happened."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "takes_hits", self.reply in HIT_REPLIES)
        object.__setattr__(self, "takes_posts", self.reply is ReplyKind.SITE)


_OPEN, _CLICK, _MESSAGE = TokenKind.OPEN, TokenKind.CLICK, TokenKind.MESSAGE
_CAMPAIGN, _CHOICE = TokenKind.CAMPAIGN, TokenKind.CHOICE

PIXEL = Surface("open", "/o/", EventKind.OPEN, ReplyKind.PIXEL, (_OPEN, _MESSAGE, _CAMPAIGN))
LINK = Surface("click", "/c/", EventKind.CLICK, ReplyKind.REDIRECT, (_CLICK,), numbered=(_MESSAGE, _CAMPAIGN))
OPT_OUT = Surface("optout", "/u/", EventKind.OPTOUT, ReplyKind.PAGE, (_MESSAGE, _CHOICE))
SITE = Surface("site", "/p/", EventKind.STEP, ReplyKind.SITE, ())
"""The key of a site stands behind the prefix, for its image with `.gif` and for its script with `.js`."""
INBOUND = Surface("inbound", "/in/", EventKind.DELIVERY, ReplyKind.REPORTS, (_MESSAGE,))
"""The name of a source stands behind the prefix; the tokens are in its reports, which may be bounces too."""

SURFACES = (PIXEL, LINK, OPT_OUT, SITE, INBOUND)
"""All surfaces. To add one, add a row above and list it here."""

_BY_PREFIX = {surface.prefix: surface for surface in SURFACES}


def surface_of(path: str) -> Surface | None:
    """The surface of a percent-decoded path, by its first part; None for any other path."""
    return _BY_PREFIX.get(path[: path.find("/", 1) + 1] or path)
