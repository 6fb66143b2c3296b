"""A person erased from a SQLite file, proved by its bytes, and what the others must not lose by it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.errors import ErasureUnfinished
from mailpixel.model import Event, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.store.consumers import News
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.projections import FOLD, MessageState
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.sqlite.database import Database
from tests.support.builders import EDGE, a_campaign, a_click, an_open, at_ms, judge_plainly

PERSON, AGENT, ADDRESS = "person-to-forget-4711", "A rare agent 0815", "198.51.100.77"
BUSY_MS = 50
ERASED_MS = at_ms(1_000_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mailpixel.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(path, BUSY_MS)
    yield made
    made.close()


def catch_up(store: SqliteStore) -> None:
    while (news := store.consumer(FOLD).news(1000)).position != news.since:
        states = [fold(message) for message in news.messages if isinstance(message, Message)]
        store.save(states, news)


def fold(message: Message) -> MessageState:
    return fold_message(message, judge_plainly(message, a_campaign(message.campaign)))


def mine(number: int) -> list[Event]:
    traces: dict[str, Any] = {"recipient": PERSON, "agent": AGENT, "address": ADDRESS}
    return [a_click(number, campaign=f"of-{number % 7}", **traces), an_open(number, **traces)]


def a_crowd(store: SqliteStore, persons_events: int = 300) -> None:
    """Many people in many pages, one of them our person, with everything that may be kept of one."""
    for n in range(persons_events):
        others = [an_open(n + m, recipient=f"r-{n * 7919 % 300:04}-{m}") for m in range(5)]
        store.append([*others, *mine(n)])
        if n % 50 == 0:
            catch_up(store)
    store.raise_overflow([Overflow("spring", PERSON, 1, EDGE, 3)])
    catch_up(store)
    store.save([PutAside("of-1", PERSON, "KeyError")], News(store.cursor(), store.cursor(), ()))


def erase(store: SqliteStore) -> int:
    """Erase the person and overwrite what is left; how many events went."""
    events = store.erase(PERSON, ERASED_MS)
    store.sweep()
    return events


@pytest.mark.parametrize(("setting", "holds"), [("on", True), ("off", False), ("fast", False)])
def test_whether_deleted_rows_are_overwritten_is_asked_of_the_connection(
    path: Path, store: SqliteStore, setting: str, holds: bool
) -> None:
    assert store.overwrites()
    database = Database(path, BUSY_MS)
    with database.at_once() as connection:
        connection.execute(f"pragma secure_delete = {setting}").fetchall()
    assert database.overwrites() is holds
    database.close()


def traces(folder: Path) -> list[str]:
    """What of the person the files of a folder hold."""
    files = b"".join(file.read_bytes() for file in folder.iterdir())
    return [text for text in (PERSON, AGENT, ADDRESS) if text.encode() in files]


def test_nothing_of_an_erased_person_is_left_in_the_files(store: SqliteStore, path: Path) -> None:
    a_crowd(store)
    assert traces(path.parent) == [PERSON, AGENT, ADDRESS]
    assert erase(store) == 600
    assert traces(path.parent) == []


@pytest.mark.parametrize("events", [5, 20, 60])
def test_no_copy_that_moved_rows_left_behind_stays_in_the_file(
    store: SqliteStore, path: Path, events: int
) -> None:
    a_crowd(store, events)
    assert erase(store) == 2 * events
    assert traces(path.parent) == []
    assert len(list(store.messages("spring"))) == 5 * events


def test_nothing_is_left_of_a_person_erased_before_they_were_folded(store: SqliteStore, path: Path) -> None:
    store.append([*mine(1), an_open(2)])
    assert erase(store) == 2
    assert traces(path.parent) == []


def test_a_reader_that_holds_the_former_content_keeps_the_erasure_from_being_called_done(
    store: SqliteStore, path: Path
) -> None:
    a_crowd(store, 20)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from events").fetchone()
        with pytest.raises(ErasureUnfinished, match=r"still in mailpixel.db-wal.*finishes this"):
            erase(store)
        assert list(store.person(PERSON)) == []
        reader.execute("rollback")
    assert erase(store) == 0
    assert traces(path.parent) == []


def test_the_command_fails_and_says_when_to_run_it_again(path: Path) -> None:
    store = SqliteStore(path)
    store.append([*mine(1), an_open(2)])
    erase = ["--data", str(path.parent), "person", "erase", PERSON, "--yes"]
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from events").fetchone()
        told = CliRunner().invoke(cli, erase)
    assert told.exit_code == 1
    assert "mailpixel.db-wal" in told.stderr
    assert "mailpixel person erase --finish" in told.stderr
    assert json.loads(told.stdout)["pending"] is True
    assert PERSON not in told.stderr
    told = CliRunner().invoke(cli, ["--data", str(path.parent), "person", "erase", "--finish"])
    proof = json.loads(told.stdout)
    assert (told.exit_code, proof["pending"], proof["events"], traces(path.parent)) == (0, False, 2, [])
    store.close()


def test_an_agent_that_others_use_stays(store: SqliteStore) -> None:
    theirs = an_open(2, agent=AGENT)
    store.append([*mine(1), theirs])
    erase(store)
    assert list(store.message("spring", "r-1").events) == [theirs]


def test_another_process_that_remembers_a_removed_agent_logs_it_anew(store: SqliteStore, path: Path) -> None:
    other = SqliteStore(path)
    for agent in ("first", AGENT, "last"):
        other.append([an_open(1, recipient=PERSON, agent=agent)])
    erase(store)
    store.append([an_open(2, agent="of somebody else")])
    theirs = [an_open(3, recipient="r-2", agent=agent) for agent in ("last", "first", AGENT)]
    for event in theirs:
        other.append([event])
    assert list(store.message("spring", "r-2").events) == theirs
    assert [event.agent for event in other.message("spring", "r-1").events] == ["of somebody else"]
    other.close()


def test_the_number_of_a_removed_agent_never_means_another(store: SqliteStore, path: Path) -> None:
    reader = SqliteStore(path)
    for agent in ("first", AGENT):
        store.append([an_open(1, recipient=PERSON, agent=agent)])
    assert [event.agent for event in reader.latest(2)] == [AGENT, "first"]
    erase(store)
    store.close()
    again = SqliteStore(path)
    for n, agent in enumerate(("somebody's", "somebody else's")):
        again.append([an_open(2 + n, recipient="r-2", agent=agent)])
    assert [event.agent for event in reader.latest(2)] == ["somebody else's", "somebody's"]
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select id from agents").fetchall() == [(3,), (4,)]
    again.close()
    reader.close()


def test_a_group_with_a_removed_agent_is_logged_whole(store: SqliteStore, path: Path) -> None:
    other = SqliteStore(path)
    for agent in (AGENT, "common"):
        other.append([an_open(1, recipient=PERSON, agent=agent)])
    other.append([an_open(2, agent="common")])
    erase(store)
    group = [an_open(3 + n, agent=agent) for n, agent in enumerate(("common", AGENT, "common"))]
    other.append(group)
    assert sorted(other.message("spring", "r-1").events, key=lambda event: event.id)[1:] == group
    other.close()


def test_erasing_asks_only_the_campaigns_of_the_person(store: SqliteStore) -> None:
    store.append([an_open(1, campaign=f"c-{n:03}") for n in range(300)])
    store.append([an_open(1, campaign="c-007", recipient=PERSON)])
    catch_up(store)
    asked: list[str] = []
    with store._database.at_once() as connection:
        connection.set_trace_callback(asked.append)
    erase(store)
    with store._database.at_once() as connection:
        connection.set_trace_callback(None)
    assert len([statement for statement in asked if statement.startswith("delete from events")]) == 1


def test_an_erased_person_is_hidden_before_the_sweep_and_gone_from_the_files_after_it(
    store: SqliteStore, path: Path
) -> None:
    a_crowd(store, 20)
    assert store.erase(PERSON, ERASED_MS) == 40
    assert list(store.person(PERSON)) == []
    assert PERSON in traces(path.parent)
    store.sweep()
    assert traces(path.parent) == []


@pytest.mark.parametrize("events", [5, 20, 60])
def test_a_sweep_by_another_process_finishes_what_an_erasure_began(
    store: SqliteStore, path: Path, events: int
) -> None:
    a_crowd(store, events)
    store.erase(PERSON, ERASED_MS)
    store.close()
    other = SqliteStore(path)
    other.sweep()
    assert traces(path.parent) == []
    other.close()
