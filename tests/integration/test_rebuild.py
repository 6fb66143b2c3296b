"""Rebuilding a campaign in a SQLite file: by several processes, beside a live fold, and killed in the middle."""

import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from mailpixel.model import Campaign, Judged, Message, Verdict
from mailpixel.projections.fold import Fold
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.store.store import Store
from tests.support.builders import APPLE, ROBOT, a_click, an_open, at_ms, judge_plainly

NOW_MS = at_ms(1_000_000)
RECIPIENTS = 300
IN_PARTS = 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path)
    for n in range(RECIPIENTS):
        name = f"r-{n:04}"
        made.append(
            [
                an_open(n, recipient=name, agent=(APPLE, ROBOT, "Thunderbird")[n % 3]),
                a_click(n + 60, recipient=name, link=1 + n % 3),
            ]
        )
    catch_up(made)
    yield made
    made.close()


def judge_strictly(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    return tuple(Judged(event, Verdict.BOT, "strict") for event in message.events)


def catch_up(store: Store) -> None:
    Fold(store, MemoryRegistry(), judge_plainly, "live").catch_up(lambda: NOW_MS, 60_000)


def everything(store: Store) -> object:
    figures = store.figures("spring", NOW_MS, 0)
    return store.recipients("spring", "", 10_000), figures.totals, figures.links, store.timeline("spring")


def test_several_processes_give_what_one_gives(store: SqliteStore, path: Path) -> None:
    registry = SqliteRegistry(path)
    one = rebuild(store, registry, judge_strictly, ["spring"], Rebuild(dry_run=True, processes=1))
    many = rebuild(store, registry, judge_strictly, ["spring"], Rebuild(processes=2, events=IN_PARTS))
    assert many == one
    assert store.figures("spring", NOW_MS, 0).totals["opens.machine"] == RECIPIENTS
    again = rebuild(store, registry, judge_plainly, ["spring"], Rebuild(processes=2, events=IN_PARTS))
    assert again[0].measures["opens.machine"] == (RECIPIENTS, RECIPIENTS // 3)
    registry.close()


def test_the_fold_goes_on_during_a_rebuild_and_nothing_is_lost_or_counted_twice(store: SqliteStore) -> None:
    stop = threading.Event()
    appended: list[int] = []

    def serve() -> None:
        while not stop.is_set() and len(appended) < 2_000:
            n = len(appended)
            store.append([an_open(1_000 + n, recipient=f"r-{n * 7 % (RECIPIENTS + 50):04}")])
            appended.append(n)
            if n % 3 == 0:
                catch_up(store)

    live = threading.Thread(target=serve)
    live.start()
    for _ in range(5):
        rebuild(store, MemoryRegistry(), judge_plainly, ["spring"], Rebuild(processes=1, events=IN_PARTS))
    stop.set()
    live.join()
    catch_up(store)
    fresh = MemoryStore()
    fresh.append([event for message in store.messages("spring") for event in message.events])
    catch_up(fresh)
    assert appended
    assert everything(store) == everything(fresh)


def rebuild_and_tell(path: Path, told: Connection) -> None:
    """Rebuild again and again, now by one judge and now by the other, and tell after every part."""
    store = SqliteStore(path)
    while True:
        for judge in (judge_strictly, judge_plainly):
            how = Rebuild(processes=1, events=IN_PARTS, between=lambda: told.send(b"part"))
            rebuild(store, MemoryRegistry(), judge, ["spring"], how)
            told.send(b"whole")


def test_a_rebuild_that_is_killed_leaves_the_old_or_the_new(store: SqliteStore, path: Path) -> None:
    plain = everything(store)
    rebuild(store, MemoryRegistry(), judge_strictly, ["spring"], Rebuild(processes=1))
    strict = everything(store)
    assert plain != strict
    context = multiprocessing.get_context("spawn")
    for parts in (1, 7, 15, 16, 17, 24, 32, 33):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=rebuild_and_tell, args=(path, there))
        process.start()
        for _ in range(parts):
            assert here.poll(30)
            here.recv()
        process.kill()
        process.join()
        assert everything(store) in (plain, strict)
    rebuild(store, MemoryRegistry(), judge_plainly, ["spring"], Rebuild(processes=1))
    assert everything(store) == plain
    with store._database.reading() as connection:
        assert connection.execute("select count(*) from shelves").fetchone() == (1,)
        assert connection.execute("select count(*) from states").fetchone() == (RECIPIENTS,)
