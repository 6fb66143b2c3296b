"""Details of hits are dropped on every store: no verdict changes, and a rebuild comes to the same figures."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from mailpixel.classify import Rules, explain, judge
from mailpixel.model import Campaign, Decision, Event, Facts, Message, Verdict
from mailpixel.privacy.dropping import Dropping
from mailpixel.privacy.salts import OwnSalts
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.store import Store
from tests.integration.test_tags import CASES, gaps
from tests.support.builders import BROWSER, a_campaign, a_click, a_delivery, a_message, an_open, at_ms
from tests.support.judging import PERSON
from tests.support.stores import STORES, a_store
from tests.support.tagged import Judging, tagged

RULES = Rules()
LATER_MS = at_ms(400 * 86_400)
SOON = 3 * 86_400
"""A moment 48 hours after which nothing is too young, in seconds after sending."""


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


def dropping(store: Store, full: bool = False, campaigns: Mapping[str, Campaign] | None = None) -> Dropping:
    return Dropping(store, campaigns or {"spring": a_campaign()}, lambda: RULES, full)


def kept(*events: Event, full: bool = False) -> list[Event]:
    """Hits as they are logged without addresses."""
    return list(tagged(a_message(*events), RULES, full=full).events)


def found(message: Message, campaign: Campaign, rules: Rules = RULES) -> list[tuple[object, ...]]:
    return [
        (hit.event.id, hit.verdict, hit.rule, hit.via, hit.dup) for hit in judge(message, campaign, rules)
    ]


def test_a_hit_loses_its_agent_its_headers_and_its_network_and_carries_its_decision(store: Store) -> None:
    hit = a_click(600.0, 2, facts=PERSON | Facts.OPENS_UNSEEN)
    (logged,) = kept(hit)
    store.append([logged, a_delivery(1.0)])
    assert dropping(store).round(at_ms(SOON), 10) == (1, False)
    _, now = store.message("spring", "r-1").events
    assert now == replace(
        logged,
        agent="",
        facts=Facts.OPENS_UNSEEN,
        tag=now.tag,
        decided=Decision(Verdict.HUMAN, "default", client=now.decided.client if now.decided else 0),
    )
    assert len(now.tag) == 4
    assert now.tag != logged.tag[:4]


def test_only_hits_before_the_moment_and_those_that_follow_closely_are_dropped(store: Store) -> None:
    seconds = (600.0, 1_000.0, 1_500.0, 2_600.0)
    store.append(kept(*(an_open(second) for second in seconds)))
    assert dropping(store).round(at_ms(800), 10) == (3, False)
    events = store.message("spring", "r-1").events
    assert [event.decided is not None for event in events] == [True, True, True, False]
    assert dropping(store).round(at_ms(2_601), 10) == (1, False)


def test_a_message_that_is_hit_all_the_time_is_dropped_an_hour_ahead_at_most(store: Store) -> None:
    store.append(kept(*(an_open(600.0 * n) for n in range(1, 21))))
    dropping(store).round(at_ms(601), 100)
    events = store.message("spring", "r-1").events
    assert sum(event.decided is not None for event in events) == 7


def test_a_round_takes_as_many_as_it_is_asked_for_and_says_whether_more_may_follow(store: Store) -> None:
    hits = [hit for n in range(5) for hit in kept(an_open(600.0 + n, recipient=f"r-{n}"))]
    store.append(hits)
    rounds = [dropping(store).round(at_ms(SOON), 2) for _ in range(3)]
    assert rounds == [(2, True), (2, True), (1, False)]
    assert dropping(store).round(at_ms(SOON), 2) == (0, False)


def test_a_repeated_round_changes_nothing(store: Store) -> None:
    store.append(kept(an_open(600.0), a_click(700.0)))
    dropping(store).round(at_ms(SOON), 10)
    before = store.message("spring", "r-1")
    store.forget_consumer("details")
    assert dropping(store).round(at_ms(SOON), 10) == (0, False)
    assert store.message("spring", "r-1") == before


def test_hits_with_addresses_and_those_of_full_are_left_alone_until_their_own_day(store: Store) -> None:
    old, full = an_open(600.0), kept(a_click(700.0, address="192.0.2.10"), full=True)
    store.append([old, *full])
    assert dropping(store).round(at_ms(SOON), 10) == (0, False)
    assert store.message("spring", "r-1").events == [old, *full]
    assert dropping(store, full=True).round(at_ms(SOON), 10) == (1, False)
    events = store.message("spring", "r-1").events
    assert [(event.address, event.decided is None) for event in events] == [
        ("192.0.2.10", True),
        ("", False),
    ]


def test_an_erased_person_is_not_brought_back(store: Store) -> None:
    logged = kept(an_open(600.0))
    store.append(logged)
    store.erase("r-1", at_ms(SOON))
    assert store.drop_details([replace(logged[0], decided=Decision(Verdict.HUMAN, "default"))]) == 0
    assert list(store.message("spring", "r-1").events) == []


def test_a_dropped_open_still_opens_and_a_late_repeat_is_one(store: Store) -> None:
    bare = PERSON & ~Facts.USER_ACTIVATED & ~Facts.ACCEPT_LANGUAGE
    salts = OwnSalts()
    early = a_message(an_open(600.0), a_click(610.0))
    store.append(list(tagged(early, RULES, salts).events))
    dropping(store).round(at_ms(SOON), 10)
    late = a_message(a_click(612.0), a_click(90_000.0, 2, facts=bare))
    store.append(list(tagged(late, RULES, salts).events))
    hits = judge(store.message("spring", "r-1"), a_campaign(), RULES)
    assert [(hit.verdict, hit.rule, hit.dup) for hit in hits] == [
        ("human", "default", False),
        ("human", "default", False),
        ("human", "default", True),
        ("human", "default", False),
    ]


def test_the_explanation_says_that_the_reasons_are_gone(store: Store) -> None:
    store.append(kept(an_open(600.0, agent="curl/8.5.0")))
    dropping(store).round(at_ms(SOON), 10)
    (hit,) = explain(store.message("spring", "r-1"), a_campaign(), RULES)
    assert hit.rule == "declared"
    assert len(hit.reasons) == 2
    assert "dropped 48 hours after the hit" in hit.reasons[1]


def test_programs_and_devices_and_all_figures_stay_after_a_rebuild(store: Store) -> None:
    registry = MemoryRegistry()
    fold = Fold(store, registry, partial(judge, rules=RULES), "test")
    for n in range(6):
        outlook = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"
        agent = (BROWSER, outlook, "curl/8.5.0")[n % 3]
        store.append(
            kept(
                a_delivery(1.0, recipient=f"r-{n}"),
                an_open(600.0, recipient=f"r-{n}", agent=agent),
                a_click(900.0, 1 + n % 2, recipient=f"r-{n}", facts=PERSON),
            )
        )
    fold.catch_up(lambda: LATER_MS, 1_000)
    before = store.figures("spring", LATER_MS, 0)
    assert any("opens.client.outlook" in measure and number for measure, number in before.totals.items())
    while dropping(store).round(at_ms(SOON), 4).more:
        pass
    (difference,) = rebuild(store, registry, partial(judge, rules=RULES), ["spring"], Rebuild(processes=1))
    assert difference.is_empty
    assert store.figures("spring", LATER_MS, 0).totals == before.totals


def dropped(judging: Judging, rules: Rules, before_ms: int, store: Store) -> Message:
    message, campaign = judging
    store.append(message.events)
    todo = Dropping(store, {message.campaign: campaign}, lambda: rules)
    while todo.round(before_ms, 100).more:
        pass
    return store.message(message.campaign, message.recipient)


@pytest.mark.parametrize("name", STORES)
def test_no_hit_of_any_scenario_is_found_to_be_something_else_once_it_is_dropped(
    name: str, tmp_path: Path
) -> None:
    hits = 0
    with a_store(name, tmp_path) as store:
        for number, ((message, campaign), rules) in enumerate(CASES):
            if name == "sqlite" and number % 5:
                continue
            logged = tagged(message, rules)
            store.erase(message.recipient, 0)
            now = dropped((logged, campaign), rules, LATER_MS, store)
            assert all(event.decided or not event.tag for event in now.events)
            assert found(now, campaign, rules) == found(logged, campaign, rules), message
            hits += len(now.events)
            store.forget_campaign(message.campaign)
    assert hits > 100


def differing(every: int) -> tuple[int, int]:
    """Drop what is before a gap, judge the rest beside it. How many gaps were tried, and how many differ."""
    gap = tried = differ = 0
    for (message, campaign), rules in CASES:
        logged = tagged(message, rules)
        for at_gap_ms in gaps(message):
            gap += 1
            if gap % every == 0:
                tried += 1
                store = MemoryStore()
                store.append(logged.events)
                Dropping(store, {message.campaign: campaign}, partial(lambda each: each, rules)).round(
                    at_gap_ms, 100
                )
                now = store.message(message.campaign, message.recipient)
                differ += found(now, campaign, rules) != found(logged, campaign, rules)
    return tried, differ


def test_later_hits_are_found_to_be_what_they_are_beside_dropped_ones() -> None:
    tried, differ = differing(7)
    assert tried > 100
    assert differ == 0


@pytest.mark.soak
def test_wherever_dropping_stops_no_verdict_changes() -> None:
    tried, differ = differing(1)
    print(f"dropped up to each of {tried} gaps: {differ} differ")
    assert differ == 0
