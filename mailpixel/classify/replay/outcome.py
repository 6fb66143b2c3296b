"""What the rules make of a scenario: a label for every hit, and the counts at the end."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailpixel.classify.judge import judge
from mailpixel.classify.replay.scenario import Scenario
from mailpixel.classify.rules import Rules
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Judged, Verdict

MACHINES = (Verdict.PREFETCH, Verdict.SCANNER, Verdict.BOT)
COUNTS = (
    "opens_total",
    "opens_human",
    "opens_proxied",
    "opens_privacy_prefetch",
    "opens_machine",
    "unique_openers_human",
    "unique_openers_privacy_only",
    "clicks_total",
    "clicks_human",
    "clicks_machine",
    "unique_clickers_human",
    "inferred_openers",
    "duplicates",
    "internal",
    "uncounted",
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """The judgement of a scenario. `judged` has one entry a hit, None where there was no message to judge."""

    scenario: str
    judged: tuple[Judged | None, ...]
    summary: Mapping[str, int]

    def line(self) -> dict[str, Any]:
        """As `mailpixel replay --json` prints it: scenario, verdicts, rules, via, dup and summary."""
        seen = self.judged
        return {
            "scenario": self.scenario,
            "verdicts": [None if hit is None else str(hit.verdict) for hit in seen],
            "rules": [None if hit is None else hit.rule for hit in seen],
            "via": [None if hit is None or hit.via is None else str(hit.via) for hit in seen],
            "dup": [hit is not None and hit.dup for hit in seen],
            "summary": dict(self.summary),
        }


def replay(scenario: Scenario, base: Rules) -> Replayed:
    """Judge a scenario by the given rules and what it brings besides."""
    rules = scenario.rules(base)
    by_id: dict[bytes, Judged] = {}
    for message, campaign in scenario.messages():
        by_id |= {judged.event.id: judged for judged in judge(message, campaign, rules)}
    seen = tuple(None if event is None else by_id[event.id] for event in scenario.events)
    return Replayed(scenario.name, seen, summarise(seen))


def summarise(seen: Sequence[Judged | None]) -> dict[str, int]:
    """The counts of `COUNTS`: a hit counts when it is a GET on a valid token, not internal and not a
    repeat.
    """
    found: Counter[str] = Counter()
    people: dict[str, set[str]] = {"open": set(), "click": set(), "privacy": set()}
    for hit in seen:
        found.update(_counts_of(hit))
        if hit is not None and _counts(hit.event):
            _note_person(hit, people)
    found["unique_openers_human"] = len(people["open"])
    found["unique_openers_privacy_only"] = len(people["privacy"] - people["open"])
    found["unique_clickers_human"] = len(people["click"])
    found["inferred_openers"] = len(people["click"] - people["open"])
    return {name: found[name] for name in COUNTS}


def _counts(event: Event) -> bool:
    return event.method == "GET" and not event.facts & Facts.FORGED


def _note_person(hit: Judged, people: Mapping[str, set[str]]) -> None:
    if hit.verdict is Verdict.HUMAN:
        people[hit.event.kind].add(hit.event.recipient)
    elif hit.verdict is Verdict.PRIVACY_PREFETCH:
        people["privacy"].add(hit.event.recipient)


def _counts_of(hit: Judged | None) -> Iterable[str]:
    """The plain counts that one hit raises."""
    if hit is None:
        return ("uncounted",)
    if hit.verdict is Verdict.INTERNAL:
        return ("internal",)
    if not _counts(hit.event):
        return ("uncounted",)
    if hit.dup:
        return ("duplicates",)
    return _clicks(hit) if hit.event.kind is EventKind.CLICK else _opens(hit)


def _opens(hit: Judged) -> Iterable[str]:
    yield "opens_total"
    if hit.verdict in MACHINES:
        yield "opens_machine"
    else:
        yield f"opens_{hit.verdict}"
    if hit.verdict is Verdict.HUMAN and hit.via is not None:
        yield "opens_proxied"


def _clicks(hit: Judged) -> Iterable[str]:
    yield "clicks_total"
    yield "clicks_human" if hit.verdict is Verdict.HUMAN else "clicks_machine"
