"""The fold and the rebuild over a store in memory, with a clock and a judge that the test holds."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mailpixel.errors import Conflict
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Judged, Message, Verdict
from mailpixel.projections.fold import PART, SETTLED, TURN_MS, Fold, FoldOptions
from mailpixel.projections.lag import fold_lag_ms
from mailpixel.projections.rebuild import ATTEMPTS, Rebuild, rebuild
from mailpixel.projections.rebuild_difference import Decision, Difference, Move
from mailpixel.store.consumers import News, Waiting
from mailpixel.store.leases import LeaseState
from mailpixel.store.log import PutAside
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import FOLD, Counted, Folded, Generation, MessageState
from tests.support.builders import ROBOT, a_campaign, a_click, a_link, an_open, at_ms, judge_plainly, put

NOW_MS = at_ms(1_000)
LEASE_MS = 5_000


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def registry() -> MemoryRegistry:
    return MemoryRegistry()


@pytest.fixture
def fold(store: MemoryStore, registry: MemoryRegistry) -> Fold:
    return Fold(store, registry, judge_plainly, "one")


def now() -> int:
    return NOW_MS


def totals(store: MemoryStore, campaign: str = "spring") -> dict[str, int]:
    return {name: number for name, number in store.figures(campaign, NOW_MS, 0).totals.items() if number}


def all_robots(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    return tuple(Judged(event, Verdict.BOT, "strict") for event in message.events)


def test_catching_up_folds_everything_and_says_so(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([an_open(1), a_click(2), an_open(3, recipient="r-2")])
    assert fold.catch_up(now, LEASE_MS) == 2
    assert (totals(store)["opens.human"], totals(store)["clicks.human"]) == (2, 1)
    assert registry.lease(FOLD) == LeaseState("one", NOW_MS + LEASE_MS, NOW_MS)
    assert fold.catch_up(now, LEASE_MS) == 0


def test_while_another_holds_the_lease_nothing_is_folded(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([an_open(1)])
    other = Fold(store, registry, judge_plainly, "two")
    registry.take_lease(FOLD, "two", NOW_MS, LEASE_MS)
    assert fold.catch_up(now, LEASE_MS) is None
    assert totals(store) == {}
    other.leave()
    assert fold.catch_up(now, LEASE_MS) == 1


def test_a_campaign_that_is_not_registered_is_folded_all_the_same(store: MemoryStore, fold: Fold) -> None:
    store.append([an_open(1, campaign="minted-elsewhere")])
    fold.catch_up(now, LEASE_MS)
    assert totals(store, "minted-elsewhere")["opens.human"] == 1


def test_figures_are_of_the_edition_that_first_judged_them_until_a_rebuild(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    in_force = ["1-a"]
    fold = Fold(store, registry, judge_plainly, "one", FoldOptions(edition=lambda: in_force[-1]))
    store.append([an_open(1)])
    fold.catch_up(now, LEASE_MS)
    in_force.append("2-b")
    store.append([an_open(2), an_open(3, campaign="autumn")])
    fold.catch_up(now, LEASE_MS)
    assert dict(store.editions()) == {"1-a": 1, "2-b": 1}
    rebuild(store, registry, judge_plainly, ["spring"], Rebuild(dry_run=True, edition="2-b"))
    assert store.figures("spring", NOW_MS, 0).edition == "1-a"
    rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=1, edition="2-b"))
    assert dict(store.editions()) == {"2-b": 2}


def test_a_message_is_judged_once_a_batch_however_often_it_was_hit(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    seen: list[int] = []

    def counting(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        seen.append(len(message.events))
        return judge_plainly(message, campaign)

    store.append([an_open(n) for n in range(1_000)])
    Fold(store, registry, counting, "one").catch_up(now, LEASE_MS)
    assert seen == [1_000]


def test_a_fold_by_a_clock_that_was_ahead_does_not_keep_the_next_from_folding(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    ten_years_ms = 10 * 365 * 86_400_000
    store.append([an_open(1)])
    Fold(store, registry, judge_plainly, "ahead").catch_up(lambda: NOW_MS + ten_years_ms, LEASE_MS)
    store.append([an_open(40)])
    assert fold_lag_ms(store, registry, NOW_MS, 60_000) is None
    assert Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS) == 1
    assert totals(store)["opens.human"] == 2
    assert fold_lag_ms(store, registry, NOW_MS, 60_000) == 0


def test_a_clock_set_back_under_a_running_fold_is_noticed(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    fold.catch_up(lambda: NOW_MS + 10**9, LEASE_MS)
    fold.catch_up(now, LEASE_MS)
    assert registry.lease(FOLD) == LeaseState("one", NOW_MS + LEASE_MS, NOW_MS)


class Written(MemoryRegistry):
    """Counts what is written about the fold."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def take_lease(self, consumer: str, holder: str, now_ms: int, for_ms: int) -> bool:
        self.writes += 1
        return super().take_lease(consumer, holder, now_ms, for_ms)

    def caught_up(self, consumer: str, holder: str, now_ms: int) -> None:
        self.writes += 1
        super().caught_up(consumer, holder, now_ms)


