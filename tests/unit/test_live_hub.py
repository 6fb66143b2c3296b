"""The hub without a network: who is woken, what is left out, and what a failing store does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.folder.jobs import JobProgress, forgotten_at_the_end, jobs_in, note_progress
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.privacy.resolve import Policy
from mailpixel.report.reporting import Reporting
from mailpixel.server.live.feed import HITS_A_SECOND, KEPT, Feed
from mailpixel.server.live.frames import Kind
from mailpixel.server.live.hub import Hub
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.news import Found, News
from mailpixel.server.live.permission import Permission
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from tests.support.builders import a_campaign, a_click, an_open, put
from tests.support.folding import NOW_MS, catch_up


class World:
    """A store with a campaign, and a hub over it."""

    def __init__(self, jobs: Callable[[], Sequence[JobProgress]] = tuple) -> None:
        self.store, self.registry = MemoryStore(), MemoryRegistry()
        self.registry.add_campaign(a_campaign(sent=10))
        self.cache = RegistryCache(self.registry, 0)
        self.cache.refresh()
        reporting = Reporting(self.registry, Policy(), Rules())
        news = News(self.store, self.registry, lambda: reporting, lambda: NOW_MS, 15_000)
        self.hub = Hub(news, self.cache, jobs, 15, 10)

    async def joined(self, *kinds: Kind, valid: Callable[[], bool] = lambda: True) -> tuple[Feed, Listener]:
        listener = Listener(frozenset(kinds), Permission(b"key", valid))
        feed = self.hub.join("spring", listener)
        await self.hub.begin(feed, listener)
        return feed, listener


async def taken(feed: Feed, listener: Listener) -> str:
    """The next text that there is for a listener."""
    while not (text := feed.take(listener)):
        await asyncio.wait_for(listener.wait(30), 30)
    return text.decode()


def run(world: World, play: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        try:
            await play()
        finally:
            await world.hub.close()

    asyncio.run(whole())


def test_a_hit_wakes_those_who_listen_to_its_campaign() -> None:
    world = World()

    async def play() -> None:
        feed, listener = await world.joined(Kind.CHANGE, Kind.HIT)
        world.store.append([an_open(1), a_click(2, campaign="autumn")])
        catch_up(world.store)
        text = await taken(feed, listener)
        while "event: hit" not in text:
            text += await taken(feed, listener)
        assert text.count("event: hit") == 1
        assert text.count("event: change") <= 1

    run(world, play)


def test_a_change_of_the_campaign_itself_is_news() -> None:
    world = World()

    async def play() -> None:
        feed, listener = await world.joined(Kind.SUMMARY)
        assert '"name":"Spring"' in await taken(feed, listener)
        put(world.registry, a_campaign(name="Other"))
        world.cache.refresh()
        assert '"name":"Other"' in await taken(feed, listener)

    run(world, play)


def test_a_permission_that_no_longer_holds_ends_the_stream() -> None:
    world = World()
    valid = [True]

    async def play() -> None:
        _, listener = await world.joined(Kind.CHANGE, valid=lambda: valid[0])
        valid.clear()
        valid.append(False)
        while not listener.ended:
            await asyncio.wait_for(listener.wait(30), 30)

    run(world, play)


def test_the_hub_rests_when_nobody_listens_and_starts_again() -> None:
    world = World()

    async def play() -> None:
        for _ in range(2):
            feed, listener = await world.joined(Kind.CHANGE)
            world.hub.leave(feed, listener)
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.01)
            assert world.hub.listeners == 0
        feed, listener = await world.joined(Kind.CHANGE)
        world.store.append([an_open(1)])
        catch_up(world.store)
        assert await taken(feed, listener)

    run(world, play)


def test_jobs_are_told_as_far_as_they_are(tmp_path: Path) -> None:
    world = World(lambda: jobs_in(tmp_path))

    async def play() -> None:
        feed, listener = await world.joined(Kind.JOB)
        with forgotten_at_the_end(tmp_path, "list-1"):
            note_progress(tmp_path, JobProgress("spring", "list-1", 5, 50, 100))
            note_progress(tmp_path, JobProgress("autumn", "list-2", 5, 50, 100))
            assert '{"job":"list-1","rows":5,"bytes":50,"of":100}' in await taken(feed, listener)
            note_progress(tmp_path, JobProgress("spring", "list-1", 10, 100, 100))
            assert '"rows":10' in await taken(feed, listener)
        assert [job.job for job in jobs_in(tmp_path)] == ["list-2"]

    run(world, play)


def found(first: int, last: int, left_out: int | None = 0) -> Found:
    return Found(b"", [f"hit {n}\n\n".encode() for n in range(first, last)], left_out, str(last))


def a_hit_listener(feed: Feed) -> Listener:
    listener = Listener(frozenset({Kind.HIT}), Permission(b"key", lambda: True))
    feed.begin(listener)
    return listener


def test_a_slow_listener_is_told_how_many_hits_it_missed() -> None:
    feed = Feed("spring")
    slow, quick = a_hit_listener(feed), a_hit_listener(feed)
    for start in range(0, 2 * KEPT, 100):
        feed.add_found(found(start, start + 100))
        assert feed.take(quick).decode().split() == [
            word for n in range(start, start + 100) for word in ("hit", str(n))
        ]
    text = feed.take(slow).decode()
    assert text.startswith(f'event: skipped\nid: {2 * KEPT}\ndata: {{"hits":{KEPT}}}\n\nhit {KEPT}\n')
    assert feed.take(slow) == b""


def test_no_more_than_a_hundred_hits_a_second_and_then_their_number() -> None:
    feed = Feed("spring")
    listener = a_hit_listener(feed)
    assert feed.room(10.0) == HITS_A_SECOND
    feed.add_found(found(0, 60))
    assert feed.room(10.3) == HITS_A_SECOND - 60
    feed.add_found(found(60, 100, left_out=7))
    assert feed.room(10.6) == 0
    feed.add_found(found(100, 100, left_out=3))
    assert feed.take(listener).count(b"hit") == 100
    assert feed.room(11.0) == HITS_A_SECOND
    assert feed.take(listener) == b'event: skipped\nid: 100\ndata: {"hits":10}\n\n'


def test_hits_that_nobody_can_count_are_a_gap() -> None:
    feed = Feed("spring")
    listener = a_hit_listener(feed)
    feed.add_found(found(9, 9, left_out=None))
    assert feed.take(listener) == b"event: gap\nid: 9\ndata: {}\n\n"


@pytest.mark.parametrize("text", ["", "{", '{"campaign":"spring"}', "x" * 5_000])
def test_a_file_that_is_no_job_is_passed_over(tmp_path: Path, text: str) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "list-1.json").write_text(text)
    assert jobs_in(tmp_path) == []
    assert jobs_in(tmp_path / "elsewhere") == ()
