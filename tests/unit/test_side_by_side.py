"""Consumers side by side: none holds up another, whatever it does."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from mailpixel.errors import StoreUnavailable
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.model import Message
from mailpixel.projections.lease import LEASE_MS, Lease
from mailpixel.settings import Settings
from mailpixel.store.consumers import Part, Waiting
from mailpixel.store.leases import LeaseState
from mailpixel.store.log import PutAside
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import FOLD
from mailpixel.work.consumer_at_work import Clock, ConsumerAtWork
from mailpixel.work.folding import Folding
from mailpixel.work.problems import QUIET_S, Problems
from mailpixel.work.side_by_side import SideBySide
from tests.support.builders import an_open, at_ms
from tests.support.folding import totals
from tests.support.news_reader import NEWS, NewsReader
from tests.support.processes import wait_until

NOW_MS = at_ms(1_000)
POLL_S = 0.001


class Data:
    """A store, a registry and consumers of them."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.registry = MemoryRegistry()

    def folding(self) -> Folding:
        return Folding(self.store, self.registry, RulesInForce(Settings()), "one", 1_000)

    def reader(
        self, name: str, act: Callable[[Message | PutAside], object], holder: str = "one"
    ) -> NewsReader:
        lease = Lease(self.registry, name, holder, 1_000)
        return NewsReader(name, self.store.consumer(name), lease, act)

    @contextmanager
    def running(self, *consumers: ConsumerAtWork) -> Iterator[None]:
        with SideBySide(consumers, now, POLL_S):
            yield

    def log(self, *recipients: str) -> None:
        self.store.append([an_open(n, recipient=name) for n, name in enumerate(recipients)])

    def opens(self) -> int:
        return totals(self.store).get("opens.events", 0)


@pytest.fixture
def data() -> Data:
    return Data()


def now() -> int:
    return NOW_MS


def fail(message: Message | PutAside) -> None:
    raise ZeroDivisionError(message.recipient)


def logged(caplog: pytest.LogCaptureFixture) -> Sequence[str]:
    return [record.getMessage().split(", line")[0] for record in caplog.records]


