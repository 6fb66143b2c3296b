"""Rule 9: evidence that needs company. Two families decide."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mailpixel.classify.browsers import BrowserClaim
from mailpixel.classify.certain import speaks
from mailpixel.classify.networks import neighbourhood
from mailpixel.classify.sight import (
    FRAMED,
    GESTURE,
    NAVIGATE,
    PLAIN_HTTP,
    UNSEEN,
    UPGRADE_INSECURE,
    Ruling,
    Sight,
)
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Verdict

FAMILIES = ("instant", "network", "pair", "client", "no_open")
"""In the order in which they give a verdict its name."""
NEEDED = 2

SOFT = {name: Ruling(name, Verdict.SCANNER) for name in FAMILIES}

_NO_PERSON, _PERHAPS, _PERSON = range(3)
"""How well the headers of a click speak for a person."""

Place = tuple[tuple[int, int], str]
"""The network and the operating system a click came from."""


def mark_soft(sights: Sequence[Sight], thresholds: Thresholds) -> None:
    """Rule on the undecided sights that two families of evidence speak against."""
    undecided = [sight for sight in sights if sight.ruling is None]
    for sight in undecided:
        sight.soft = _own_evidence(sight, thresholds)
        sight.lifted = sight.click and strength(sight) == _PERSON
        if sight.soft:
            _decide(sight)
    clicks = [sight for sight in undecided if sight.click and sight.ruling is None]
    if clicks:
        _look_around(sights, clicks, thresholds)


def _look_around(sights: Sequence[Sight], clicks: Sequence[Sight], thresholds: Thresholds) -> None:
    """The families that need neighbours, and those are what is left once the machines are known."""
    paired = {id(sight) for sight in _weaker_of_pairs(clicks, thresholds.pair_ms)} if len(clicks) > 1 else ()
    opened_ms = first_read_ms(sights)
    for sight in clicks:
        found = [*sight.soft]
        if id(sight) in paired:
            found.append("pair")
        if opened_ms is None or opened_ms > sight.at_ms:
            found.append("no_open")
        if len(found) > len(sight.soft):
            sight.soft = tuple(name for name in FAMILIES if name in found)
            _decide(sight)


def first_read_ms(sights: Sequence[Sight]) -> int | None:
    """When somebody may first have looked at the message, of its sights in order; None while nobody did."""
    return next((sight.at_ms for sight in sights if _may_be_read(sight)), None)


def _may_be_read(sight: Sight) -> bool:
    """Whether somebody may have looked: an open that is a person's, or that Apple made, perhaps for one. What a
    mailbox fetched ahead says nothing: a machine's hit never makes a person's.
    """
    if sight.click or not sight.countable:
        return False
    return sight.ruling is None or sight.ruling.verdict in (Verdict.HUMAN, Verdict.PRIVACY_PREFETCH)


def _own_evidence(sight: Sight, thresholds: Thresholds) -> tuple[str, ...]:
    found = []
    window_ms = thresholds.click_soft_ms if sight.click else sight.early_ms
    if sight.age_ms is not None and sight.age_ms <= window_ms:
        found.append("instant")
    if sight.network is not None and speaks(sight) is not None:
        found.append("network")
    if lacks(sight):
        found.append("client")
    return tuple(found)


def lacks(sight: Sight) -> int:
    """The facts missing, or too many, for the browser the agent claims to be; 0 when nothing is wrong or
    nothing claimed. A link that a page loads into itself is nobody's click, whoever the browser is.
    """
    claim = sight.agent.claim
    framed = sight.bits & FRAMED
    if framed and (sight.gesture or not sight.click):
        framed = 0
    if claim is None or sight.bits & UNSEEN:
        return framed
    promised = claim.click if sight.click else claim.image
    if sight.bits & PLAIN_HTTP:
        promised &= ~claim.fresh
    return framed | promised & ~sight.bits | claim.foreign & sight.bits


def strength(sight: Sight) -> int:
    """How well the headers of a click speak for a person: against one, nothing either way, for one.

    A person's gesture is what speaks for one, whatever else is missing. Where a browser has no way to report it
    (Safari never does, no browser over plain http), a navigation with everything it sends has to do.
    """
    if sight.bits & GESTURE == GESTURE:
        return _PERSON
    if lacks(sight):
        return _NO_PERSON
    claim = sight.agent.claim
    return _PERSON if claim is not None and _went_silently(sight, claim) else _PERHAPS


def _went_silently(sight: Sight, claim: BrowserClaim) -> bool:
    """Whether a browser that has no way to report a gesture shows that it went to a page.

    Source: MDN's compatibility data on Upgrade-Insecure-Requests (Chrome 44, Firefox 48, Safari 10.1), read in
    2026-11: sent with every navigation over plain http.
    """
    if sight.bits & PLAIN_HTTP:
        return bool(sight.bits & UPGRADE_INSECURE)
    return claim.silent and bool(sight.bits & NAVIGATE)


def _decide(sight: Sight) -> None:
    if len(sight.soft) >= NEEDED and not sight.lifted:
        sight.ruling = SOFT[sight.soft[0]]


def _weaker_of_pairs(clicks: Sequence[Sight], window_ms: int) -> Iterator[Sight]:
    """Clicks with a stronger one on the same link, close in time, from another network or system."""
    by_link: dict[int | str | None, list[Sight]] = {}
    for click in clicks:
        by_link.setdefault(click.link, []).append(click)
    for followers in by_link.values():
        if len(followers) > 1:
            yield from _outdone(followers, window_ms)


def _outdone(clicks: Sequence[Sight], window_ms: int) -> Iterator[Sight]:
    """Walk a window over the clicks of one link, counting how many of each strength came from each place."""
    seen = [(click, strength(click), _place(click)) for click in clicks]
    counts: Counter[tuple[int, Place | None]] = Counter()
    enter = leave = 0
    for click, mine, place in seen:
        while enter < len(seen) and seen[enter][0].at_ms <= click.at_ms + window_ms:
            _count(counts, seen[enter], 1)
            enter += 1
        while seen[leave][0].at_ms < click.at_ms - window_ms:
            _count(counts, seen[leave], -1)
            leave += 1
        if any(counts[level, None] > counts[level, place] for level in range(mine + 1, _PERSON + 1)):
            yield click


def _count(counts: Counter[tuple[int, Place | None]], entry: tuple[Sight, int, Place], step: int) -> None:
    _, level, place = entry
    counts[level, None] += step
    counts[level, place] += step


def _place(click: Sight) -> Place:
    return neighbourhood(click.event.address), click.agent.system