def test_an_idle_fold_writes_only_now_and_then_that_it_looks(store: MemoryStore) -> None:
    registry = Written()
    fold = Fold(store, registry, judge_plainly, "one", FoldOptions(note_every_ms=20_000))
    written = []
    for second in range(0, 60, 5):
        fold.catch_up(lambda second=second: NOW_MS + second * 1_000, LEASE_MS)  # type: ignore[misc]
        written.append(registry.writes)
    assert written == [2, 2, 2, 2, 4, 4, 4, 4, 6, 6, 6, 6]


def test_a_fold_at_work_renews_its_lease_only_when_half_of_it_is_over(store: MemoryStore) -> None:
    registry = Written()
    fold = Fold(store, registry, judge_plainly, "one", FoldOptions(note_every_ms=10**9))
    for tenth in range(1, 100):
        store.append([an_open(tenth)])
        fold.catch_up(lambda tenth=tenth: NOW_MS + tenth * 100, LEASE_MS)  # type: ignore[misc]
    assert registry.writes == 1 + 4  # caught up once, and the lease every 2.5 of 9.9 seconds


def test_a_fold_that_is_never_idle_says_all_the_same_that_it_keeps_up(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    """A hit arrives whenever one is judged, and every judgement takes a second."""
    seconds = [0]

    def judge(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        seconds[0] += 1
        store.append([an_open(1_000 + seconds[0], recipient=f"r-{seconds[0]}")])
        return judge_plainly(message, campaign)

    store.append([an_open(1_000)])
    fold = Fold(store, registry, judge, "one", FoldOptions(note_every_ms=1_000))
    judged = fold.catch_up(lambda: NOW_MS + seconds[0] * 1_000, 60_000)
    assert judged == TURN_MS // 1_000 + 1
    assert store.consumer(FOLD).waiting().events == 1
    assert registry.lease(FOLD).caught_up_at_ms == NOW_MS + TURN_MS


class Saving(MemoryStore):
    """Tells what was saved: how many states, and whether the cursor moved. A campaign is replaced after the first."""

    def __init__(self, replaced: bool = False) -> None:
        super().__init__()
        self.saved: list[tuple[int, bool]] = []
        self._replaced = replaced

    def save(self, states: Sequence[Folded], news: News) -> None:
        super().save(states, news)
        self.saved.append((len(states), news.position != news.since))
        if self._replaced:
            self._replaced = False
            with self.new_generation("autumn", lambda message: MessageState("autumn", message.recipient)):
                pass


def test_much_news_is_saved_in_parts_and_the_cursor_moves_with_the_last(registry: MemoryRegistry) -> None:
    store = Saving()
    store.append([an_open(1, recipient=f"r-{n:05}") for n in range(2 * PART + 1)])
    store.append([an_open(2, recipient=f"r-{n:05}") for n in range(2 * PART + 1)])
    assert Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS) == 2 * PART + 1
    assert store.saved == [(PART, False), (PART, False), (1, True)]
    assert totals(store)["opens.events"] == 2 * (2 * PART + 1)


def test_news_is_read_again_when_a_campaign_was_replaced_between_two_parts(registry: MemoryRegistry) -> None:
    store = Saving(replaced=True)
    store.append([an_open(1, recipient=f"r-{n:05}") for n in range(PART + 1)])
    assert Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS) == PART + 1
    assert store.saved == [(PART, False), (PART, False), (1, True)]
    assert totals(store)["opens.events"] == PART + 1


