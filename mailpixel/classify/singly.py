"""The short way to judge: messages whose hits are so far apart that each is judged by itself.

Most messages are of this kind. Whatever may need a look at neighbours (a broken signature, a hidden link, hits close in
time, a listed network, dropped details) is left to the long way in `mailpixel.classify.judge`. Both ways give the same
verdicts: `tests/property/test_short_way.py` compares them.
"""

from collections.abc import Sequence

from mailpixel.classify.appearance import Appearance, Ruling
from mailpixel.classify.burst import are_close
from mailpixel.classify.clocks import age_on, clocks_of
from mailpixel.classify.headers import PERSON
from mailpixel.classify.hit_rules import INTERNAL, is_own
from mailpixel.classify.observation import FORGED, OPENS_UNSEEN
from mailpixel.classify.origins import PLAIN, network_of
from mailpixel.classify.repeats import Repeats
from mailpixel.classify.rules import Rules
from mailpixel.classify.seeing import look_at, numbered
from mailpixel.classify.thresholds import Thresholds
from mailpixel.classify.weak_evidence import NEEDED, SOFT
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Judged, Message, Verdict

DEFAULT = Ruling("default", Verdict.HUMAN)
"""The ruling where no other rule decided."""

_OPEN, _CLICK = EventKind.OPEN, EventKind.CLICK
_INSTANT, _CLIENT = SOFT["instant"], SOFT["client"]
_READ = frozenset({Verdict.HUMAN, Verdict.PRIVACY_PREFETCH})
"""Verdicts on opens with which somebody may have looked."""
_LONG_AGO_MS = -(1 << 62)

Single = tuple[Event, Appearance, Ruling]
"""A hit, what it shows by itself, and its ruling."""


def judged_singly(message: Message, campaign: Campaign, rules: Rules) -> list[Judged] | None:
    """The verdicts where neighbours decide nothing, in order of time; None where they may."""
    thresholds, appearances = rules.thresholds, rules.appearances
    soft_ms, soon_ms = thresholds.click_soft_ms, max(thresholds.click_hard_ms, thresholds.click_transit_ms)
    own, before = clocks_of(message.events, campaign, thresholds)
    start_ms = _LONG_AGO_MS if own[0] is None else own[0]
    may_be_own, lookup = bool(rules.seeds or rules.operator_networks), rules.known_networks.lookup
    click_ms = last_ms = _LONG_AGO_MS
    last_id, was_read = b"", False
    hits: list[Single] = []
    for event in message.events:
        at_ms, kind = event.received_at_ms, event.kind
        if at_ms <= last_ms and (at_ms < last_ms or event.id < last_id):
            return None
        last_ms, last_id = at_ms, event.id
        if kind is _CLICK:
            click_ms = at_ms
            if event.destination is not None:
                event = numbered(event, campaign.links)
            if campaign.traps and event.link in campaign.traps:
                return None
        elif kind is not _OPEN:
            continue
        elif at_ms == click_ms:
            return None
        key = event.agent, event.facts, kind, event.method
        shows = appearances.get(key) or look_at(event, key, rules)
        if shows.bits & FORGED or event.decided is not None or event.former_tag:
            return None
        clock = own if at_ms >= start_ms else before
        age_ms = age_on(clock, at_ms)
        early = age_ms is not None and age_ms <= clock[1]
        ruling = shows.early if early else shows.late
        if may_be_own and is_own(event, rules):
            ruling = INTERNAL
        if ruling is None:
            if (network_of(event, rules) if event.tag else lookup(event.address)) is not None:
                return None
            ruling = DEFAULT
            if kind is _OPEN:
                if early and shows.lacks:
                    ruling = _INSTANT
            elif age_ms is not None and age_ms <= soon_ms:
                return None
            elif shows.strength != PERSON:
                instant = age_ms is not None and age_ms <= soft_ms
                unopened = not (was_read or shows.bits & OPENS_UNSEEN)
                if instant + (shows.lacks != 0) + unopened >= NEEDED:
                    ruling = _INSTANT if instant else _CLIENT
        if kind is _OPEN and shows.countable and ruling.verdict in _READ:
            was_read = True
        hits.append((event, shows, ruling))
    return None if _may_interact(hits, thresholds) else _judged(hits, thresholds)


def _may_interact(hits: Sequence[Single], thresholds: Thresholds) -> bool:
    """Whether clicks may be a burst, or one of a pair."""
    clicks = [event for event, shows, _ in hits if shows.click]
    fewest = min(thresholds.burst_links, thresholds.sweep_links)
    if len(clicks) < 2 <= fewest:
        return False
    links = [event.destination if event.link is None else event.link for event in clicks]
    different = len(set(links))
    if different >= fewest and are_close([event.received_at_ms for event in clicks], thresholds):
        return True
    if different == len(clicks) or len({(event.agent, event.tag or event.address) for event in clicks}) == 1:
        return False
    return _meet_on_a_link(clicks, links, thresholds.pair_ms)


def _meet_on_a_link(clicks: Sequence[Event], links: Sequence[int | str | None], window_ms: int) -> bool:
    """Whether two clicks on one link are close in time."""
    last_ms: dict[int | str | None, int] = {}
    for event, link in zip(clicks, links, strict=True):
        at_ms = event.received_at_ms
        if at_ms - last_ms.get(link, _LONG_AGO_MS) <= window_ms:
            return True
        last_ms[link] = at_ms
    return False


def _judged(hits: Sequence[Single], thresholds: Thresholds) -> list[Judged]:
    if len(hits) > 1 and _may_repeat(hits, thresholds):
        return _with_repeats(hits, Repeats(thresholds))
    return [Judged(event, ruling.verdict, ruling.rule, ruling.via) for event, _, ruling in hits]


def _may_repeat(hits: Sequence[Single], thresholds: Thresholds) -> bool:
    """Whether any hit follows another of its kind within the window of repeats."""
    windows = thresholds.repeat_open_ms, thresholds.repeat_click_ms
    last_ms = [_LONG_AGO_MS, _LONG_AGO_MS]
    for event, shows, _ in hits:
        click, at_ms = shows.click, event.received_at_ms
        if at_ms - last_ms[click] <= windows[click]:
            return True
        last_ms[click] = at_ms
    return False


def _with_repeats(hits: Sequence[Single], repeats: Repeats) -> list[Judged]:
    judged = []
    for event, shows, ruling in hits:
        dup = False
        if shows.countable and ruling.verdict is not Verdict.INTERNAL:
            link = event.destination if event.link is None else event.link
            source = "" if shows.of_proxy else PLAIN.of(event), event.agent
            dup = repeats.has(shows.click, event.received_at_ms, (link, ruling.verdict, source))
        judged.append(Judged(event, ruling.verdict, ruling.rule, ruling.via, dup))
    return judged
