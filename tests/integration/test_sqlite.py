"""What is SQLite's own: threads and processes on one file, refusals and what comes after them, traces of the
erased."""

import os
import pickle
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Message
from mailpixel.projections.fold import Fold
from mailpixel.projections.message_state import fold_message
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.projections import FOLD, Figures, MessageState
from mailpixel.store.sqlite import (
    SqliteRegistry,
    SqliteStore,
    bound_page_caches,
    counters,
    generations,
    open_sqlite,
)
from mailpixel.store.sqlite import recipients as by_standing
from tests.support.builders import EDGE, a_campaign, a_click, an_open, at_ms, judge_plainly

BUSY_MS = 50
NOW_MS = at_ms(1_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, BUSY_MS)
    yield made
    made.close()


def fold(message: Message | PutAside) -> MessageState:
    assert isinstance(message, Message)
    return fold_message(message, judge_plainly(message, a_campaign(message.campaign)))


def catch_up(store: SqliteStore) -> None:
    while (news := store.consumer(FOLD).news(1000)).position != news.since:
        store.save([fold(message) for message in news.messages], news)


def recipients(store: SqliteStore) -> list[str]:
    return [message.recipient for message in store.messages("spring")]


def test_a_locked_file_refuses_and_takes_the_same_events_later(store: SqliteStore, path: Path) -> None:
    events = [an_open(n, recipient=f"r-{n}") for n in range(3)]
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreUnavailable, match="locked"):
            store.append(events)
        with pytest.raises(StoreUnavailable, match="locked"):
            store.raise_overflow([Overflow("spring", "r-1", 1, EDGE, 1)])
        other.execute("rollback")
    assert recipients(store) == []
    store.append(events)
    assert recipients(store) == ["r-0", "r-1", "r-2"]


@pytest.mark.parametrize("size", [100, 2_000])
def test_a_full_disk_refuses_whole_groups_and_takes_them_later(
    store: SqliteStore, path: Path, size: int
) -> None:
    store.append([an_open(0)])
    with store._database.at_once() as connection:
        (pages,) = connection.execute("pragma page_count").fetchone()
        connection.execute(f"pragma max_page_count = {pages + 1}").fetchone()
    events = [an_open(n, recipient=f"r-{n:04}", destination="x" * 500) for n in range(size)]
    with pytest.raises(StoreUnavailable, match="disk is full; free some space"):
        store.append(events)
    assert recipients(store) == ["r-1"]
    store.append(events)  # the connection was dropped, and the bound of this test with it
    assert len(recipients(store)) == size + 1


def test_a_connection_that_only_reads_is_opened_anew_to_write(store: SqliteStore) -> None:
    with store._database.at_once() as connection:
        connection.execute("pragma query_only = on")
    store.append([an_open(1)])
    assert recipients(store) == ["r-1"]


def test_a_removed_file_is_not_made_again_by_who_had_it_open(store: SqliteStore, path: Path) -> None:
    store.append([an_open(1)])
    store.check_in_place()
    for file in path.parent.iterdir():
        file.unlink()
    with pytest.raises(StoreUnavailable, match="removed or replaced while they were in use"):
        store.check_in_place()
    store.close()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        store.append([an_open(2)])
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_file_replaced_while_in_use_is_noticed_until_it_is_back(
    store: SqliteStore, path: Path, ending: str
) -> None:
    store.append([an_open(1)])
    file = path.with_name(path.name + ending)
    kept = file.rename(file.with_name("kept"))
    file.write_bytes(kept.read_bytes())
    with pytest.raises(StoreUnavailable, match="removed or replaced while they were in use"):
        store.check_in_place()
    kept.rename(file)
    store.check_in_place()


def test_a_removed_log_is_noticed_also_by_who_met_an_error_and_opened_the_file_again(
    store: SqliteStore, path: Path
) -> None:
    store.append([an_open(1)])
    log = path.with_name(path.name + "-wal")
    kept = log.rename(log.with_name("kept"))
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    with pytest.raises(StoreUnavailable), store._database.reading():
        raise error
    store.latest(1)
    with pytest.raises(StoreUnavailable, match="removed or replaced while they were in use"):
        store.check_in_place()
    store.close()
    kept.unlink()