def test_a_campaign_that_changed_is_judged_again(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    registry.add_campaign(a_campaign())
    store.append([a_click(1, link=2)])
    fold.catch_up(now, LEASE_MS)
    assert (totals(store)["clicks.human"], registry.stale()) == (1, [])
    trap = replace(a_campaign(), links=(a_link(1), a_link(2, trap=True), a_link(3)))
    put(registry, trap, "cli", datetime(2026, 11, 25, tzinfo=UTC))
    fold.catch_up(now, LEASE_MS)
    assert (totals(store)["clicks.machine"], totals(store).get("clicks.human"), registry.stale()) == (
        1,
        None,
        [],
    )


def test_events_that_came_before_their_campaign_are_judged_by_it_later(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([a_click(1, link=2)])
    fold.catch_up(now, LEASE_MS)
    registry.add_campaign(replace(a_campaign(), links=(a_link(2, trap=True),)))
    fold.catch_up(now, LEASE_MS)
    assert totals(store)["clicks.machine"] == 1


class Watching:
    """Judges plainly, and remembers which messages it judged."""

    def __init__(self) -> None:
        self.judged: list[str] = []

    def __call__(self, message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        self.judged.append(f"{message.campaign} {message.recipient}")
        return judge_plainly(message, campaign)


def test_a_log_that_is_full_when_the_fold_begins_is_judged_once(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    registry.add_campaign(replace(a_campaign(), links=(a_link(2, trap=True),)))
    store.append([a_click(n, link=2, recipient=f"r-{n}") for n in range(3)])
    watching = Watching()
    Fold(store, registry, watching, "one").catch_up(now, LEASE_MS)
    assert watching.judged == ["spring r-0", "spring r-1", "spring r-2"]
    assert (totals(store)["clicks.machine"], registry.stale()) == (3, [])


def test_campaigns_without_events_are_settled_without_being_judged(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    for number in range(2 * SETTLED + 1):
        registry.add_campaign(a_campaign(f"c-{number}"))
    store.new_generation = None  # type: ignore[method-assign, assignment]
    assert fold.catch_up(now, LEASE_MS) == 0
    assert registry.stale() == []


def test_news_does_not_wait_for_campaigns_that_changed(store: MemoryStore, registry: MemoryRegistry) -> None:
    names = ("autumn", "spring", "winter")
    store.append([an_open(1, campaign=name) for name in names])
    Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS)
    for name in names:
        registry.add_campaign(a_campaign(name))

    class Busy(Watching):
        """A hit arrives while each campaign is judged again."""

        def __call__(self, message: Message, campaign: Campaign) -> tuple[Judged, ...]:
            if message.recipient == "r-1":
                store.append([an_open(2, campaign="autumn", recipient=f"new-{len(self.judged)}")])
            return super().__call__(message, campaign)

    busy = Busy()
    Fold(store, registry, busy, "one").catch_up(now, LEASE_MS)
    assert busy.judged[:2] == ["autumn r-1", "autumn new-0"]
    assert [each for each in busy.judged if each.startswith("autumn new")][1:] != []
    assert (
        busy.judged.index("spring r-1") < busy.judged.index("autumn new-3") < busy.judged.index("winter r-1")
    )
    assert totals(store, "autumn")["opens.events"] == 4


def test_a_fold_may_be_asked_to_judge_again_only_some_campaigns(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    names = ("autumn", "spring")
    store.append([an_open(1, campaign=name) for name in names])
    Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS)
    for name in names:
        registry.add_campaign(a_campaign(name))
    Fold(store, registry, judge_plainly, "one", FoldOptions(only=frozenset({"spring"}))).catch_up(
        now, LEASE_MS
    )
    assert registry.stale() == ["autumn"]


def judge_all_but_poison(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    if message.recipient == "poison":
        raise ZeroDivisionError
    return judge_plainly(message, campaign)


def test_a_message_that_cannot_be_judged_is_put_aside_and_the_others_are_counted(
    store: MemoryStore, registry: MemoryRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    names = ["r-1", "poison", "r-2"]
    store.append([an_open(1, recipient=name) for name in names])
    fold = Fold(store, registry, judge_all_but_poison, "one")
    fold.catch_up(now, LEASE_MS)
    store.append([an_open(90, recipient=name) for name in names])
    fold.catch_up(now, LEASE_MS)
    waiting = store.consumer(FOLD).waiting()
    assert (totals(store)["opens.human"], waiting, store.count_put_aside()) == (4, Waiting(), 1)
    assert store.put_aside() == [PutAside("spring", "poison", "ZeroDivisionError")]
    assert [record.getMessage() for record in caplog.records] == [
        "a message of campaign 'spring' cannot be judged (ZeroDivisionError) and is put aside"
    ]


def test_what_was_put_aside_is_tried_again_when_the_rules_change_and_by_a_new_fold(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    broken = [True]

    def judge(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        return (judge_all_but_poison if broken[0] else judge_plainly)(message, campaign)

    store.append([an_open(1, recipient="poison")])
    fold = Fold(store, registry, judge, "one")
    fold.catch_up(now, LEASE_MS)
    broken[0] = False
    fold.catch_up(now, LEASE_MS)
    assert store.count_put_aside() == 1
    fold.rules_changed()
    fold.catch_up(now, LEASE_MS)
    assert (store.count_put_aside(), totals(store)["opens.human"]) == (0, 1)
    store.save([PutAside("spring", "poison", "KeyError")], News(store.cursor(), store.cursor(), ()))
    Fold(store, registry, judge, "one").catch_up(now, LEASE_MS)
    assert store.put_aside() == []


class Picky(MemoryStore):
    """A store that cannot take the state of one message."""

    def save(self, states: Sequence[Folded], changed: News) -> None:
        if any(isinstance(state, MessageState) and state.recipient == "poison" for state in states):
            raise OverflowError
        super().save(states, changed)


def test_a_state_that_cannot_be_saved_is_put_aside(registry: MemoryRegistry) -> None:
    store = Picky()
    names = ["r-1", "r-2", "poison", *(f"s-{n}" for n in range(9))]
    store.append([an_open(1, recipient=name) for name in names])
    assert Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS) == 12
    assert store.put_aside() == [PutAside("spring", "poison", "OverflowError")]
    assert (totals(store)["opens.human"], store.consumer(FOLD).waiting().events) == (11, 0)


class Refusing:
    """A generation that takes no states."""

    def put(self, states: Iterable[Folded]) -> None:
        raise OSError

    def put_counted(self, part: Counted) -> None:
        raise OSError


class Brittle(MemoryStore):
    """A store that takes no new states of one campaign."""

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str = ""
    ) -> AbstractContextManager[Generation]:
        if campaign == "autumn":
            return nullcontext(Refusing())
        return super().new_generation(campaign, fold, edition)


def test_a_campaign_that_cannot_be_judged_again_holds_up_no_other(
    registry: MemoryRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    store = Brittle()
    names = ("autumn", "spring")
    store.append([a_click(1, link=2, campaign=name) for name in names])
    fold = Fold(store, registry, judge_plainly, "one")
    fold.catch_up(now, LEASE_MS)
    for name in names:
        registry.add_campaign(replace(a_campaign(name), links=(a_link(2, trap=True),)))
    fold.catch_up(now, LEASE_MS)
    assert fold.catch_up(now, LEASE_MS) == 0
    assert (registry.stale(), totals(store)["clicks.machine"]) == (["autumn"], 1)
    assert [record.getMessage() for record in caplog.records] == [
        "campaign 'autumn' cannot be judged again (OSError); it stays as it was"
    ]
    found = rebuild(store, registry, judge_plainly, how=Rebuild(processes=1))
    assert [(difference.campaign, difference.error) for difference in found] == [
        ("autumn", "OSError"),
        ("spring", ""),
    ]


def test_a_rebuild_puts_aside_what_cannot_be_judged(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([an_open(1, recipient=name) for name in ("r-1", "poison")])
    fold.catch_up(now, LEASE_MS)
    rebuild(store, registry, judge_all_but_poison, how=Rebuild(processes=1))
    assert (totals(store)["opens.human"], store.count_put_aside()) == (1, 1)
    rebuild(store, registry, judge_plainly, how=Rebuild(processes=1))
    assert (totals(store)["opens.human"], store.count_put_aside()) == (2, 0)


def test_rebuilding_with_the_same_rules_changes_nothing(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([an_open(1), a_click(2), an_open(3, campaign="autumn")])
    fold.catch_up(now, LEASE_MS)
    before = (totals(store), store.timeline("spring"), store.recipients("spring", "", 10))
    assert rebuild(store, registry, judge_plainly) == [Difference("autumn"), Difference("spring")]
    assert (totals(store), store.timeline("spring"), store.recipients("spring", "", 10)) == before
    assert Difference("spring").is_empty


def test_a_rebuild_says_which_counts_move_and_which_rule_moved_them(
    store: MemoryStore, registry: MemoryRegistry, fold: Fold
) -> None:
    store.append([an_open(1), a_click(60, link=2), an_open(3, recipient="r-2", agent=ROBOT)])
    fold.catch_up(now, LEASE_MS)
    how = Rebuild(dry_run=True, processes=1)
    (difference,) = rebuild(store, registry, all_robots, ["spring"], how)
    human, bot = Decision(Verdict.HUMAN, "default"), Decision(Verdict.BOT, "strict")
    assert difference == Difference(
        campaign="spring",
        measures={
            "clicks.human": (1, 0),
            "clicks.machine": (0, 1),
            "clicks.on_trackable_opens": (1, 0),
            "clicks.unique_human": (1, 0),
            "opens.client.browser": (1, 0),
            "opens.device.desktop": (1, 0),
            "opens.human": (1, 0),
            "opens.machine": (1, 2),
            "opens.unique_human": (1, 0),
            "opens.unique_human_trackable": (1, 0),
            "standing.clicked": (1, 0),
            "standing.machines": (1, 2),
        },
        links={
            (2, "clicks.human"): (1, 0),
            (2, "clicks.machine"): (0, 1),
            (2, "clicks.unique_human"): (1, 0),
        },
        buckets=6,
        moves={
            Move(EventKind.OPEN, human, bot): 1,
            Move(EventKind.CLICK, human, bot): 1,
            Move(EventKind.OPEN, Decision(Verdict.BOT, "declared"), bot): 1,
        },
    )
    assert list(difference.moves) == [
        Move(EventKind.CLICK, human, bot),
        Move(EventKind.OPEN, Decision(Verdict.BOT, "declared"), bot),
        Move(EventKind.OPEN, human, bot),
    ]
    assert totals(store)["opens.human"] == 1
    assert rebuild(store, registry, all_robots, ["spring"], Rebuild(processes=1)) == [difference]
    assert "opens.human" not in totals(store)
    assert rebuild(store, registry, all_robots, ["spring"], how) == [Difference("spring")]


def test_hits_that_were_not_folded_yet_come_from_nowhere(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    store.append([an_open(1)])
    (difference,) = rebuild(store, registry, judge_plainly, ["spring"], Rebuild(dry_run=True))
    assert difference.moves == {Move(EventKind.OPEN, None, Decision(Verdict.HUMAN, "default")): 1}
    assert difference.measures["opens.human"] == (0, 1)


def test_states_without_events_are_taken_out_by_a_rebuild(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    ghost = MessageState("spring", "r-0", delivered_at_ms=5)
    store.append([an_open(1)])
    store.save([ghost], News("", "1.0.0", []))
    (difference,) = rebuild(store, registry, judge_plainly, ["spring"])
    assert difference.measures["delivered"] == (1, 0)
    assert [state.recipient for state in store.recipients("spring", "", 9)] == ["r-1"]


def test_something_may_be_done_between_the_parts_of_a_rebuild(
    store: MemoryStore, registry: MemoryRegistry
) -> None:
    store.append([an_open(n, recipient=f"r-{n}") for n in range(3)])
    parts: list[int] = []
    rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=1, between=lambda: parts.append(1)))
    assert parts == [1]


class Disturbed(MemoryStore):
    """A store in which a person is erased each time a rebuild is about to end, as often as told."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str = ""
    ) -> AbstractContextManager[Generation]:
        asked_for = super().new_generation(campaign, fold, edition)
        if self.times:
            self.times -= 1
            self.erase(f"r-{self.times}", NOW_MS)
        return asked_for


def test_a_rebuild_starts_over_when_a_person_is_erased_meanwhile(registry: MemoryRegistry) -> None:
    store = Disturbed(times=2)
    store.append([an_open(n, recipient=f"r-{n}") for n in range(3)])
    rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=1))
    assert [state.recipient for state in store.recipients("spring", "", 9)] == ["r-2"]


def test_a_rebuild_that_is_left_alone_at_its_last_attempt_is_done(registry: MemoryRegistry) -> None:
    store = Disturbed(times=ATTEMPTS - 1)
    store.append([an_open(n, recipient=f"r-{n}") for n in range(ATTEMPTS)])
    rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=1))
    assert [state.recipient for state in store.recipients("spring", "", 9)] == [f"r-{ATTEMPTS - 1}"]


def test_a_rebuild_disturbed_every_time_gives_up(registry: MemoryRegistry) -> None:
    store = Disturbed(times=ATTEMPTS)
    store.append([an_open(1)])
    with pytest.raises(Conflict):
        rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=1))
    assert store.recipients("spring", "", 9) == []


class Overtaken(MemoryStore):
    """A store in which another fold saves first, once."""

    def __init__(self) -> None:
        super().__init__()
        self.first = True

    def save(self, states: Sequence[Folded], changed: News) -> None:
        if self.first:
            self.first = False
            super().save(states, changed)
        super().save(states, changed)


def test_a_fold_that_was_overtaken_reads_again(registry: MemoryRegistry) -> None:
    store = Overtaken()
    store.append([an_open(1)])
    assert Fold(store, registry, judge_plainly, "one").catch_up(now, LEASE_MS) == 0
    assert totals(store)["opens.human"] == 1
