"""Laws of the fold, over generated histories, in memory and in SQLite."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Judged, Message, Verdict
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.measures import BY_HIT
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.store import Store
from mailpixel.traffic.programs import Program
from tests.support.builders import BROWSER, GMAIL, a_campaign, a_message, at_ms, judge_plainly
from tests.support.stores import STORES, a_store
from tests.support.strategies import batches, histories
from tests.support.tallying import assert_figures_are_the_tally

NOW_MS = at_ms(1_000_000)
CAMPAIGNS = ("autumn", "spring")
laws = settings(max_examples=60)


@contextmanager
def empty(name: str) -> Iterator[Store]:
    with tempfile.TemporaryDirectory() as folder, a_store(name, Path(folder)) as store:
        yield store


stores = pytest.mark.parametrize(
    "opened", [partial(empty, name) for name in sorted(STORES)], ids=sorted(STORES)
)
Opened = Callable[[], AbstractContextManager[Store]]


def a_registry() -> MemoryRegistry:
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign("spring"))
    registry.settled(registry.campaign("spring"))
    return registry


def folded(store: Store, groups: Sequence[Sequence[Event]]) -> object:
    """Append group by group, fold after each, and read everything that was folded."""
    fold = Fold(store, a_registry(), judge_plainly, "one")
    for group in groups:
        store.append(group)
        fold.catch_up(lambda: NOW_MS, 1_000)
    return everything(store)


def everything(store: Store) -> object:
    assert_figures_are_the_tally(store, *CAMPAIGNS)
    return [
        (
            store.recipients(campaign, "", 100),
            store.timeline(campaign),
            store.figures(campaign, NOW_MS, 0).totals,
            store.figures(campaign, NOW_MS, 0).links,
        )
        for campaign in CAMPAIGNS
    ]


@stores
@laws
@given(st.data())
def test_any_order_and_any_batching_give_the_same(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    with opened() as store, empty("memory") as at_once:
        assert folded(store, data.draw(batches(history))) == folded(at_once, [history])


@stores
@laws
@given(st.data())
def test_rebuilding_equals_folding(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    with opened() as store:
        incremental = folded(store, data.draw(batches(history)))
        differences = rebuild(store, a_registry(), judge_plainly, how=Rebuild(processes=1))
        assert all(difference.is_empty for difference in differences)
        assert everything(store) == incremental


@stores
@laws
@given(st.data())
def test_a_dry_run_foretells_the_rebuild(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    with opened() as store:
        folded(store, [history])
        before = everything(store)
        foretold = rebuild(store, a_registry(), judge_strictly, how=Rebuild(dry_run=True, processes=1))
        assert everything(store) == before
        assert rebuild(store, a_registry(), judge_strictly, how=Rebuild(processes=1)) == foretold


def judge_strictly(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    judged = judge_plainly(message, campaign)
    return tuple(
        Judged(each.event, Verdict.BOT, "strict") if each.verdict is Verdict.HUMAN else each
        for each in judged
    )


@stores
@laws
@given(st.data())
def test_erasing_a_person_equals_their_never_having_been(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    others = [event for event in history if event.recipient != "r-1"]
    with opened() as store, empty("memory") as without:
        folded(store, data.draw(batches(history)))
        assert store.erase("r-1", NOW_MS) == len(history) - len(others)
        assert everything(store) == folded(without, [others])
        assert folded(store, data.draw(batches(history))) == everything(without), "all of it arrives again"


@stores
@laws
@given(st.data())
def test_counters_equal_a_recount_of_all_events(opened: Opened, data: st.DataObject) -> None:
    history = data.draw(histories())
    with opened() as store:
        folded(store, data.draw(batches(history)))
        for campaign in CAMPAIGNS:
            figures = store.figures(campaign, NOW_MS, 0)
            assert (figures.totals, figures.links, store.timeline(campaign)) == recount(history, campaign)


@laws
@given(histories())
def test_what_counts_is_human_privacy_or_machine(history: Sequence[Event]) -> None:
    with empty("memory") as store:
        folded(store, [history])
        for campaign in CAMPAIGNS:
            totals = store.figures(campaign, NOW_MS, 0).totals
            parts = [totals[f"opens.{part}"] for part in ("human", "privacy_prefetch", "machine")]
            assert totals["opens.deduplicated"] == sum(parts)
            assert totals["clicks.deduplicated"] == totals["clicks.human"] + totals["clicks.machine"]
            assert totals["opens.unique_human"] <= totals["opens.unique"] <= totals["seen"]


@laws
@given(histories())
def test_the_hits_of_all_recipients_add_up_to_those_of_the_campaign(history: Sequence[Event]) -> None:
    with empty("memory") as store:
        folded(store, [history])
        for campaign in CAMPAIGNS:
            totals, sums = store.figures(campaign, NOW_MS, 0).totals, Counter[str]()
            for state in store.recipients(campaign, "", len(history)):
                sums.update(state.hits)
            assert {name: sums[name] for name in BY_HIT} == {name: totals[name] for name in BY_HIT}


def recount(history: Sequence[Event], campaign: str) -> tuple[object, object, object]:
    """The counters from their definitions, in sets and loops, with nothing of the package but the model."""
    by_recipient: dict[str, list[Event]] = {}
    for event in history:
        if event.campaign == campaign:
            by_recipient.setdefault(event.recipient, []).append(event)
    total, links, quarters = Counter[str](), dict[int, Counter[str]](), dict[int, Counter[str]]()
    for name in MEASURES:
        total[name] = 0
    for events in by_recipient.values():
        registered = a_campaign(campaign) if campaign == "spring" else a_campaign(campaign, links=0)
        judged = judge_plainly(a_message(*events), registered)
        recount_hits(judged, total, links, quarters)
        recount_message(events, judged, total)
    plain = {link: dict(counter) for link, counter in links.items()}
    return dict(total), plain, {at: dict(quarters[at]) for at in sorted(quarters)}


def counting(judged: Sequence[Judged], kind: EventKind) -> list[Judged]:
    return [
        each
        for each in judged
        if each.event.kind is kind
        and each.event.method == "GET"
        and Facts.FORGED not in each.event.facts
        and each.verdict is not Verdict.INTERNAL
    ]


def recount_hits(
    judged: Sequence[Judged],
    total: Counter[str],
    links: dict[int, Counter[str]],
    quarters: dict[int, Counter[str]],
) -> None:
    for kind, group in ((EventKind.OPEN, "opens"), (EventKind.CLICK, "clicks")):
        for each in counting(judged, kind):
            parts = ["events"]
            if not each.dup:
                part = "human" if each.verdict is Verdict.HUMAN else "machine"
                if each.verdict is Verdict.PRIVACY_PREFETCH and kind is EventKind.OPEN:
                    part = "privacy_prefetch"
                parts += ["deduplicated", part]
            quarter = quarters.setdefault(each.event.received_at_ms // 900_000 * 900_000, Counter())
            for part in parts:
                total[f"{group}.{part}"] += 1
                if part != "deduplicated":
                    quarter[f"{group}.{part}"] += 1
                if part != "deduplicated" and kind is EventKind.CLICK:
                    links.setdefault(each.event.link or -1, Counter())[f"{group}.{part}"] += 1
            total["opens.proxied"] += kind is EventKind.OPEN and "human" in parts and each.via is not None
        people = [
            each.event for each in counting(judged, kind) if each.verdict is Verdict.HUMAN and not each.dup
        ]
        if people:
            first_ms = min(event.received_at_ms for event in people)
            quarters[first_ms // 900_000 * 900_000][f"{group}.first_human"] += 1
        for link in {event.link or -1 for event in people if kind is EventKind.CLICK}:
            links[link]["clicks.unique_human"] += 1


def recount_message(events: Sequence[Event], judged: Sequence[Judged], total: Counter[str]) -> None:
    hits = [e for e in judged if e.event.kind in (EventKind.OPEN, EventKind.CLICK)]
    valid = [each for each in hits if Facts.FORGED not in each.event.facts]
    total["probes"] += sum(each.event.method != "GET" for each in valid)
    total["internal"] += sum(each.verdict is Verdict.INTERNAL for each in valid)
    opens = [each.verdict for each in counting(judged, EventKind.OPEN) if not each.dup]
    clicks = [each.verdict for each in counting(judged, EventKind.CLICK) if not each.dup]
    opened, clicked = Verdict.HUMAN in opens, Verdict.HUMAN in clicks
    private = Verdict.PRIVACY_PREFETCH in opens
    kinds = {event.kind for event in events}
    total["opens.unique"] += bool(opens)
    total["opens.unique_human"] += opened
    total["opens.unique_privacy_prefetch"] += private
    total["opens.unique_privacy_only"] += private and not opened
    total["opens.unique_human_trackable"] += opened and not private
    implied = any(
        each.verdict is Verdict.HUMAN and (each.via or Facts.OPENS_UNSEEN not in each.event.facts)
        for each in counting(judged, EventKind.CLICK)
        if not each.dup
    )
    total["opens.inferred_from_clicks"] += implied and not opened
    total["clicks.without_opens"] += clicked and not opened and not implied
    total["clicks.unique"] += bool(clicks)
    total["clicks.unique_human"] += clicked
    total["clicks.on_trackable_opens"] += clicked and opened and not private
    total["clicks.on_privacy"] += clicked and private
    total["clicks.on_privacy_only"] += clicked and private and not opened
    moments = {kind: [e.received_at_ms for e in events if e.kind is kind] for kind in kinds}
    last_bounce, last_delivery = (
        max(moments.get(kind, [-1])) for kind in (EventKind.BOUNCE, EventKind.DELIVERY)
    )
    bounced = last_bounce >= max(last_delivery, 0) and not opened and not clicked
    delivered = EventKind.DELIVERY in kinds and not bounced
    total["delivered"] += delivered
    total["delivered_privacy"] += delivered and private
    total["bounced"] += bounced
    total["complained"] += EventKind.COMPLAINT in kinds
    total["opted_out"] += EventKind.OPTOUT in kinds
    seen = bool(valid) or bool(kinds - {EventKind.OPEN, EventKind.CLICK})
    total["seen"] += seen
    shown = {
        "opted_out": EventKind.OPTOUT in kinds,
        "clicked": clicked,
        "read": opened,
        "bounced": bounced,
        "hidden": private,
        "machines": bool(opens or clicks),
        "nothing": True,
    }
    total[f"standing.{next(name for name, is_so in shown.items() if is_so)}"] += seen
    if opened or clicked:
        program, device = recount_client(judged, EventKind.OPEN if opened else EventKind.CLICK)
        total[f"opens.client.{program}"] += 1
        total[f"opens.device.{device}"] += 1


def recount_client(judged: Sequence[Judged], kind: EventKind) -> tuple[str, str]:
    people = [each for each in counting(judged, kind) if each.verdict is Verdict.HUMAN and not each.dup]
    first = min(people, key=lambda each: (each.event.received_at_ms, each.event.id))
    named = {BROWSER: ("browser", "desktop"), GMAIL: ("gmail", "unknown"), "": ("unknown", "unknown")}
    program, device = named[first.event.agent]
    return program if kind is EventKind.OPEN else "unknown", device


MEASURES = (
    *(
        f"opens.{name}"
        for name in ("events", "deduplicated", "human", "proxied", "privacy_prefetch", "machine")
    ),
    *(f"clicks.{name}" for name in ("events", "deduplicated", "human", "machine")),
    *("probes", "internal", "delivered", "delivered_privacy", "bounced", "complained", "opted_out", "seen"),
    *(
        f"opens.unique{name}"
        for name in ("", "_human", "_privacy_prefetch", "_privacy_only", "_human_trackable")
    ),
    *("opens.inferred_from_clicks", "clicks.unique", "clicks.unique_human", "clicks.on_trackable_opens"),
    *("clicks.on_privacy", "clicks.on_privacy_only", "clicks.without_opens"),
    *(
        f"standing.{name}"
        for name in ("nothing", "machines", "hidden", "read", "clicked", "opted_out", "bounced")
    ),
    *(f"opens.device.{name}" for name in ("unknown", "desktop", "phone", "tablet")),
    *(f"opens.client.{program}" for program in Program),
)
