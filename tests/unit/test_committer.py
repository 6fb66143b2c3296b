"""Group commit: who shares a commit, who is answered when, and what happens to what the store refuses."""

import asyncio
import threading
from collections.abc import Sequence

from mailpixel.errors import StoreUnavailable
from mailpixel.ingest.batches import SHARE
from mailpixel.ingest.committer import LARGEST_COMMIT, Committer
from mailpixel.ingest.evidence import MOST_HELD, Evidence
from mailpixel.model import Event, Facts
from mailpixel.store.log import Overflow
from mailpixel.store.memory import MemoryStore
from tests.support.builders import CAMPAIGN, an_open


class Gate(MemoryStore):
    """A memory store that can be closed, broken, or told to refuse an event."""

    def __init__(self) -> None:
        super().__init__()
        self.open = threading.Event()
        self.open.set()
        self.entered = False
        self.broken = False
        self.refused: bytes | None = None
        self.groups: list[int] = []
        self.blanks = 0

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        self.entered = True
        assert self.open.wait(10)
        if self.broken:
            raise StoreUnavailable("no space left")
        if any(event.id == self.refused for event in events):
            raise ValueError("not an event")
        super().append(events, batch)
        if events:
            self.groups.append(len(events))

    def append_blank(self) -> None:
        self.blanks += 1

    def logged(self) -> int:
        return sum(len(message.events) for message in self.messages(CAMPAIGN))


class Asked:
    """Hits that wait for their answers; `answers` has what each was told, in the order of telling."""

    def __init__(self, committer: Committer) -> None:
        self._committer = committer
        self.answers: list[bool] = []

    def join(self, hits: int) -> list[bool]:
        """Put so many hits in; whether each was taken."""
        return [self._committer.join(an_open(), self.answers.append) for _ in range(hits)]

    def wait(self, hits: int) -> None:
        """Let hits that are not recorded wait."""
        for _ in range(hits):
            self._committer.wait(self.answers.append)

    def gather(self, hits: int) -> None:
        """Let hits wait undecided; each joins when it is decided about."""
        for _ in range(hits):
            self._committer.gather(lambda: self.join(1))

    async def until(self, answers: int) -> None:
        """Wait for so many answers."""
        while len(self.answers) < answers:
            await asyncio.sleep(0.001)


def importing(committer: Committer, events: int) -> asyncio.Task[Sequence[bool]]:
    """A stream that appends so many events."""
    return asyncio.create_task(committer.append([an_open() for _ in range(events)]))


async def until_idle(committer: Committer) -> None:
    while committer.pending:
        await asyncio.sleep(0.001)


def test_hits_of_one_turn_share_a_commit() -> None:
    async def scenario() -> tuple[list[int], list[bool]]:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.join(7)
        await asked.until(7)
        assert await committer.stop(1) == 0
        return store.groups, asked.answers

    assert asyncio.run(scenario()) == ([7], [True] * 7)


def test_hits_are_decided_about_together_when_their_group_is_handed_over() -> None:
    async def scenario() -> tuple[int, list[int], list[bool]]:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.gather(7)
        at_first = committer.pending
        await asked.until(7)
        assert await committer.stop(1) == 0
        return at_first, store.groups, asked.answers

    assert asyncio.run(scenario()) == (0, [7], [True] * 7)


def test_undecided_hits_are_decided_about_and_answered_in_time_while_the_store_writes_nothing() -> None:
    async def scenario() -> tuple[list[bool], list[int]]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 50, 100)
        asked = Asked(committer)
        asked.gather(1)
        while not store.entered:
            await asyncio.sleep(0.001)
        asked.gather(4)
        await asked.until(5)
        answers = list(asked.answers)
        store.open.set()
        assert await committer.stop(1) == 0
        return answers, store.groups

    assert asyncio.run(scenario()) == ([False] * 5, [1, 4])


def test_hits_are_decided_about_at_once_while_the_store_fails() -> None:
    async def scenario() -> list[bool]:
        store = Gate()
        store.broken = True
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.gather(1)
        while not committer.failing:
            await asyncio.sleep(0.001)
        asked.gather(2)
        told = list(asked.answers)
        store.broken = False
        assert await committer.stop(5) == 0
        return told

    assert asyncio.run(scenario()) == [False, False]


def test_more_undecided_hits_than_a_commit_takes_share_several() -> None:
    async def scenario() -> tuple[int, int]:
        store = Gate()
        committer = Committer(store, 5_000, 20_000)
        asked = Asked(committer)
        asked.gather(LARGEST_COMMIT + 1)
        await asked.until(LARGEST_COMMIT + 1)
        await committer.stop(1)
        return sum(store.groups), max(store.groups)

    assert asyncio.run(scenario()) == (LARGEST_COMMIT + 1, LARGEST_COMMIT)


def test_hits_that_come_during_a_commit_share_the_next_one() -> None:
    async def scenario() -> list[int]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.join(1)
        while not store.entered:
            await asyncio.sleep(0.001)
        asked.join(4)
        store.open.set()
        await asked.until(5)
        await committer.stop(1)
        return store.groups

    assert asyncio.run(scenario()) == [1, 4]


