"""Rule 9: weak evidence. Two families of it decide."""

from collections import Counter
from collections.abc import Iterator, Sequence

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.certain import speaks
from mailpixel.classify.headers import PERSON
from mailpixel.classify.observation import OPENS_UNSEEN, Observation
from mailpixel.classify.origins import Place
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Verdict

FAMILIES = ("instant", "network", "pair", "client", "no_open")
"""The families, in the order in which they name a verdict."""
NEEDED = 2

SOFT = {name: Ruling(name, Verdict.SCANNER) for name in FAMILIES}

Whence = tuple[Place, str]
"""The network and the operating system a click came from."""


def mark_soft(
    undecided: Sequence[Observation], observations: Sequence[Observation], thresholds: Thresholds
) -> None:
    """Rule on the undecided observations with two families of evidence against them."""
    soft_ms = thresholds.click_soft_ms
    for hit in undecided:
        age_ms = hit.age_ms
        soon = age_ms is not None and age_ms <= (soft_ms if hit.click else hit.early_ms)
        if soon or hit.network is not None or hit.shows.lacks:
            hit.soft = _own_evidence(hit, soon)
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
        found = (id(hit) in paired and "pair", is_unopened(hit, opened_ms) and "no_open")
        if any(found):
            hit.soft = tuple(name for name in FAMILIES if name in hit.soft or name in found)
            _decide(hit)


def first_read_ms(observations: Sequence[Observation]) -> int | None:
    """When someone may first have looked at the message, from ordered observations; None if never."""
    for hit in observations:
        if not hit.click and _may_be_read(hit):
            return hit.at_ms
    return None


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
    if not hit.countable:
        return False
    return hit.ruling is None or hit.ruling.verdict in (Verdict.HUMAN, Verdict.PRIVACY_PREFETCH)


def _own_evidence(hit: Observation, soon: bool) -> tuple[str, ...]:
    network = hit.network is not None and speaks(hit) is not None
    found = (("instant", soon), ("network", network), ("client", hit.shows.lacks))
    return tuple(name for name, yes in found if yes)


def _decide(hit: Observation) -> None:
    """Rule on a hit with two families against it, unless its headers show a person."""
    if len(hit.soft) >= NEEDED and not (hit.click and hit.shows.strength == PERSON):
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
    seen = [(click, click.shows.strength, _whence(click)) for click in clicks]
    counts: Counter[tuple[int, Whence | None]] = Counter()
    enter = leave = 0
    for click, mine, place in seen:
        while enter < len(seen) and seen[enter][0].at_ms <= click.at_ms + window_ms:
            _count(counts, seen[enter], 1)
            enter += 1
        while seen[leave][0].at_ms < click.at_ms - window_ms:
            _count(counts, seen[leave], -1)
            leave += 1
        if any(counts[level, None] > counts[level, place] for level in range(mine + 1, PERSON + 1)):
            yield click


def _count(
    counts: Counter[tuple[int, Whence | None]], entry: tuple[Observation, int, Whence], step: int
) -> None:
    _, level, place = entry
    counts[level, None] += step
    counts[level, place] += step


def _whence(click: Observation) -> Whence:
    return click.origins.place(click.event), click.agent.system
