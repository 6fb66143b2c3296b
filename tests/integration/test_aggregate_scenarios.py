"""The labelled scenarios, counted without recipients: how many machines pass for people, and how many people are lost.

Run with `-s` to see the numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from mailpixel.classify import Rules
from mailpixel.ingest.held import HELD_MS, Case, Counted, Held, views
from mailpixel.kinds import HIT_KINDS, EventKind
from mailpixel.model import Campaign, Event, Facts, Verdict
from mailpixel.replay import read_scenario
from mailpixel.replay.scenario import Scenario
from mailpixel.store.aggregates import View
from tests.integration.test_replay_scenarios import ROWS

PEOPLE = frozenset({View.HUMAN, View.PROXIED})
MACHINES = frozenset({Verdict.SCANNER, Verdict.BOT, Verdict.PREFETCH})


def as_at_the_door(event: Event) -> Event:
    """The hit on a token that everybody has."""
    return replace(event, recipient="", facts=event.facts | Facts.OPENS_UNSEEN)


def campaign_of(scenario: Scenario) -> Campaign:
    """The campaign, sent when its first message was."""
    campaigns = [campaign for _, campaign in scenario.messages()]
    sent = [campaign.sent_at for campaign in campaigns if campaign.sent_at is not None]
    return Campaign(scenario.name, scenario.name, sent_at=min(sent, default=None), links=scenario.links)


def cases(hits: Sequence[Event]) -> Iterable[Case]:
    """The hits as they are held, looked at whenever one comes."""
    held = Held()
    for hit in sorted(hits, key=lambda each: each.id):
        yield from held.due(hit.received_at_ms)
        if not held.add(Counted(hit)):
            yield [Counted(hit)]
    yield from held.all()


def counted(scenario: Scenario, are_held: bool) -> Mapping[bytes, View]:
    """The view of every hit that counts, by its id."""
    hits = [as_at_the_door(event) for event in scenario.events if event is not None]
    signed = [hit for hit in hits if hit.kind in HIT_KINDS and not hit.facts & (Facts.FORGED | Facts.PREVIEW)]
    campaign, rules = campaign_of(scenario), scenario.rules(Rules())
    found = cases(signed) if are_held else ([Counted(hit)] for hit in signed)
    return {each.hit.id: key.view for case in found for each, key in views(case, campaign, rules)}


def compared(rows: Sequence[dict[str, Any]], are_held: bool) -> Mapping[tuple[EventKind, str], Counter[str]]:
    """How hits that are labelled as a machine's or a person's were counted, by kind and label."""
    found: defaultdict[tuple[EventKind, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        scenario = read_scenario(row)
        of = counted(scenario, are_held)
        labels = () if scenario.expected is None else scenario.expected.verdicts
        for event, label in zip(scenario.events, labels, strict=False):
            view = None if event is None else of.get(event.id)
            if event is None or view is None or not isinstance(label, str):
                continue
            if label in MACHINES or label == Verdict.HUMAN:
                said = "repeat" if view is View.REPEAT else "person" if view in PEOPLE else "machine"
                found[event.kind, "person" if label == Verdict.HUMAN else "machine"][said] += 1
    return found


def test_machines_are_known_by_their_neighbours_of_some_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    alone, held = compared(ROWS, are_held=False), compared(ROWS, are_held=True)
    click = EventKind.CLICK
    with capsys.disabled():
        for name, found in (("alone", alone), (f"held {HELD_MS // 1000} s", held)):
            for (kind, label), counts in sorted(found.items()):
                print(f"{name}: {kind}s of a {label}: {dict(counts)}")
    machines = alone[click, "machine"].total()
    assert held[click, "machine"].total() == machines > 0
    assert held[click, "machine"]["person"] < alone[click, "machine"]["person"] // 4
    assert held[click, "person"]["person"] > held[click, "person"].total() // 2