def test_hits_that_are_not_recorded_wait_for_one_blank_row() -> None:
    async def scenario() -> tuple[list[bool], list[int], int, int, int]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.wait(3)
        while not store.entered:
            await asyncio.sleep(0.001)
        before = len(asked.answers)
        store.open.set()
        await asked.until(3)
        pending = committer.pending
        await committer.stop(1)
        return asked.answers, store.groups, store.blanks, before, pending

    assert asyncio.run(scenario()) == ([True] * 3, [], 1, 0, 0)


def test_hits_that_are_not_recorded_share_the_commit_of_those_that_are() -> None:
    async def scenario() -> tuple[list[bool], list[int], int]:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        asked.wait(2)
        asked.join(1)
        asked.wait(2)
        await asked.until(5)
        await committer.stop(1)
        return asked.answers, store.groups, store.blanks

    assert asyncio.run(scenario()) == ([True] * 5, [1], 0)


def test_a_hit_that_is_not_recorded_is_answered_as_late_as_the_others_and_at_once_while_the_store_fails() -> (
    None
):
    async def scenario() -> tuple[list[bool], list[bool], int]:
        store = Gate()
        store.open.clear()
        store.broken = True
        committer = Committer(store, 10, 100)
        asked = Asked(committer)
        asked.wait(1)
        await asked.until(1)
        late = list(asked.answers)
        store.open.set()
        while not committer.failing:
            await asyncio.sleep(0.001)
        asked.wait(1)
        at_once = asked.answers[1:]
        await committer.stop(1)
        return late, at_once, store.blanks

    assert asyncio.run(scenario()) == ([False], [False], 0)


def test_a_slow_commit_is_not_waited_for_and_still_lands() -> None:
    async def scenario() -> tuple[list[bool], int, int]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 10, 100)
        asked = Asked(committer)
        asked.join(1)
        await asked.until(1)
        pending = committer.pending
        store.open.set()
        await until_idle(committer)
        await committer.stop(1)
        return asked.answers, pending, store.logged()

    assert asyncio.run(scenario()) == ([False], 1, 1)


def test_while_the_store_fails_hits_are_answered_at_once_kept_to_a_bound_and_land_later() -> None:
    async def scenario() -> tuple[list[bool], list[bool], int, bool]:
        store = Gate()
        store.broken = True
        committer = Committer(store, 60_000, 5)
        first, later = Asked(committer), Asked(committer)
        first.join(1)
        while not committer.failing:
            await asyncio.sleep(0.001)
        taken = later.join(6)
        assert later.answers == [False] * 4
        store.broken = False
        await until_idle(committer)
        await committer.stop(1)
        return taken, first.answers, store.logged(), committer.failing

    assert asyncio.run(scenario()) == ([True] * 4 + [False] * 2, [True], 5, False)


def test_an_event_the_store_cannot_take_costs_no_other() -> None:
    async def scenario() -> tuple[int, int]:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        events = [an_open() for _ in range(9)]
        store.refused = events[4].id
        answers: list[bool] = []
        for event in events:
            committer.join(event, answers.append)
        await until_idle(committer)
        await committer.stop(1)
        return store.logged(), committer.rejected

    assert asyncio.run(scenario()) == (8, 1)


class OutOfMemoryOnce(MemoryStore):
    """Has no memory for the first write."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        self.asked += 1
        if self.asked == 1:
            raise MemoryError
        super().append(events, batch)


def test_events_that_there_was_no_memory_for_are_tried_again_and_not_left_out() -> None:
    async def scenario() -> tuple[int, int]:
        store = OutOfMemoryOnce()
        committer = Committer(store, 5_000, 100)
        Asked(committer).join(2)
        await committer.stop(20)
        return sum(len(message.events) for message in store.messages(CAMPAIGN)), committer.rejected

    assert asyncio.run(scenario()) == (2, 0)


def test_stopping_says_how_much_could_not_be_written() -> None:
    async def scenario() -> int:
        store = Gate()
        store.broken = True
        committer = Committer(store, 10, 100)
        Asked(committer).join(2)
        return await committer.stop(0.1)

    assert asyncio.run(scenario()) == 2


def test_counts_past_the_cap_are_written_by_the_end() -> None:
    async def scenario() -> int:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        for hits in (1, 2, 3):
            committer.count_overflow(Overflow("c1", "r-1", 20_000, b"edge", hits))
        await committer.stop(1)
        return store.figures("c1", 0, 0).overflow

    assert asyncio.run(scenario()) == 3


class FullForCounts(MemoryStore):
    """Takes every event, and counts past the cap only the second time."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        self.asked += 1
        if self.asked == 1:
            raise StoreUnavailable("no space left")
        super().raise_overflow(overflow)


def test_counts_past_the_cap_that_are_not_taken_are_tried_again_and_no_event_is_written_twice() -> None:
    async def scenario() -> tuple[int, int, list[bool]]:
        store = FullForCounts()
        committer = Committer(store, 5_000, 100)
        asked = Asked(committer)
        committer.count_overflow(Overflow("c1", "r-1", 20_000, b"edge", 3))
        asked.join(2)
        await committer.stop(20)
        logged = sum(len(message.events) for message in store.messages(CAMPAIGN))
        return store.figures("c1", 0, 0).overflow, logged, asked.answers

    assert asyncio.run(scenario()) == (3, 2, [True, True])


