"""Old messages and records are removed on every store and registry; the figures stay as they were."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpixel.classify import Rules, judge
from mailpixel.errors import Conflict
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Message
from mailpixel.modes import Statement
from mailpixel.projections.fold import Fold
from mailpixel.projections.message_state import fold_or_put_aside
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.aggregates import Report
from mailpixel.store.consents import CLICKS, OPENS, PURPOSES, Said
from mailpixel.store.consumers import News
from mailpixel.store.log import Overflow
from mailpixel.store.mails import KeptMail
from mailpixel.store.measures import Step
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import Folded, Window
from mailpixel.store.registry import Registry
from mailpixel.store.retention import Going, Holding, Kept, Removed, RetentionRun
from mailpixel.store.store import Store
from mailpixel.store.webhooks import Letter, Webhook
from mailpixel.times import DAY_MS
from tests.support.builders import a_campaign, a_click, a_delivery, an_id, an_open, at_ms
from tests.support.stores import REGISTRIES, STORES, a_registry, a_store

RULES = Rules()
DAY = 86_400
OLD, YOUNG, LIMIT = 10 * DAY, 700 * DAY, 400 * DAY
"""Seconds after sending: when old messages were read, when young ones were, and what is old before."""
NOW_MS = at_ms(800 * DAY)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture(params=REGISTRIES)
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    """Every registry in turn."""
    with a_registry(request.param, tmp_path) as registry:
        yield registry


def read_by(recipient: str, second: float, campaign: str = "spring") -> list[Event]:
    """The events of somebody who read a mail and followed a link."""
    return [
        a_delivery(second - 60, recipient=recipient, campaign=campaign),
        an_open(second, recipient=recipient, campaign=campaign),
        a_click(second + 20, 1, recipient=recipient, campaign=campaign),
    ]


def folded(store: Store) -> None:
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign())
    Fold(store, registry, partial(judge, rules=RULES), "test").catch_up(lambda: NOW_MS, 60_000)


def filled(store: Store) -> None:
    for event in (*read_by("old", OLD), *read_by("young", YOUNG), *read_by("both", OLD)):
        store.append([event])
    store.append([a_click(YOUNG, 2, recipient="both")])
    folded(store)


def forget(store: Store, limit: int = 500, spared: tuple[str, ...] = ()) -> Removed:
    """Everything before the limit, step by step; the sum."""
    messages = events = 0
    after = b""
    while True:
        removed = store.forget_past(at_ms(LIMIT), after, limit, spared)
        messages, events, after = messages + removed.messages, events + removed.events, removed.after
        if not after:
            return Removed(messages, events)


def days_of(store: Store) -> dict[str, int]:
    """The sums over all days."""
    sums: Counter[str] = Counter()
    for measures in store.timeline("spring", step=Step.DAY).values():
        sums.update(measures)
    return dict(sums)


def test_a_message_goes_when_its_last_event_is_old_and_the_figures_stay(store: Store) -> None:
    filled(store)
    before = store.figures("spring", NOW_MS, 0)
    days = store.timeline("spring", step=Step.DAY)
    assert before.people_gone_ms is None
    assert forget(store) == Removed(1, 3)
    after = store.figures("spring", NOW_MS, 0)
    assert (after.totals, after.links, after.overflow) == (before.totals, before.links, before.overflow)
    assert after.people_gone_ms == at_ms(LIMIT)
    assert store.timeline("spring", step=Step.DAY) == days
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["both", "young"]
    assert [message.recipient for message in store.messages("spring")] == ["both", "young"]
    assert store.people_gone() == {"spring": at_ms(LIMIT)}
    assert list(store.person("old")) == []


def test_many_campaigns_show_what_one_shows(store: Store) -> None:
    filled(store)
    store.append(read_by("old", OLD, "autumn"))
    folded(store)
    names, measures = ["spring", "autumn"], ["opens.human", "clicks.human"]
    before = store.figures_of(names, NOW_MS, 0)
    forget(store)
    after = store.figures_of(names, NOW_MS, 0)
    for name in names:
        assert after[name].totals == before[name].totals == store.figures(name, NOW_MS, 0).totals
        assert after[name].people_gone_ms == at_ms(LIMIT)
    found = store.timelines(dict.fromkeys(names, Window()), measures, Step.DAY)
    for name in names:
        single = store.timeline(name, step=Step.DAY)
        assert found[name] == {
            start: {measure: number for measure, number in of.items() if measure in measures}
            for start, of in single.items()
        }


def test_quarter_hours_become_days(store: Store) -> None:
    filled(store)
    before = store.timeline("spring")
    forget(store)
    after = store.timeline("spring")
    (day_ms,) = set(after) - set(before)
    assert day_ms % DAY_MS == 0
    sums = [sum(each.get("opens.human", 0) for each in found.values()) for found in (before, after)]
    assert sums[0] == sums[1] == 3
    assert list(after) == sorted(after)


@pytest.mark.parametrize("limit", [1, 4, 500])
def test_it_goes_on_where_it_stopped_however_small_the_steps(store: Store, limit: int) -> None:
    for number in range(7):
        store.append(read_by(f"r-{number}", OLD + number))
    store.append([a_click(YOUNG, 2, recipient="r-3")])
    folded(store)
    assert forget(store, limit) == Removed(6, 18)
    assert forget(store, limit) == Removed()
    assert [message.recipient for message in store.messages("spring")] == ["r-3"]


def test_a_message_that_is_read_for_years_goes_when_its_first_event_is_old_and_it_is_quiet(
    store: Store,
) -> None:
    filled(store)
    before, days = store.figures("spring", NOW_MS, 0), days_of(store)
    slow, cursor = judged(store.message("spring", "both")), store.cursor()
    gone = partial(store.forget_past, at_ms(LIMIT), b"", 500, ())
    assert gone(at_ms(YOUNG)) == Removed(1, 3)
    assert [message.recipient for message in store.messages("spring")] == ["both", "young"]
    assert gone(at_ms(YOUNG + 1)) == Removed(1, 4)
    assert [message.recipient for message in store.messages("spring")] == ["young"]
    with pytest.raises(Conflict, match="erased from meanwhile"):
        store.save([slow], News(cursor, cursor, ()))
    after = store.figures("spring", NOW_MS, 0)
    assert (after.totals, after.links, days_of(store)) == (before.totals, before.links, days)
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["young"]
    store.append([an_open(YOUNG + DAY, recipient="both")])
    folded(store)
    assert (
        store.figures("spring", NOW_MS, 0).totals["opens.human"]
        == before.totals["opens.human"] + 1
        == days_of(store)["opens.human"]
    )


def rebuilt_while_young_events_go(store: Store, states: list[Folded], when: str) -> None:
    with store.new_generation("spring", judged) as generation:
        for moment, part in (("before", states[:2]), ("between", states[2:]), ("after", [])):
            if when == moment:
                store.forget_past(at_ms(LIMIT), b"", 500, (), at_ms(YOUNG + 100))
            generation.put(part)


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_rebuild_meanwhile_starts_over_when_young_events_go(store: Store, when: str) -> None:
    filled(store)
    before, days = store.figures("spring", NOW_MS, 0), days_of(store)
    states = [judged(message) for message in store.messages("spring")]
    with pytest.raises(Conflict, match="start over"):
        rebuilt_while_young_events_go(store, states, when)
    after = store.figures("spring", NOW_MS, 0)
    assert (after.totals, after.links) == (before.totals, before.links)
    assert days_of(store) == days
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["young"]


def test_how_many_events_go_is_told_before(store: Store) -> None:
    filled(store)
    store.append(read_by("new", OLD))  # not folded yet
    old, slow = Going(at_ms(LIMIT), at_ms(LIMIT)), Going(at_ms(LIMIT), at_ms(YOUNG + 1))
    found = [
        store.going(goings) for goings in ([], [old], [slow], [old, slow], [slow._replace(spared=["spring"])])
    ]
    assert found == [0, 3, 7, 7, 0]
    assert forget(store).events == store.going([old]) + 3 == 3
    assert store.forget_past(at_ms(LIMIT), b"", 500, (), at_ms(YOUNG + 1)).events == 4
    assert store.going([old, slow]) == 0


def test_what_is_not_folded_yet_and_what_is_spared_stays(store: Store) -> None:
    store.append(read_by("new", OLD))
    assert forget(store) == Removed()
    folded(store)
    assert forget(store, spared=("spring",)) == Removed()
    assert forget(store) == Removed(1, 3)


def test_hits_past_the_cap_stay_counted(store: Store) -> None:
    filled(store)
    store.raise_overflow([Overflow("spring", "old", at_ms(OLD) // DAY_MS, b"edge", 7)])
    forget(store)
    assert store.figures("spring", NOW_MS, 0).overflow == 7
    assert store.figures_of(["spring"], NOW_MS, 0)["spring"].overflow == 7
    store.forget_campaign("spring")
    assert store.figures("spring", NOW_MS, 0).overflow == 0
    assert store.people_gone() == {}


def test_a_rebuild_of_the_rest_changes_nothing(store: Store) -> None:
    filled(store)
    before = store.figures("spring", NOW_MS, 0)
    forget(store)
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign())
    judging = partial(judge, rules=RULES)
    (difference,) = rebuild(store, registry, judging, ["spring"], Rebuild(processes=1))
    assert difference.is_empty
    after = store.figures("spring", NOW_MS, 0)
    assert (after.totals, after.links) == (before.totals, before.links)


def judged(message: Message) -> Folded:
    return fold_or_put_aside(message, partial(judge, rules=RULES), {"spring": a_campaign()}, 1)


def test_a_state_that_was_read_before_does_not_come_back(store: Store) -> None:
    filled(store)
    before = store.figures("spring", NOW_MS, 0)
    slow, cursor = judged(store.message("spring", "old")), store.cursor()
    forget(store)
    store.save([slow], News(cursor, cursor, ()))
    late = an_open(YOUNG + 5, recipient="old")
    store.append([late])
    store.save([slow], News(store.cursor(), store.cursor(), ()))
    after = store.figures("spring", NOW_MS, 0)
    assert after.totals == before.totals
    folded(store)
    assert store.message("spring", "old").events == [late]
    assert store.figures("spring", NOW_MS, 0).totals["opens.human"] == before.totals["opens.human"] + 1


@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_a_rebuild_that_runs_meanwhile_neither_loses_nor_doubles(store: Store, when: str) -> None:
    filled(store)
    before, days = store.figures("spring", NOW_MS, 0), days_of(store)
    states = [judged(message) for message in store.messages("spring")]
    with store.new_generation("spring", judged) as generation:
        if when == "before":
            forget(store)
        generation.put(states[:2])
        if when == "between":
            forget(store)
        generation.put(states[2:])
        if when == "after":
            forget(store)
    after = store.figures("spring", NOW_MS, 0)
    assert (after.totals, after.links) == (before.totals, before.links)
    assert days_of(store) == days
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["both", "young"]
    assert all(number for measures in store.timeline("spring").values() for number in measures.values())


def test_erasing_lowers_counts_and_retention_does_not(store: Store) -> None:
    filled(store)
    before = store.figures("spring", NOW_MS, 0).totals["opens.unique_human"]
    forget(store)
    store.erase("old", NOW_MS)
    assert store.figures("spring", NOW_MS, 0).totals["opens.unique_human"] == before
    store.erase("young", NOW_MS)
    assert store.figures("spring", NOW_MS, 0).totals["opens.unique_human"] == before - 1


def test_what_is_stored_is_counted_by_kind(store: Store) -> None:
    filled(store)
    found = store.holding(Kept.EVENTS, at_ms(LIMIT))
    assert found._replace(size_bytes=None) == Holding(10, 0, at_ms(OLD - 60))
    assert store.holding(Kept.DETAILS, NOW_MS) == Holding(0, 0, None, None)
    store.salts([3, 20_000])
    assert store.holding(Kept.SALTS, 4 * DAY_MS)._replace(size_bytes=None) == Holding(2, 1, 3 * DAY_MS)
    assert store.tidy() is True
    store.compact()


def test_days_of_last_opens_and_marks_of_reports_go_when_their_day_is_over(store: Store) -> None:
    store.raise_views([], {"old": 100, "young": 200})
    for day in (100, 101):
        store.count_reports([Report("spring", EventKind.DELIVERY, f"r-{day}")], day)
    before_ms = 101 * DAY_MS
    for kind in (Kept.LAST_OPENS, Kept.REPORTS):
        assert store.holding(kind, before_ms)._replace(size_bytes=None) == Holding(2, 1, 100 * DAY_MS)
        assert [store.remove_days(kind, before_ms) for _ in range(2)] == [1, 0]
    assert [store.last_open(name) for name in ("old", "young")] == [None, 200]
    assert store.figures("spring", NOW_MS, 0).totals["unnamed.delivery"] == 2


@settings(max_examples=25)
@given(
    seconds=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 800)), min_size=1, max_size=25),
    limits=st.lists(st.integers(1, 800), min_size=1, max_size=3),
)
def test_in_whatever_order_events_come_and_go_the_figures_are_those_of_a_store_that_kept_all(
    seconds: list[tuple[int, int]], limits: list[int]
) -> None:
    kept, pruned = MemoryStore(), MemoryStore()
    for person, day in sorted(seconds, key=lambda each: each[1]):
        event = an_open(day * DAY, recipient=f"r-{person}")
        for each in (kept, pruned):
            each.append([event])
            folded(each)
    for day in sorted(limits):
        pruned.forget_past(at_ms(day * DAY))
    assert pruned.figures("spring", NOW_MS, 0).totals == kept.figures("spring", NOW_MS, 0).totals
    assert days_of(pruned) == days_of(kept)


def test_letters_posts_and_mails_go_by_their_day(registry: Registry) -> None:
    registry.add_campaign(a_campaign())
    registry.add_campaign(a_campaign(id="autumn"))
    for campaign, second in (("spring", OLD), ("autumn", YOUNG)):
        moment = datetime.fromtimestamp(at_ms(second) / 1000, UTC)
        registry.keep_mail(KeptMail(campaign, b"<p>", "utf-8", (), (), False, moment, "cli"))
    registry.add_webhook(Webhook("crm", "https://crm.example", ("opened",), 0))
    letters = [Letter("crm", an_id(at_ms(second)), "spring", "r-1", 1, 0) for second in (OLD, YOUNG)]
    registry.put_letters(letters)
    for name, until_ms in ((b"a", at_ms(OLD)), (b"b", at_ms(YOUNG))):
        registry.is_first("esp", name, b"", until_ms, 0)
    for kind in (Kept.MAILS, Kept.LETTERS, Kept.POSTS):
        found = registry.holding(kind, at_ms(LIMIT))
        assert found._replace(size_bytes=None) == Holding(2, 1, at_ms(OLD))
        assert [registry.remove_old(kind, at_ms(LIMIT)) for _ in range(2)] == [1, 0]
        assert registry.holding(kind, at_ms(LIMIT)).rows == 1
    assert registry.campaigns_with_mail() == ["autumn"]
    assert registry.letters("crm") == letters[1:]


def said(recipient: str, state: Statement, second: float, purposes: int = OPENS | CLICKS) -> Said:
    return Said(recipient, purposes, state, at_ms(second), "form", "v1")


def test_a_grant_goes_with_its_proof_and_a_refusal_stays_without_the_id(registry: Registry) -> None:
    rows = [
        said("yes", Statement.GRANTED, OLD),
        said("no", Statement.DENIED, OLD),
        said("half", Statement.GRANTED, OLD, CLICKS),
        said("half", Statement.DENIED, OLD, OPENS),
        said("lately", Statement.GRANTED, OLD),
        said("lately", Statement.GRANTED, YOUNG),
    ]
    registry.record_consents(rows[:5], at_ms(OLD))
    registry.record_consents(rows[5:], at_ms(YOUNG))
    revision = registry.consent_news(0).revision
    assert registry.holding(Kept.CONSENTS, at_ms(LIMIT))._replace(size_bytes=None) == Holding(
        6, 4, at_ms(OLD)
    )
    assert registry.remove_old(Kept.CONSENTS, at_ms(LIMIT)) == 3
    assert registry.remove_old(Kept.CONSENTS, at_ms(LIMIT)) == 0
    nothing = [Statement.UNKNOWN] * (len(PURPOSES) - 2)
    states = {name: list(registry.states_of(name)) for name in ("yes", "no", "half", "lately")}
    assert states == {
        "yes": [Statement.UNKNOWN] * len(PURPOSES),
        "no": [Statement.DENIED, Statement.DENIED, *nothing],
        "half": [Statement.DENIED, Statement.UNKNOWN, *nothing],
        "lately": [Statement.GRANTED, Statement.GRANTED, *nothing],
    }
    assert Counter((each.recipient, each.state) for each in registry.consents()) == {
        (None, Statement.DENIED): 2,
        ("lately", Statement.GRANTED): 2,
    }
    news = registry.consent_news(revision)
    assert len(news.keys) == 2  # the one who is unknown now, and the one who refuses opens alone


def test_a_refusal_that_outlived_its_id_is_not_undone_by_an_older_grant(registry: Registry) -> None:
    registry.record_consents([said("no", Statement.DENIED, OLD)], at_ms(OLD))
    registry.remove_old(Kept.CONSENTS, at_ms(LIMIT))
    registry.record_consents([said("no", Statement.GRANTED, OLD - DAY)], NOW_MS)
    assert registry.consent_of("no").opens is Statement.DENIED


def test_when_each_kind_was_gone_through_is_noted(registry: Registry) -> None:
    assert registry.retention_runs() == {}
    registry.note_retention(Kept.EVENTS, 1_000, 5)
    registry.note_retention(Kept.LETTERS, 1_000, 0)
    registry.note_retention(Kept.EVENTS, 2_000, 0)
    assert registry.retention_runs() == {
        Kept.EVENTS: RetentionRun(2_000, 0, 1_000),
        Kept.LETTERS: RetentionRun(1_000, 0, None),
    }


def test_hits_whose_address_was_stored_before_a_mode_was_chosen_are_counted(store: Store) -> None:
    assert store.hits_with_address() == 0
    store.append(
        [
            an_open(10, address="203.0.113.7"),
            an_open(20, address=""),
            an_open(30, address="203.0.113.0", tag=b"12345678"),
            an_open(40, address="", tag=b"12345678"),
        ]
    )
    assert store.hits_with_address() == 1
