"""How well the headers of a hit fit the browser that its agent names, and whether they indicate a person."""

from mailpixel.classify.observation import (
    FRAMED,
    GESTURE,
    NAVIGATE,
    PLAIN_HTTP,
    UNSEEN,
    UPGRADE_INSECURE,
)
from mailpixel.traffic.browsers import BrowserClaim

NO_PERSON, PERHAPS, PERSON = range(3)
"""How strongly the headers of a click indicate a person."""


def has_gesture(click: bool, bits: int) -> bool:
    """Whether the browser reports that a person's gesture followed the link."""
    return click and bits & GESTURE == GESTURE


def lacks(click: bool, bits: int, claim: BrowserClaim | None) -> int:
    """The facts that are missing, or surplus, for the browser that the agent claims to be.

    It is 0 when nothing is wrong or nothing is claimed. A link that a page loads into itself is never a
    person's click, whatever the browser.
    """
    framed = bits & FRAMED
    if framed and (has_gesture(click, bits) or not click):
        framed = 0
    if claim is None or bits & UNSEEN:
        return framed
    promised = claim.click if click else claim.image
    if bits & PLAIN_HTTP:
        promised &= ~claim.fresh
    return framed | promised & ~bits | claim.foreign & bits


def strength(click: bool, bits: int, claim: BrowserClaim | None) -> int:
    """How strongly the headers of a click indicate a person: against one, neutral, for one.

    A person's gesture indicates one, whatever else is missing. Where a browser cannot report it (Safari never
    does, no browser over plain http), a navigation with everything it sends counts instead.
    """
    if bits & GESTURE == GESTURE:
        return PERSON
    if lacks(click, bits, claim):
        return NO_PERSON
    return PERSON if claim is not None and _went_silently(bits, claim) else PERHAPS


def _went_silently(bits: int, claim: BrowserClaim) -> bool:
    """Whether a browser that cannot report a gesture shows that it navigated to a page.

    Source: MDN's compatibility data on Upgrade-Insecure-Requests (Chrome 44, Firefox 48, Safari 10.1), read
    in 2026-11: sent with every navigation over plain http.
    """
    if bits & PLAIN_HTTP:
        return bool(bits & UPGRADE_INSECURE)
    return claim.silent and bool(bits & NAVIGATE)
