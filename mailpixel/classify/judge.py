"""The judgement: all events of a message together, each with its verdict and the rule that decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from msgspec.structs import replace

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.burst import mark_burst
from mailpixel.classify.certain import mark_certain
from mailpixel.classify.clocks import clocks_of
from mailpixel.classify.hit_rules import appearance_of
from mailpixel.classify.observation import Observation
from mailpixel.classify.origins import origins_of
from mailpixel.classify.repeats import Repeats
from mailpixel.classify.rules import Rules
from mailpixel.classify.seeing import in_order, seen
from mailpixel.classify.singly import DEFAULT, judged_singly
from mailpixel.classify.trap import mark_trap
from mailpixel.classify.weak_evidence import mark_soft
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict, Via


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
    shows = appearance_of(event, rules)
    ruling = shows.late or DEFAULT
    return AgentVerdict(ruling.verdict, ruling.rule, ruling.via, shows.agent.sign)


_OPEN, _CLICK = EventKind.OPEN, EventKind.CLICK


def judge(message: Message, campaign: Campaign, rules: Rules) -> tuple[Judged, ...]:
    """A verdict for every open and click of a message, in order of (received_at_ms, id).

    Deliveries set the clock and opt-outs have no effect; neither is returned. Pure: the same
    events, campaign and rules give the same verdicts, in whatever order the events came. Takes n
    log n time in the number of events.
    """
    judged = judged_singly(message, campaign, rules)
    return tuple(judged_together(message, campaign, rules) if judged is None else judged)


def judged_together(message: Message, campaign: Campaign, rules: Rules) -> list[Judged]:
    """The same, the long way: with a look at the neighbours of every hit."""
    return _judged(observe(message, campaign, rules), rules)


def observe(message: Message, campaign: Campaign, rules: Rules) -> list[Observation]:
    """The opens and clicks of a message as the rules see them, in order, each with its ruling or None."""
    events = in_order(message.events)
    hits = [event for event in events if (kind := event.kind) is _OPEN or kind is _CLICK]
    if not hits:
        return []
    origins = origins_of(events)
    clocks = clocks_of(events, campaign, rules.thresholds)
    observations = seen(hits, clocks, origins, campaign.links, rules)
    if origins.dropped:
        _carry(observations)
    mark_trap(observations, campaign.traps, rules)
    undecided = [hit for hit in observations if hit.ruling is None]
    if undecided:
        mark_certain(undecided, rules)
        mark_burst(observations, rules.thresholds)
        mark_soft([hit for hit in undecided if hit.ruling is None], observations, rules.thresholds)
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


def _judged(observations: Sequence[Observation], rules: Rules) -> list[Judged]:
    repeats = Repeats(rules.thresholds)
    judged = []
    for hit in observations:
        ruling = hit.ruling or DEFAULT
        counts = hit.countable and ruling.verdict is not Verdict.INTERNAL
        dup = counts and repeats.has(hit.click, hit.at_ms, (hit.link, ruling.verdict, hit.source))
        judged.append(Judged(hit.event, ruling.verdict, ruling.rule, ruling.via, dup))
    return _carried(observations, judged)


def _carried(observations: Sequence[Observation], judged: list[Judged]) -> list[Judged]:
    if observations and observations[0].origins.dropped:
        return [_as_carried(each) for each in judged]
    return judged


def _as_carried(judged: Judged) -> Judged:
    """A hit without details is the repeat that it was."""
    decided = judged.event.decided
    return judged if decided is None else replace(judged, dup=decided.dup)
