"""A sender's options for a rewrite: one frozen set for HTML, text and whole messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from mailpixel.errors import InvalidInput
from mailpixel.links.splicing.own import OwnUrls, own_urls

PixelPlace = Literal["bottom", "top", "none"]
Shown = Literal["track", "leave"]
PIXEL_PLACES: tuple[PixelPlace, ...] = get_args(PixelPlace)
"""Where a pixel may go; the first is the default."""
SHOWN_WORDS: tuple[Shown, ...] = get_args(Shown)
"""What to do with links whose text shows another domain; the first is the default."""
PIXEL_HELP = (
    "Place the pixel here. Choose top for long mail, which Gmail cuts near 102 kB; none for no pixel."
)
"""The help text of the option, for every command and setting that offers it."""


def check_pixel(word: str, field: str = "pixel") -> PixelPlace:
    """The place that a word names, ignoring case and outer white space. Raises `InvalidInput`."""
    for place in PIXEL_PLACES:
        if word.strip().lower() == place:
            return place
    raise InvalidInput(field, f"must be one of {', '.join(PIXEL_PLACES)}")


@dataclass(frozen=True, slots=True)
class RewriteOptions:
    """How to rewrite.

    base_url     public address of the tracker, as `https://t.example`; URLs under it are recognised as already tracked
    pixel        `bottom`: before the last `</body>`; `top`: first in it, since Gmail cuts mail near 102 kB; `none`
    mso          also rewrite links in `<!--[if ...]>` comments and VML, which only classic Outlook reads
    text         also rewrite the plain-text parts of a message
    unsubscribe  URLs that are never tracked; `prepare_message` adds those of the List-Unsubscribe header
    known        destinations registered before, with their numbers; new ones are numbered after the highest
    charset      declared charset of HTML in bytes; None when there is no declaration
    utm          parameters added to each destination, in this order, unless it has one of that name
    shown        `track` or `leave` a link whose text shows another domain than the tracker's
    merge_tag    the sender's own field in this template, empty for none; what is written like it is a field, too
    choice       an href `mailpixel:choice` becomes the page where the recipient decides about measurement
    links        False leaves all links alone, for a recipient whose clicks are not recorded
    passthrough  names of query parameters whose value may be a template token: the parameter moves to the tracked URL
    by_place     give each place of a destination its own number, so that its logo and its button count separately
    """

    base_url: str
    pixel: PixelPlace = "bottom"
    mso: bool = False
    text: bool = False
    unsubscribe: frozenset[str] = frozenset()
    known: Mapping[str, int] = field(default_factory=dict)
    charset: str | None = None
    utm: tuple[tuple[str, str], ...] = ()
    shown: Shown = "track"
    merge_tag: str = ""
    passthrough: frozenset[str] = frozenset()
    by_place: bool = False
    links: bool = True
    choice: bool = False

    own: OwnUrls = field(init=False, compare=False)
    """Which URLs are ours."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "own", own_urls(self.base_url))
