"""Rule 9: weak evidence. Two families of it decide."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mailpixel.classify.certain import speaks
from mailpixel.classify.observation import (
    FRAMED,
    GESTURE,
    NAVIGATE,
    OPENS_UNSEEN,
    PLAIN_HTTP,
    UNSEEN,
    UPGRADE_INSECURE,
    Observation,
    Ruling,
)
from mailpixel.classify.origins import Place
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Verdict
from mailpixel.traffic.browsers import BrowserClaim

FAMILIES = ("instant", "network", "pair", "client", "no_open")
"""The families, in the order in which they name a verdict."""
NEEDED = 2

SOFT = {name: Ruling(name, Verdict.SCANNER) for name in FAMILIES}

_NO_PERSON, _PERHAPS, _PERSON = range(3)
"""How strongly the headers of a click indicate a person."""

Whence = tuple[Place, str]
"""The network and the operating system a click came from."""


def mark_soft(observations: Sequence[Observation], thresholds: Thresholds) -> None:
    """Rule on the undecided observations with two families of evidence against them."""
    undecided = [hit for hit in observations if hit.ruling is None]
    for hit in undecided:
        hit.soft = _own_evidence(hit, thresholds)
        hit.lifted = hit.click and strength(hit) == _PERSON
        if hit.soft:
            _decide(hit)
    clicks = [hit for hit in undecided if hit.click and hit.ruling is None]
    if clicks:
        _look_around(observations, clicks, thresholds)


def _look_around(
    observations: Sequence[Observation], clicks: Sequence[Observation], thresholds: Thresholds
) -> None:
    """Add the families that need neighbours: those hits that are left once the machines are known."""
    paired = {id(hit) for hit in _weaker_of_pairs(clicks, thresholds.pair_ms)} if len(clicks) > 1 else ()
    opened_ms = first_read_ms(observations)
    for hit in clicks:
        found = [*hit.soft]
        if id(hit) in paired:
            found.append("pair")
        if is_unopened(hit, opened_ms):
            found.append("no_open")
        if len(found) > len(hit.soft):
            hit.soft = tuple(name for name in FAMILIES if name in found)
            _decide(hit)


def first_read_ms(observations: Sequence[Observation]) -> int | None:
    """When someone may first have looked at the message, from ordered observations; None if never."""
    return next((hit.at_ms for hit in observations if _may_be_read(hit)), None)


def is_unopened(hit: Observation, opened_ms: int | None) -> bool:
    """Whether the message was not opened before this hit, although its opens are measured.

    `opened_ms` is when someone may first have looked. Each hit says by itself whether opens are measured, so a
    machine's hit changes nothing for others.
    """
    if hit.bits & OPENS_UNSEEN:
        return False
    return opened_ms is None or opened_ms > hit.at_ms


def _may_be_read(hit: Observation) -> bool:
    """Whether someone may have looked: an open by a person, or one by Apple, which may hide a person.

    A mailbox's prefetch proves nothing: a machine's hit never makes a person's.
    """
    if hit.click or not hit.countable:
        return False
    return hit.ruling is None or hit.ruling.verdict in (
        Verdict.HUMAN,
        Verdict.PRIVACY_PREFETCH,
    )


def _own_evidence(hit: Observation, thresholds: Thresholds) -> tuple[str, ...]:
    found = []
    window_ms = thresholds.click_soft_ms if hit.click else hit.early_ms
    if hit.age_ms is not None and hit.age_ms <= window_ms:
        found.append("instant")
    if hit.network is not None and speaks(hit) is not None:
        found.append("network")
    if lacks(hit):
        found.append("client")
    return tuple(found)


def lacks(hit: Observation) -> int:
    """The facts that are missing, or surplus, for the browser that the agent claims to be.

    It is 0 when nothing is wrong or nothing is claimed. A link that a page loads into itself is never a
    person's click, whatever the browser.
    """
    claim = hit.agent.claim
    framed = hit.bits & FRAMED
    if framed and (hit.gesture or not hit.click):
        framed = 0
    if claim is None or hit.bits & UNSEEN:
        return framed
    promised = claim.click if hit.click else claim.image
    if hit.bits & PLAIN_HTTP:
        promised &= ~claim.fresh
    return framed | promised & ~hit.bits | claim.foreign & hit.bits


def strength(hit: Observation) -> int:
    """How strongly the headers of a click indicate a person: against one, neutral, for one.

    A person's gesture indicates one, whatever else is missing. Where a browser cannot report it (Safari never
    does, no browser over plain http), a navigation with everything it sends counts instead.
    """
    if hit.bits & GESTURE == GESTURE:
        return _PERSON
    if lacks(hit):
        return _NO_PERSON
    claim = hit.agent.claim
    return _PERSON if claim is not None and _went_silently(hit, claim) else _PERHAPS


def _went_silently(hit: Observation, claim: BrowserClaim) -> bool:
    """Whether a browser that cannot report a gesture shows that it navigated to a page.

    Source: MDN's compatibility data on Upgrade-Insecure-Requests (Chrome 44, Firefox 48, Safari 10.1), read
    in 2026-11: sent with every navigation over plain http.
    """
    if hit.bits & PLAIN_HTTP:
        return bool(hit.bits & UPGRADE_INSECURE)
    return claim.silent and bool(hit.bits & NAVIGATE)


def _decide(hit: Observation) -> None:
    if len(hit.soft) >= NEEDED and not hit.lifted:
        hit.ruling = SOFT[hit.soft[0]]


def _weaker_of_pairs(clicks: Sequence[Observation], window_ms: int) -> Iterator[Observation]:
    """Clicks with a stronger one on the same link, close in time, from another network or system."""
    by_link: dict[int | str | None, list[Observation]] = {}
    for click in clicks:
        by_link.setdefault(click.link, []).append(click)
    for followers in by_link.values():
        if len(followers) > 1:
            yield from _outdone(followers, window_ms)


def _outdone(clicks: Sequence[Observation], window_ms: int) -> Iterator[Observation]:
    """Move a window over the clicks of one link, counting how many of each strength came from each place."""
    seen = [(click, strength(click), _whence(click)) for click in clicks]
    counts: Counter[tuple[int, Whence | None]] = Counter()
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


def _count(
    counts: Counter[tuple[int, Whence | None]], entry: tuple[Observation, int, Whence], step: int
) -> None:
    _, level, place = entry
    counts[level, None] += step
    counts[level, place] += step


def _whence(click: Observation) -> Whence:
    return click.origins.place(click.event), click.agent.system
