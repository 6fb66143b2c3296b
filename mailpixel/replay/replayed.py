"""The verdicts of the rules on a scenario: one for every hit, and the counts at the end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailpixel.classify.judge import judge
from mailpixel.classify.rules import Rules
from mailpixel.model import Judged, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.replay.scenario import Scenario
from mailpixel.store.measures import tally

COUNTS = {
    "opens_total": "opens.deduplicated",
    "opens_human": "opens.human",
    "opens_proxied": "opens.proxied",
    "opens_privacy_prefetch": "opens.privacy_prefetch",
    "opens_machine": "opens.machine",
    "unique_openers_human": "opens.unique_human",
    "unique_openers_privacy_only": "opens.unique_privacy_only",
    "clicks_total": "clicks.deduplicated",
    "clicks_human": "clicks.human",
    "clicks_machine": "clicks.machine",
    "unique_clickers_human": "clicks.unique_human",
    "inferred_openers": "opens.inferred_from_clicks",
}
"""The counts of a scenario, by the names its labels use, and the measures they are."""

JudgedMessage = tuple[Message, Sequence[Judged]]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The judgement of a scenario. `judged` has one entry for each hit, None where there was no message to judge."""

    scenario: str
    judged: tuple[Judged | None, ...]
    summary: Mapping[str, int]

    def line(self) -> dict[str, Any]:
        """The JSON object that `mailpixel replay --json` prints: scenario, verdicts, rules, via, dup and summary."""
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
    """Judge a scenario by these rules plus the scenario's own additions."""
    rules = scenario.rules(base)
    messages = [(message, judge(message, campaign, rules)) for message, campaign in scenario.messages()]
    by_id = {hit.event.id: hit for _, judged in messages for hit in judged}
    seen = tuple(None if event is None else by_id[event.id] for event in scenario.events)
    return Replayed(scenario.name, seen, summarise(messages, len(seen)))


def summarise(messages: Sequence[JudgedMessage], hits: int) -> dict[str, int]:
    """The counts of judged messages of one campaign, as its summary would count them.

    Besides `COUNTS`: `duplicates` are repeats, `internal` are hits of the sender, and `uncounted` are the
    rest of all `hits`: without a message, with a broken signature, or with a method other than GET.
    """
    measured = tally(fold_message(message, judged) for message, judged in messages)
    totals = {
        measure: number
        for (bucket_ms, link, measure), number in measured.items()
        if not bucket_ms and not link
    }
    found = {name: totals.get(measure, 0) for name, measure in COUNTS.items()}
    events = totals.get("opens.events", 0) + totals.get("clicks.events", 0)
    internal = totals.get("internal", 0)
    return found | {
        "duplicates": events - found["opens_total"] - found["clicks_total"],
        "internal": internal,
        "uncounted": hits - events - internal,
    }
