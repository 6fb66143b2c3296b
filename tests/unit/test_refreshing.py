"""Looks that requests wait for: shared, begun after who waits for them, and never many."""

import asyncio
import threading
from time import monotonic

from mailpixel.ingest.live import LivePart
from mailpixel.server.refreshing import LOOK_EVERY_S, Refreshing


class Registry:
    """What a look finds: it reads when it begins, and ends when the test says so."""

    def __init__(self) -> None:
        self.there = 0
        self.found: list[int] = []
        self.began_at_s: list[float] = []
        self.may_end = threading.Event()
        self.may_end.set()

    def look(self) -> None:
        self.began_at_s.append(monotonic())
        seen = self.there
        self.may_end.wait()
        self.found.append(seen)


def refreshing_of(registry: Registry) -> Refreshing:
    return Refreshing([LivePart("registry", registry.look, monotonic)])


async def until(registry: Registry, looks: int) -> None:
    while len(registry.began_at_s) < looks:
        await asyncio.sleep(0)


def test_all_who_wait_at_one_moment_share_a_look() -> None:
    registry = Registry()

    async def ask() -> None:
        refreshing = refreshing_of(registry)
        await asyncio.gather(*(refreshing.fresh_look() for _ in range(1_000)))

    asyncio.run(ask())
    assert registry.found == [0]


def test_a_look_that_began_before_the_question_is_no_answer_to_it() -> None:
    registry = Registry()

    async def ask() -> None:
        refreshing = refreshing_of(registry)
        registry.may_end.clear()
        first = asyncio.create_task(refreshing.fresh_look())
        await until(registry, looks=1)
        registry.there = 1  # registered while the first look is under way
        second = asyncio.create_task(refreshing.fresh_look())
        third = asyncio.create_task(refreshing.fresh_look())
        await asyncio.sleep(0)
        registry.may_end.set()
        await first
        assert not second.done()
        await asyncio.gather(second, third)

    asyncio.run(ask())
    assert registry.found == [0, 1]


def test_whatever_is_asked_looks_keep_their_distance() -> None:
    registry = Registry()

    async def ask() -> None:
        refreshing = refreshing_of(registry)
        for _ in range(4):
            await refreshing.fresh_look()

    began_s = monotonic()
    asyncio.run(ask())
    assert len(registry.found) == 4
    assert monotonic() - began_s >= 3 * LOOK_EVERY_S


def test_one_who_stops_waiting_leaves_the_look_to_the_others() -> None:
    registry = Registry()

    async def ask() -> None:
        refreshing = refreshing_of(registry)
        registry.may_end.clear()
        gone = asyncio.create_task(refreshing.fresh_look())
        stays = asyncio.create_task(refreshing.fresh_look())
        await until(registry, looks=1)
        gone.cancel()
        registry.may_end.set()
        await stays

    asyncio.run(ask())
    assert registry.found == [0]


def test_the_refresh_goes_on_whatever_a_part_or_a_round_raises() -> None:
    rounds: list[str] = []

    def fail() -> None:
        raise ValueError("a bug")

    def after_each() -> None:
        rounds.append("round")
        raise RuntimeError("another")

    async def run() -> None:
        refreshing = Refreshing(
            [LivePart("keys", fail, monotonic), LivePart("rules", int, monotonic)], after_each
        )
        running = asyncio.create_task(refreshing.run())
        while len(rounds) < 2:
            await asyncio.sleep(0.01)
        assert not running.done()
        assert (refreshing.is_fresh("keys"), refreshing.is_fresh("rules"), refreshing.is_fresh()) == (
            False,
            True,
            False,
        )
        running.cancel()

    asyncio.run(run())


def test_a_thread_that_cannot_look_ends_no_refresh() -> None:
    registry = Registry()

    async def ask() -> None:
        refreshing = refreshing_of(registry)
        refreshing.close()  # its thread takes nothing any more
        await refreshing.fresh_look()
        await refreshing.fresh_look()

    asyncio.run(ask())
    assert registry.found == []
