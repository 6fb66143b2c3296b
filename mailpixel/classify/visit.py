"""Judges a visit to a web site: a pure function from all its events to one verdict, whatever the order they came in.

The rules stand in `mailpixel.classify.visit_rules`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.rules import Rules
from mailpixel.classify.visit_rules import (
    Look,
    SeenStep,
    SeenVisit,
    first_ruling,
    left_out,
    look_of,
)
from mailpixel.kinds import EventKind
from mailpixel.model import Decision, Event, Message, Verdict
from mailpixel.site_model import read_step


@dataclass(frozen=True, slots=True)
class JudgedVisit:
    """A visit with its verdict and the rule that decided.

    `steps` are what happened, in order of time and then of ids. `repeats` are the ids of those events that say again
    what an earlier one said, by name and id. `out` has the ruling of each event that is left out, by event id.
    `consents` are the events that only say what the visitor agreed to.
    """

    verdict: Verdict
    rule: str
    steps: Sequence[SeenStep]
    repeats: frozenset[bytes]
    out: Mapping[bytes, Ruling]
    consents: Sequence[SeenStep]
    seen: SeenVisit

    def decision(self, event_id: bytes) -> Decision:
        """What an event of this visit was found to be, to be kept once its details are dropped."""
        out = self.out.get(event_id)
        verdict, rule = (self.verdict, self.rule) if out is None else (out.verdict, out.rule)
        return Decision(verdict, rule, dup=event_id in self.repeats)


def judge_visit(case: Message, rules: Rules) -> JudgedVisit:
    """The verdict on a visit. Takes n log n time in the number of its events.

    Raises `msgspec.DecodeError` for an event whose body is none.
    """
    steps, consents, out = _read(case.events)
    steps.sort(key=_moment)
    consents.sort(key=_moment)
    repeats = _repeats(steps)
    counted = [each for each in steps if each.event.id not in repeats] if repeats else steps
    events = [event for event in case.events if event.id not in out] if out else case.events
    seen = SeenVisit(counted, _looks(events, rules), _carried(events))
    ruling = first_ruling(seen, rules) if events or not out else out[min(out)]
    return JudgedVisit(ruling.verdict, ruling.rule, steps, repeats, out, consents, seen)


def _read(events: Iterable[Event]) -> tuple[list[SeenStep], list[SeenStep], dict[bytes, Ruling]]:
    """Steps and consents that count, and the rulings of those that do not, by event id."""
    steps: list[SeenStep] = []
    consents: list[SeenStep] = []
    out: dict[bytes, Ruling] = {}
    for event in events:
        ruling = left_out(event)
        if ruling is not None:
            out[event.id] = ruling
            continue
        found = SeenStep(event, read_step(event.body))
        (consents if event.kind is EventKind.CONSENT else steps).append(found)
    return steps, consents, out


def _moment(seen: SeenStep) -> tuple[int, bytes]:
    return seen.step.at_ms, seen.event.id


def _repeats(steps: Sequence[SeenStep]) -> frozenset[bytes]:
    known: set[tuple[str, str]] = set()
    found = []
    for seen in steps:
        key = (seen.step.name, seen.step.id)
        if key in known and seen.step.id:  # an image may lack an id
            found.append(seen.event.id)
        known.add(key)
    return frozenset(found)


def _looks(events: Iterable[Event], rules: Rules) -> Sequence[Look]:
    """The different requests, in an order that does not depend on that of the events."""
    different = {
        (event.method, event.facts._value_, event.agent, event.network): event
        for event in events
        if event.decided is None
    }
    return [look_of(different[key], rules) for key in sorted(different, key=_by_text)]


def _by_text(key: tuple[object, ...]) -> str:
    return repr(key)


def _carried(events: Iterable[Event]) -> Mapping[str, Ruling]:
    found = {(each.decided.rule, each.decided.verdict) for each in events if each.decided is not None}
    return {rule: Ruling(rule, verdict) for rule, verdict in sorted(found)}