def test_an_emptied_file_is_noticed_and_is_never_mapped_where_it_would_end_the_process(
    store: SqliteStore, path: Path
) -> None:
    store.append([an_open(1)])
    with store._database.reading() as connection:
        assert connection.execute("pragma mmap_size").fetchone() == (0,)
    os.truncate(path, 0)
    with pytest.raises(StoreUnavailable, match="removed or replaced while they were in use"):
        store.check_in_place()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_what_is_made_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store, registry = open_sqlite(tmp_path / "data" / "mailpixel.db")
        store.append([an_open(1)])
    finally:
        os.umask(before)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "data").iterdir()}
    assert modes == dict.fromkeys(("mailpixel.db", "mailpixel.db-wal", "mailpixel.db-shm"), 0o600)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    store.close()
    registry.close()


def test_a_folder_that_is_gone_refuses_and_says_nothing_of_where_it_was(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be opened") as caught:
        SqliteStore(tmp_path / "nowhere" / "store.db")
    assert "nowhere" not in str(caught.value)


def test_an_agent_of_a_group_that_failed_is_not_taken_for_known(store: SqliteStore, path: Path) -> None:
    event = an_open(1, agent="never seen before")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreUnavailable):
            store.append([event])
        other.execute("rollback")
    store.append([event])
    assert list(store.message("spring", "r-1").events) == [event]


def test_an_error_that_is_a_bug_is_not_hidden(store: SqliteStore) -> None:
    with (
        pytest.raises(sqlite3.OperationalError, match="no such table"),
        store._database.reading() as connection,
    ):
        connection.execute("select * from missing")
    assert recipients(store) == []