def test_a_consumer_that_always_fails_is_logged_once_and_the_fold_goes_on(
    data: Data, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []

    def failing(message: Message | PutAside) -> None:
        tries.append(message.recipient)
        fail(message)

    data.log("r-1")
    with data.running(data.reader("hooks", failing), data.folding()):
        wait_until(lambda: data.opens() == 1, "the fold stands still")
        data.log("r-2", "r-3")
        wait_until(lambda: data.opens() == 3, "the fold stands still")
        wait_until(lambda: len(tries) > 3, "the other is not tried again")
    assert set(tries) == {"r-1"}
    assert logged(caplog) == [
        "hooks failed and will be tried again: ZeroDivisionError in test_side_by_side.py"
    ]
    assert data.store.consumer("hooks").waiting() == Waiting(3, at_ms(0))


def test_a_consumer_that_takes_long_holds_up_no_other(data: Data) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow(message: Message | PutAside) -> None:
        began.set()
        assert may_end.wait(20)

    data.log("r-1")
    with data.running(data.reader("slow", slow), data.folding()):
        assert began.wait(20)
        data.log("r-2")
        wait_until(lambda: data.opens() == 2, "the fold stands still")
        assert data.store.consumer("slow").waiting().events == 2
        may_end.set()
        wait_until(lambda: data.store.consumer("slow").waiting() == Waiting(), "it does not go on")


def test_each_consumer_has_a_lease_of_its_own_and_gives_it_up_in_the_end(data: Data) -> None:
    with data.running(data.reader("hooks", lambda message: None), data.folding()):
        wait_until(
            lambda: [lease.caught_up_at_ms for lease in data.registry.leases().values()] == [NOW_MS] * 2,
            "one never caught up",
        )
    given_up = LeaseState("one", 0, NOW_MS)
    assert data.registry.leases() == {FOLD: given_up, "hooks": given_up}


def test_what_another_process_does_is_left_to_it(data: Data) -> None:
    seen: list[str] = []
    data.log("r-1")
    data.registry.take_lease("hooks", "two", NOW_MS, LEASE_MS)
    reader = data.reader("hooks", lambda message: seen.append(message.recipient))
    assert (reader.catch_up(now, LEASE_MS), seen) == (None, [])
    data.registry.drop_lease("hooks", "two")
    assert (reader.catch_up(now, LEASE_MS), seen) == (1, ["r-1"])
    assert reader.catch_up(now, LEASE_MS) == 0


def test_a_lease_that_is_lost_meanwhile_leaves_the_news_to_the_next(data: Data) -> None:
    def take_away(message: Message | PutAside) -> None:
        data.registry.drop_lease("hooks", "one")
        data.registry.take_lease("hooks", "two", NOW_MS + LEASE_MS, LEASE_MS)

    data.log("r-1")
    clock = iter([NOW_MS, NOW_MS, NOW_MS + LEASE_MS])
    assert data.reader("hooks", take_away).catch_up(lambda: next(clock), LEASE_MS) is None
    assert data.store.consumer("hooks").waiting().events == 1


def test_news_that_failed_comes_again_and_nothing_is_left_out(data: Data) -> None:
    recipients = [f"r-{n:04}" for n in range(NEWS + 1)]
    poison, seen = {recipients[-1]}, []

    def act(message: Message | PutAside) -> None:
        if message.recipient in poison:
            poison.clear()
            raise StoreUnavailable("away")
        seen.append(message.recipient)

    data.log(*recipients)
    reader = data.reader("hooks", act)
    with pytest.raises(StoreUnavailable):
        reader.catch_up(now, LEASE_MS)
    assert seen == recipients[:-1]
    assert reader.catch_up(now, LEASE_MS) == 1
    assert seen == recipients


class Leaving:
    """A consumer that does nothing, and says when it had its turn and when it is left."""

    name = "leaving"

    def __init__(self) -> None:
        self.began, self.left = threading.Event(), threading.Event()

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        self.began.set()
        return 0

    def leave(self) -> None:
        self.left.set()


def test_the_end_waits_for_the_step_under_way_and_begins_no_other(data: Data) -> None:
    began, leaving, seen = threading.Event(), Leaving(), []

    def act(message: Message | PutAside) -> None:
        seen.append(message.recipient)
        began.set()
        assert leaving.left.wait(20)

    data.log("r-1", "r-2")
    with data.running(data.reader("hooks", act), leaving):
        assert began.wait(20)
        assert leaving.began.wait(20)  # who never had a turn is not left
    assert seen == ["r-1"]
    assert data.registry.lease("hooks").expires_at_ms == 0


class Unleavable:
    """A consumer that raises whatever it is asked."""

    name = "broken"

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        raise StoreUnavailable("the database is locked")

    def leave(self) -> None:
        raise KeyError


def test_a_consumer_that_cannot_leave_ends_all_the_same(data: Data, caplog: pytest.LogCaptureFixture) -> None:
    with data.running(Unleavable()):
        wait_until(lambda: len(caplog.records) == 1, "it is not logged")
    assert logged(caplog) == [
        "broken failed and will be tried again: the database is locked",
        "broken failed and will be tried again: KeyError in test_side_by_side.py",
    ]


def test_a_problem_is_logged_again_when_it_was_gone_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    seconds = iter([0.0, QUIET_S - 1, 2 * QUIET_S - 2, 3 * QUIET_S, 3 * QUIET_S])
    problems = Problems("hooks", lambda: next(seconds))
    for text in ("full", "full", "full", "full", "locked"):
        problems.log(StoreUnavailable(text))
    assert [text.rsplit(" ")[-1] for text in logged(caplog)] == ["full", "full", "locked"]


def test_the_parts_of_a_consumer_are_run_by_different_processes(data: Data) -> None:
    seen: list[str] = []
    data.log(*(f"r-{n:03}" for n in range(50)))
    for number in range(2):
        name = f"hooks-{number}"
        part = data.store.consumer("hooks", Part(number, 2))
        lease = Lease(data.registry, name, name, 1_000)
        NewsReader(name, part, lease, lambda message: seen.append(message.recipient)).catch_up(now, LEASE_MS)
    assert sorted(seen) == [f"r-{n:03}" for n in range(50)]


class Ticking:
    """A consumer that notes when it works and when it leaves."""

    def __init__(self, name: str, said: list[str], label: str) -> None:
        self.name = name
        self.said = said
        self.label = label

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        if f"works {self.label}" not in self.said:
            self.said.append(f"works {self.label}")
        return 0

    def leave(self) -> None:
        self.said.append(f"leaves {self.label}")


def test_consumers_come_go_and_are_replaced_by_those_of_another_revision() -> None:
    said: list[str] = []

    def make(label: str) -> Callable[[], ConsumerAtWork]:
        return lambda: Ticking("webhook crm", said, label)

    wanted: dict[tuple[str, int], Callable[[], ConsumerAtWork]] = {}
    with SideBySide([], now, POLL_S, wanted=lambda: dict(wanted)):
        wanted["webhook crm", 1] = make("first")
        wait_until(lambda: said == ["works first"], "it does not come")
        del wanted["webhook crm", 1]
        wanted["webhook crm", 2] = make("second")
        wait_until(
            lambda: said[1:] == ["leaves first", "works second"], "the second waits for the first to leave"
        )
        wanted.clear()
        wait_until(lambda: said[3:] == ["leaves second"], "it does not go")
        wanted["webhook crm", 3] = make("third")
        wait_until(lambda: said[4:] == ["works third"], "it does not come again")
    assert said[5:] == ["leaves third"]


def test_a_list_of_consumers_that_cannot_be_read_ends_none_of_them() -> None:
    said: list[str] = []
    asked = threading.Event()

    def wanted() -> dict[tuple[str, int], Callable[[], ConsumerAtWork]]:
        if "works first" in said:
            asked.set()
            raise StoreUnavailable("gone")
        return {("webhook crm", 1): lambda: Ticking("webhook crm", said, "first")}

    with SideBySide([], now, POLL_S, wanted=wanted):
        assert asked.wait(20)
        assert said == ["works first"]
    assert said == ["works first", "leaves first"]


def test_a_consumer_that_cannot_be_made_is_tried_again() -> None:
    said: list[str] = []
    tries = []

    def make() -> ConsumerAtWork:
        tries.append(1)
        if len(tries) < 3:
            raise StoreUnavailable("not yet")
        return Ticking("webhook crm", said, "third try")

    with SideBySide([], now, POLL_S, wanted=lambda: {("webhook crm", 1): make}):
        wait_until(lambda: said == ["works third try"], "it gives up")