def test_a_batch_is_durable_when_it_returns_and_waits_for_its_commit_longer_than_a_reader() -> None:
    async def scenario() -> tuple[Sequence[bool], int]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 1, 3)
        waiting = importing(committer, 700)
        while not store.entered:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.02)
        assert not waiting.done()
        store.open.set()
        durable = await waiting
        logged = store.logged()
        await committer.stop(1)
        return durable, logged

    assert asyncio.run(scenario()) == ([True] * 700, 700)


def test_a_batch_that_was_given_up_is_refused_whole_and_never_written_later() -> None:
    async def scenario() -> tuple[Sequence[bool], int]:
        store = Gate()
        store.broken = True
        committer = Committer(store, 60_000, 100)
        asked = Asked(committer)
        asked.join(1)
        durable = await committer.append([an_open() for _ in range(400)], within_s=0.05)
        store.broken = False
        await until_idle(committer)
        await committer.stop(1)
        return durable, store.logged()

    assert asyncio.run(scenario()) == ([False] * 400, 1)


def test_of_a_batch_given_up_half_way_what_is_said_to_be_durable_is_and_the_rest_is_not() -> None:
    async def scenario() -> tuple[int, int]:
        store = Gate()
        committer = Committer(store, 60_000, 100)
        waiting = importing(committer, 900)
        while not store.groups:
            await asyncio.sleep(0.001)
        store.broken = True
        waiting.cancel()
        await asyncio.sleep(0.2)
        store.broken = False
        durable = await committer.append([an_open() for _ in range(10)])
        logged = store.logged()
        await committer.stop(1)
        return sum(durable), logged % SHARE

    assert asyncio.run(scenario()) == (10, 10)


def test_readers_share_a_commit_with_no_more_than_a_share_of_a_batch() -> None:
    async def scenario() -> tuple[list[int], list[bool]]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 60_000, 100)
        waiting = importing(committer, SHARE * 3)
        while not store.entered:
            await asyncio.sleep(0.001)
        asked = Asked(committer)
        asked.join(5)
        store.open.set()
        await asked.until(5)
        groups = list(store.groups)
        await waiting
        await committer.stop(1)
        return groups[:2], asked.answers

    assert asyncio.run(scenario()) == ([SHARE, SHARE + 5], [True] * 5)


def test_batches_take_turns_and_never_fill_the_queue_of_readers() -> None:
    async def scenario() -> tuple[list[str], list[bool]]:
        store = Gate()
        store.open.clear()
        committer = Committer(store, 60_000, 1)
        finished: list[str] = []

        async def import_many(name: str, events: int) -> None:
            await committer.append([an_open() for _ in range(events)])
            finished.append(name)

        tasks = [asyncio.create_task(import_many(*each)) for each in (("long", SHARE * 5), ("short", 3))]
        while not store.entered:
            await asyncio.sleep(0.001)
        taken = Asked(committer).join(1)
        store.open.set()
        await asyncio.gather(*tasks)
        await committer.stop(1)
        return finished, taken

    assert asyncio.run(scenario()) == (["short", "long"], [True])


def test_an_event_of_a_batch_that_the_store_cannot_take_fails_alone() -> None:
    async def scenario() -> Sequence[bool]:
        store = Gate()
        committer = Committer(store, 5_000, 100)
        events = [an_open() for _ in range(5)]
        store.refused = events[3].id
        durable = await committer.append(events)
        await committer.stop(1)
        return durable

    assert asyncio.run(scenario()) == [True, True, True, False, True]


def test_a_broken_signature_is_logged_by_the_end_and_only_where_its_message_has_events() -> None:
    async def scenario() -> list[tuple[str, int]]:
        store = Gate()
        store.append([an_open()])
        committer = Committer(store, 5_000, 100)
        for recipient in ("r-1", "made-up"):
            assert committer.note(an_open(5, recipient=recipient, facts=Facts.FORGED))
        await committer.stop(1)
        return [(message.recipient, len(message.events)) for message in store.messages(CAMPAIGN)]

    assert asyncio.run(scenario()) == [("r-1", 2)]


def test_broken_signatures_wait_in_bounded_memory_and_fill_no_queue() -> None:
    async def scenario() -> tuple[int, int, list[bool]]:
        store = Gate()
        committer = Committer(store, 5_000, 1)
        taken = sum(committer.note(an_open(facts=Facts.FORGED)) for _ in range(MOST_HELD + 50))
        pending = committer.pending
        joined = Asked(committer).join(1)
        await committer.stop(1)
        return taken, pending, joined

    assert asyncio.run(scenario()) == (MOST_HELD, 0, [True])


def test_broken_signatures_have_a_bound_between_two_writes() -> None:
    evidence = Evidence()
    for _ in range(2):
        assert all(evidence.add(an_open()) for _ in range(MOST_HELD))
        assert not evidence.add(an_open())
        assert len(evidence.take()) == MOST_HELD