def test_threads_append_at_once(store: SqliteStore, path: Path) -> None:
    patient = SqliteStore(path)

    def append(number: int) -> None:
        for n in range(20):
            patient.append([an_open(n, recipient=f"r-{number}-{n:02}", agent=f"agent {n}")])

    threads = [threading.Thread(target=append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recipients(store)) == 80
    patient.close()


def test_a_forked_process_opens_the_file_anew(store: SqliteStore) -> None:
    store.append([an_open(1)])
    child = os.fork()
    if child == 0:
        try:
            store.append([an_open(2, recipient="r-2")])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    store.append([an_open(3, recipient="r-3")])
    assert recipients(store) == ["r-1", "r-2", "r-3"]


def test_pickled_they_are_their_path(store: SqliteStore, path: Path) -> None:
    store.append([an_open(1)])
    registry = SqliteRegistry(path)
    registry.add_campaign(a_campaign())
    copy, other = pickle.loads(pickle.dumps((store, registry)))
    assert (recipients(copy), other.campaign("spring")) == (["r-1"], a_campaign())
    for each in (copy, other, registry):
        each.close()


def test_a_closed_store_opens_again(store: SqliteStore) -> None:
    store.append([an_open(1)])
    store.close()
    assert recipients(store) == ["r-1"]


def test_a_message_longer_than_a_page_is_read_whole(store: SqliteStore) -> None:
    store.append([an_open(0, recipient="r-0")])
    for start in range(0, 21_000, 1_000):
        store.append([an_open(start + n) for n in range(1_000)])
    store.append([an_open(n, recipient=f"s-{n:05}") for n in range(300)])
    sizes = {message.recipient: len(message.events) for message in store.messages("spring")}
    assert (len(sizes), sizes["r-0"], sizes["r-1"], sum(sizes.values())) == (302, 1, 21_000, 21_301)


def test_the_questions_of_a_report_are_answered_by_an_index(store: SqliteStore) -> None:
    from mailpixel.store.sqlite import events, log_news, persons, projections

    asked = {
        events.OF_MESSAGE: ("spring", "r-1"),
        events.OF_PAGE: ("spring", "", "z", 10),
        events.BETWEEN: (0, 100),
        log_news.NEWS: (0, 100, 10),
        log_news.END: (0, 100, 10),
        persons.CAMPAIGNS: (),
        persons.UNNOTED: (10, "r-1"),
        persons.CATCH_UP: (10, 20),
        events.NAMES: ("spring", "", "z", 10),
        projections.PROVISIONAL: (b"", "spring"),
    }
    with store._database.reading() as connection:
        plans = {
            query: " / ".join(row[3] for row in connection.execute(f"explain query plan {query}", values))
            for query, values in asked.items()
        }
    assert [query for query, plan in plans.items() if "SCAN e" in plan or "SCAN events" in plan] == []
    assert "(id>" in plans[projections.PROVISIONAL]
    assert "TEMP B-TREE" not in plans[events.OF_PAGE]


def test_an_idle_fold_writes_nothing_into_the_file(store: SqliteStore, path: Path) -> None:
    registry = SqliteRegistry(path)
    fold = Fold(store, registry, judge_plainly, "one")
    store.append([an_open(1)])
    fold.catch_up(lambda: at_ms(100), 5_000)
    before = [file.read_bytes() for file in sorted(path.parent.glob("store.db*")) if file.suffix != ".db-shm"]
    for second in range(20):
        assert fold.catch_up(lambda second=second: at_ms(100 + second), 5_000) == 0  # type: ignore[misc]
    after = [file.read_bytes() for file in sorted(path.parent.glob("store.db*")) if file.suffix != ".db-shm"]
    assert after == before
    registry.close()


def test_looking_for_shelves_to_sweep_does_not_walk_over_all_shelves(store: SqliteStore) -> None:
    live, left, filling = generations.LIVE, generations.LEFT, generations.FILLING
    asked = (
        f"select id from shelves where live < {live} and live = {left}",
        f"update shelves set live = {left} where live < {live} and live = {filling}",
    )
    with store._database.reading() as connection:
        for query in asked:
            (step, *_) = connection.execute(f"explain query plan {query}").fetchall()
            assert "unfinished_shelves (live=?)" in step[3]


def test_states_left_by_a_rebuild_that_was_killed_are_swept_by_the_next(
    store: SqliteStore, path: Path
) -> None:
    store.append([an_open(1)])
    catch_up(store)
    with store._database.writing() as connection:  # as a kill in the middle of a rebuild leaves it
        connection.execute("insert into shelves values (99, 'spring', 0)")
        connection.execute(
            "insert into states (shelf, recipient, marks, opted_out) select 99, recipient, marks, 0 from states"
        )
    with store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
    with store._database.reading() as connection:
        assert connection.execute("select count(*) from shelves").fetchone() == (1,)
        assert connection.execute("select count(*) from states").fetchone() == (1,)
    assert store.figures("spring", at_ms(1_000), 0).totals["opens.human"] == 1


def test_the_figures_are_of_one_moment_whoever_writes_between_two_statements(
    store: SqliteStore, path: Path
) -> None:
    store.append([an_open(1)])
    catch_up(store)
    moments: list[Figures] = []

    def write_meanwhile(statement: str) -> None:
        if statement.lstrip().startswith("select"):
            number = len(moments) + 2
            past = Overflow("spring", "r-1", 1, EDGE, number)
            writer.append([an_open(number * 100, recipient=f"r-{number}"), a_click(number * 100)])
            writer.raise_overflow([past])
            catch_up(writer)
            moments.append(writer.figures("spring", NOW_MS, NOW_MS))

    with closing(SqliteStore(path, BUSY_MS)) as writer:
        moments.append(writer.figures("spring", NOW_MS, NOW_MS))
        with store._database.at_once() as connection:
            connection.set_trace_callback(write_meanwhile)
        found = store.figures("spring", NOW_MS, NOW_MS)
        connection.set_trace_callback(None)
    assert len(moments) > 4
    assert found in moments


def test_recipients_of_a_standing_and_a_window_of_time_are_found_by_an_index(store: SqliteStore) -> None:
    asked = {
        by_standing.OF_STANDING: "states_by_standing (shelf=? AND standing=? AND recipient>?)",
        counters.QUARTERS: "PRIMARY KEY (shelf=? AND bucket_ms>? AND bucket_ms<?)",
        counters.DAYS: "PRIMARY KEY (shelf=? AND day>? AND day<?)",
    }
    with store._database.reading() as connection:
        for query, found in asked.items():
            values = (1,) * query.count("?")
            (step, *_) = connection.execute(f"explain query plan {query}", values).fetchall()
            assert step[3].endswith(found)


def test_connections_of_other_threads_share_the_bound_of_what_is_kept_in_memory() -> None:
    try:
        bound_page_caches(1 << 20)
        bounds = []
        thread = threading.Thread(target=lambda: bounds.append(_bound()))
        thread.start()
        thread.join()
        assert bounds == [1 << 20]
    finally:
        bound_page_caches(0)
    assert _bound() == 0


def _bound() -> int:
    with closing(sqlite3.connect(":memory:")) as connection:
        return int(connection.execute("pragma soft_heap_limit").fetchone()[0])
