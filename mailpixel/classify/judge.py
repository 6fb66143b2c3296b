"""The judgement: all events of a message together, each with its verdict and the rule that decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter

from msgspec.structs import replace

from mailpixel.classify.burst import mark_burst
from mailpixel.classify.certain import mark_certain
from mailpixel.classify.hit_rules import first_ruling
from mailpixel.classify.observation import NO_CLOCK, DeliveryClock, Observation, Ruling, sight_of
from mailpixel.classify.origins import origins_of
from mailpixel.classify.rules import Rules
from mailpixel.classify.trap import mark_trap
from mailpixel.classify.weak_evidence import mark_soft
from mailpixel.kinds import HIT_KINDS, EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Link, Message, Verdict, Via


@dataclass(frozen=True, slots=True)
class AgentVerdict:
    """The verdict on one hit when only its agent is known. `sign` is the part of the agent that decided."""

    verdict: Verdict
    rule: str
    via: Via | None
    sign: str


def judge_agent(agent: str, kind: EventKind, rules: Rules) -> AgentVerdict:
    """The verdict on a single GET with this agent, long after delivery. Any text of any length is accepted."""
    event = Event(b"", kind, 0, "GET", "", agent, Facts.NONE, "", "")
    hit = sight_of(event)
    ruling = first_ruling(hit, rules) or DEFAULT
    return AgentVerdict(ruling.verdict, ruling.rule, ruling.via, hit.agent.sign)


DEFAULT = Ruling("default", Verdict.HUMAN)
_moment = attrgetter("received_at_ms", "id")


def judge(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged, ...]:
    """A verdict for every open and click of a message, in order of (received_at_ms, id).

    Deliveries set the clock and opt-outs have no effect; neither is returned. Pure: the same
    events, campaign and rules give the same verdicts, in whatever order the events came. Takes n
    log n time in the number of events.
    """
    return tuple(_judged(observe(message, campaign, rules), rules))


def observe(message: Message, campaign: Campaign, rules: Rules) -> list[Observation]:
    """The opens and clicks of a message as the rules see them, in order, each with its ruling or None."""
    clocks = _clocks(message, campaign, rules)
    events = sorted(message.events, key=_moment) if len(message.events) > 1 else message.events
    links, origins = campaign.links, origins_of(events)
    observations = [
        sight_of(event if event.destination is None else numbered(event, links), *clocks, origins)
        for event in events
        if event.kind in HIT_KINDS
    ]
    for hit in observations:
        hit.ruling = first_ruling(hit, rules)
    if origins.dropped:
        _carry(observations)
    mark_trap(observations, links, rules)
    mark_certain(observations, rules)
    mark_burst(observations, rules.thresholds)
    mark_soft(observations, rules.thresholds)
    return observations


@lru_cache(maxsize=1024)
def _ruling(rule: str, verdict: Verdict, via: Via | None) -> Ruling:
    return Ruling(rule, verdict, via)


def _carry(observations: Sequence[Observation]) -> None:
    """Give hits without details the ruling that they carry. They are never judged again."""
    for hit in observations:
        decided = hit.event.decided
        if decided is not None:
            hit.ruling = _ruling(decided.rule, decided.verdict, decided.via)


def numbered(event: Event, links: Sequence[Link]) -> Event:
    """A click that carried its destination, as a click on the link of that destination if one exists by now.

    So both count for one link, and a reader who follows both has followed one. Traps are ignored.
    """
    if event.link is not None:
        return event
    found = (link.number for link in links if link.url == event.destination and not link.trap)
    number = next(found, None)
    return event if number is None else replace(event, link=number)


def _clocks(message: Message, campaign: Campaign, rules: Rules) -> tuple[DeliveryClock, DeliveryClock]:
    """The clock of the message, and the one for hits before it started.

    Delivery comes before sending, sending before nothing.
    """
    sending = _sent_at_ms(campaign.sent_at), rules.thresholds.open_queue_ms, "sending"
    delivered = [event.received_at_ms for event in message.events if event.kind is EventKind.DELIVERY]
    if delivered:
        return (min(delivered), rules.thresholds.open_delivery_ms, "delivery"), sending
    return sending, NO_CLOCK


@lru_cache(maxsize=1024)
def _sent_at_ms(sent_at: datetime | None) -> int | None:
    """Computed once for each campaign, not for each message: arithmetic with dates is slow."""
    return Campaign("", "", sent_at=sent_at).sent_at_ms


def _judged(observations: Sequence[Observation], rules: Rules) -> list[Judged]:
    repeats = Repeats(rules.thresholds.repeat_open_ms, rules.thresholds.repeat_click_ms)
    judged = []
    for hit in observations:
        ruling = hit.ruling or DEFAULT
        dup = repeats.seen(hit, ruling)
        judged.append(Judged(hit.event, ruling.verdict, ruling.rule, ruling.via, dup))
    if observations and observations[0].origins.dropped:
        return [_as_carried(each) for each in judged]
    return judged


def _as_carried(judged: Judged) -> Judged:
    """A hit without details is the repeat that it was."""
    decided = judged.event.decided
    return judged if decided is None else replace(judged, dup=decided.dup)


class Repeats:
    """Finds hits that repeat one that counted: same kind, link, verdict and source, within its window."""

    def __init__(self, open_ms: int, click_ms: int) -> None:
        self._windows = open_ms, click_ms
        self._counted: dict[tuple[object, ...], int] = {}

    def seen(self, hit: Observation, ruling: Ruling) -> bool:
        """Whether this hit is a repeat. Pass hits in order of time."""
        if ruling.verdict is Verdict.INTERNAL or not hit.countable:
            return False
        key = (hit.click, hit.link, ruling.verdict, hit.source)
        first_ms = self._counted.get(key)
        if first_ms is not None and hit.at_ms - first_ms <= self._windows[hit.click]:
            return True
        self._counted[key] = hit.at_ms
        return False
