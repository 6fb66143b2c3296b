"""The schema of the SQLite file: from nothing, step by step, by several at once, and by a newer release."""

import multiprocessing
import sqlite3
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

from mailpixel.errors import StoreUnavailable
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Link, Message
from mailpixel.modes import Statement
from mailpixel.projections.message_state import fold_message
from mailpixel.store.campaigns import Sighting
from mailpixel.store.consents import MAIL, Kept, key_of
from mailpixel.store.consumers import News
from mailpixel.store.leases import LeaseState
from mailpixel.store.measures import tally
from mailpixel.store.projections import FOLD, MessageState
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.steps_0024 import STEPS
from tests.support.builders import (
    APPLE,
    BROWSER,
    ROBOT,
    a_campaign,
    a_click,
    a_delivery,
    an_open,
    an_optout,
    at_ms,
    judge_plainly,
)
from tests.support.tallying import all_states, assert_figures_are_the_tally


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "select name, sql from sqlite_master where sql is not null order by name"
        ).fetchall()


def names() -> list[str]:
    return [step.name for step in STEPS.pending(Admin(memory=True))]


def test_from_scratch_equals_all_steps(tmp_path: Path) -> None:
    migrate(tmp_path / "scratch.db")
    for stop in (*names()[1:], None):
        with closing(sqlite3.connect(tmp_path / "steps.db")) as connection:
            STEPS.apply(Admin(connection), stop_before=stop)
    assert schema(tmp_path / "steps.db") == schema(tmp_path / "scratch.db")


def test_a_file_of_an_older_release_is_brought_up_and_keeps_its_events(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0002_projections")
        connection.execute("insert into agents values (1, 'agent')")
        row = (an_open(1).id, 0, "spring", "r-1", 1, 0)
        connection.execute(
            "insert into events (id, kind, campaign, recipient, agent, facts) values (?, ?, ?, ?, ?, ?)", row
        )
        connection.commit()
    store = SqliteStore(path)
    assert [event.agent for event in store.message("spring", "r-1").events] == ["agent"]
    store.close()


def test_a_campaign_of_an_older_release_hands_no_query_value_on(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0004_passthrough")
        connection.execute("insert into campaigns values ('spring', 'Spring', null, null, null, 0, 1)")
        connection.commit()
    registry = SqliteRegistry(path)
    assert registry.campaigns() == [Campaign("spring", "Spring")]
    registry.close()


def test_a_campaign_of_an_older_release_is_in_lists_and_may_be_deleted(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0005_archive")
        connection.execute("insert into campaigns values ('spring', 'Spring', null, null, null, 0, 1, 'u')")
        connection.execute("insert into links values ('spring', 1, 'https://shop.example/', 0)")
        connection.commit()
    registry = SqliteRegistry(path)
    link = Link(1, "https://shop.example/")
    assert registry.campaigns(archived=False) == [
        Campaign("spring", "Spring", passthrough=("u",), links=(link,))
    ]
    registry.delete_campaign("spring")
    assert registry.campaigns() == []
    registry.close()


def test_states_of_an_older_release_that_a_killed_rebuild_left_are_swept(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0007_left_shelves")
        connection.execute("insert into shelves values (3, 'spring', 1)")
        for shelf in (3, 7):
            connection.execute(
                "insert into states (shelf, recipient, marks, opted_out) values (?, 'r-1', x'0a', 1)",
                (shelf,),
            )
        connection.execute("insert into counters values (9, 0, 0, 'seen', 1)")
        connection.commit()
    store = SqliteStore(path)
    store.sweep()
    store.close()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select shelf from states").fetchall() == [(3,)]
        assert connection.execute("select distinct shelf from counters").fetchall() == [(3,)]
        assert connection.execute("select campaign from shelves").fetchall() == [("spring",)]


def test_a_person_of_an_older_release_is_found_in_all_their_campaigns(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0009_campaigns_of_person")
        connection.execute("insert into agents values (1, 'agent')")
        for number, campaign in enumerate(("winter", "spring", "spring")):
            row = (an_open(number).id, 0, campaign, "r-1", 1, 0)
            connection.execute(
                "insert into events (id, kind, campaign, recipient, agent, facts) values (?, ?, ?, ?, ?, ?)",
                row,
            )
        connection.execute("update checkpoint set position = 3")
        connection.commit()
    store = SqliteStore(path)
    assert [message.campaign for message in store.person("r-1")] == ["spring", "winter"]
    store.close()


def test_a_person_whom_a_fold_did_not_note_is_found_once_the_release_is_new(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0012_noted")
        connection.execute("insert into agents values (1, 'agent')")
        row = (an_open(1).id, 0, "spring", "r-1", 1, 0)
        columns = "id, kind, campaign, recipient, agent, facts"
        connection.execute(f"insert into events ({columns}) values (?, ?, ?, ?, ?, ?)", row)
        connection.execute("update checkpoint set position = 1")
        connection.commit()
    store = SqliteStore(path)
    assert [message.campaign for message in store.person("r-1")] == ["spring"]
    store.close()


def test_links_of_an_older_release_are_found_by_their_destination_and_new_ones_are_met(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0010_seen_urls")
        columns = "id, name, stale, revision, passthrough"
        connection.execute(f"insert into campaigns ({columns}) values ('spring', 'Spring', 0, 1, '')")
        connection.execute("insert into links values ('spring', 1, 'https://shop.example/', 0)")
        connection.commit()
    registry = SqliteRegistry(path)
    url = "https://shop.example/new"
    old = Sighting("https://shop.example/", 1, b"marked", b"r1")
    assert registry.meet_links("spring", [old, Sighting(url, 2, b"urlurl", b"r1")]) == {old.url: 1}
    assert registry.meet_links("spring", [Sighting(url, 2, b"urlurl", b"r2")]) == {url: 2}
    registry.close()


def test_clicks_of_an_older_release_that_carried_a_destination_are_found_by_it(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    url = "https://shop.example/new"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0011_relinked")
        columns = "id, name, stale, revision, passthrough"
        connection.execute(f"insert into campaigns ({columns}) values ('spring', 'Spring', 0, 1, '')")
        connection.execute("insert into agents values (1, 'agent')")
        connection.execute("insert into shelves values (1, 'spring', 1)")
        row = (a_click(1).id, 1, "spring", "r-1", url, 1, 0)
        connection.execute(
            "insert into events (id, kind, campaign, recipient, destination, agent, facts)"
            " values (?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        connection.commit()
    store, registry = open_sqlite(path)
    assert (registry.stale(), registry.relinked()) == ([], [])
    assert dict(store.editions()) == {"earlier": 1}, "who judged its figures was not noted"
    found = [each.recipient for each in store.messages_that_carried("spring", [url])]
    assert found == ["r-1"]
    store.close()
    registry.close()


def as_release_13(path: Path) -> None:
    """A file of the release before consumers had names, whose fold has the lease and has read seven events."""
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0014_consumers")
        connection.execute("update lease set holder = 'former', expires_at_ms = 5000, caught_up_at_ms = 900")
        connection.execute("update checkpoint set position = 7, erasures = 1, replacements = 2, noted = 6")
        connection.commit()


def test_lease_and_position_of_an_older_release_are_those_of_the_fold(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    as_release_13(path)
    store, registry = open_sqlite(path)
    assert registry.leases() == {FOLD: LeaseState("former", 5_000, 900)}
    assert (store.cursor(), store.consumer(FOLD).news(10).since) == ("7.1.2", "7.1.2")
    assert not registry.take_lease(FOLD, "one", 4_999, 5_000)
    assert registry.take_lease("hooks", "one", 4_999, 5_000)
    assert registry.take_lease(FOLD, "one", 5_000, 5_000)
    store.close()
    registry.close()


def test_a_service_of_the_release_before_ends_its_round_and_gets_no_other_lease(tmp_path: Path) -> None:
    """What it runs, word for word, on the file that was changed under it."""
    path = tmp_path / "old.db"
    as_release_13(path)
    migrate(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as former:
        lease = former.execute("select holder, expires_at_ms, caught_up_at_ms from lease").fetchone()
        checkpoint = former.execute("select position, erasures, replacements from checkpoint").fetchone()
        assert (lease, checkpoint) == (("former", 5_000, 900), (7, 1, 2))
        move = "update checkpoint set position = ?, erasures = ?, replacements = ?"
        former.execute(move, (9, 1, 3))
        former.execute("update checkpoint set noted = ?", (9,))
        assert former.execute("select noted from checkpoint").fetchone() == (9,)
        former.execute("update lease set caught_up_at_ms = ? where holder = ?", (9_000, "former"))
        taken = former.execute(
            "update lease set holder = ?, expires_at_ms = ?"
            " where holder = ? or expires_at_ms <= ? or expires_at_ms > ?",
            ("former", 15_000, "former", 10_000, 20_000),
        )
        assert taken.rowcount != 1
    store, registry = open_sqlite(path)
    assert (store.cursor(), registry.lease(FOLD)) == ("9.1.3", LeaseState("former", 5_000, 900))
    with closing(sqlite3.connect(path, isolation_level=None)) as former:
        former.execute("update lease set expires_at_ms = 0 where holder = ?", ("former",))
    assert registry.lease(FOLD).expires_at_ms == 0
    store.close()
    registry.close()


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    migrate(path)
    before = path.read_bytes()
    migrate(path)
    assert path.read_bytes() == before


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    migrate(path)
    steps = Migrations("mailpixel")
    for step in STEPS.pending(Admin(memory=True)):
        steps(name=step.name)(step.fn)

    @steps(name="9998_works")
    def works(db: Admin) -> None:
        db.conn.execute("create table novelty (id integer)")

    @steps(name="9999_fails")
    def fails(db: Admin) -> None:
        raise ZeroDivisionError

    before = schema(path)
    with pytest.raises(ZeroDivisionError):
        migrate(path, steps=steps)
    assert schema(path) == before


def test_a_file_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    newer = Migrations("mailpixel")

    @newer(name="9999_from_the_future")
    def future(db: Admin) -> None:
        db.conn.execute("create table novelty (id integer)")

    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection))
        newer.apply(Admin(connection))
    with pytest.raises(StoreUnavailable, match=r"newer mailpixel \(step 9999_from_the_future\)"):
        SqliteStore(path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreUnavailable, match="is not a SQLite database"):
        SqliteStore(path)


def open_and_append(path: Path, gate: Barrier, number: int) -> None:
    gate.wait()
    store, registry = open_sqlite(path)
    store.append([an_open(number, recipient=f"r-{number}")])
    store.close()
    registry.close()


def test_several_processes_may_begin_on_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data" / "store.db"
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(4)
    processes = [context.Process(target=open_and_append, args=(path, gate, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    store = SqliteStore(path)
    assert [message.recipient for message in store.messages("spring")] == ["r-0", "r-1", "r-2", "r-3"]
    store.close()


# What an earlier release put for each state, and what of it is known.
OLD_STATES = (
    ("r-1", an_open(1, agent=BROWSER), "read"),
    ("r-2", a_click(2, agent=BROWSER), "clicked"),
    ("r-3", an_open(3, agent=APPLE), "hidden"),
    ("r-4", an_open(4, agent=ROBOT), "machines"),
    ("r-5", a_delivery(5), "nothing"),
    ("r-6", an_optout(6), "opted_out"),
    ("r-7", an_open(7, facts=Facts.FORGED), "nothing"),
)
OLD_COLUMNS = (
    "shelf, recipient, marks, delivered_at_ms, opted_out, first_human_open_at_ms, first_human_click_at_ms"
)
OLD_PUT = "insert or replace into states values (?, ?, ?, ?, ?, ?, ?, ?)"


def an_older_file(path: Path) -> None:
    """A file of the release before standings, with a campaign folded, another that is being judged again, and counters
    of both."""
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0016_standing")
        connection.execute("insert into shelves values (1, 'spring', 1), (2, 'spring', 0)")
        states = [old_state(recipient, event) for recipient, event, _ in OLD_STATES]
        for shelf in (1, 2):
            for state in states:
                row = (shelf, state.recipient, state.marks, state.delivered_at_ms, state.opted_out)
                times = (state.first_human_open_at_ms, state.first_human_click_at_ms)
                connection.execute(
                    f"insert into states ({OLD_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?)", row + times
                )
            for key, number in tally(states).items():
                if not key[2].startswith(("standing.", "opens.client.", "opens.device.")):
                    connection.execute("insert into counters values (?, ?, ?, ?, ?)", (shelf, *key, number))
        connection.commit()


def old_state(recipient: str, event: Event) -> MessageState:
    message = Message("spring", recipient, (event,))
    judged = (
        [] if event.kind in (EventKind.DELIVERY, EventKind.OPTOUT) else judge_plainly(message, a_campaign())
    )
    return replace(fold_message(message, judged), last_event_at_ms=None, client=0)


def test_recipients_of_an_older_release_have_a_standing_and_its_quarter_hours_have_days(
    tmp_path: Path,
) -> None:
    an_older_file(tmp_path / "old.db")
    with closing(SqliteStore(tmp_path / "old.db")) as store:
        assert {state.recipient: state.standing for state in all_states(store, "spring")} == {
            recipient: standing for recipient, _, standing in OLD_STATES
        }
        assert_figures_are_the_tally(store, "spring")
        assert store.figures("spring", 0, 0).totals["opens.client.unknown"] == 2
        store.erase("r-1", at_ms(1_000))
        assert_figures_are_the_tally(store, "spring")


def test_a_fold_of_an_older_release_saves_nothing_and_its_rebuild_is_given_up(tmp_path: Path) -> None:
    an_older_file(tmp_path / "old.db")
    SqliteStore(tmp_path / "old.db").close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        with pytest.raises(sqlite3.OperationalError, match="8 values were supplied"):
            connection.execute(OLD_PUT, (1, "r-1", b"\n", None, 0, None, None, None))
        with pytest.raises(sqlite3.OperationalError, match="it is a view"):
            connection.execute(
                "insert or replace into put_aside values ('spring', 'r-1', 'OperationalError')"
            )
        assert connection.execute("select count(*) from put_aside").fetchone() == (0,)
        assert connection.execute("select live from shelves order by id").fetchall() == [(1,), (-1,)]


def test_states_of_an_older_release_know_nothing_and_give_way_to_any_that_is_judged(tmp_path: Path) -> None:
    an_older_file(tmp_path / "old.db")
    with closing(SqliteStore(tmp_path / "old.db")) as store:
        formers = list(all_states(store, "spring"))
        assert {former.knowledge for former in formers} == {(0, 0)}
        position = store.cursor()
        judged = [replace(former, known=1, delivered_at_ms=at_ms(7)) for former in formers]
        store.save(judged, News(position, position, ()))
        store.save(formers, News(position, position, ()))
        assert list(all_states(store, "spring")) == judged
        assert_figures_are_the_tally(store, "spring")


def test_every_file_hashes_erased_people_with_a_secret_of_its_own(tmp_path: Path) -> None:
    hashes = set()
    for path in (tmp_path / "one.db", tmp_path / "other.db"):
        with closing(SqliteStore(path)) as store:
            store.erase("r-1", at_ms(1))
        with closing(sqlite3.connect(path)) as connection:
            hashes.update(connection.execute("select person8 from suppressed").fetchall())
    assert len(hashes) == 2


def test_opt_outs_of_an_older_release_become_refusals_of_opens_and_clicks(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        STEPS.apply(Admin(connection), stop_before="0029_consents")
        connection.executemany("insert into optouts values (?, ?, ?)", [("r-1", 500, 1), ("r-2", 600, 2)])
        connection.execute("update registry set revision = 2")
        connection.commit()
    registry = SqliteRegistry(path)
    assert [registry.is_opted_out(id) for id in ("r-1", "r-2", "r-3")] == [True, True, False]
    [kept] = registry.history("r-1")
    assert kept == Kept(1, "r-1", MAIL, Statement.DENIED, 500, 500, "optout", "", "optout")
    assert list(registry.consent_news(0).states) == [10, 10]
    assert list(registry.consent_news(1).keys) == [key_of(registry.person_secret(), "r-2")]
    registry.close()
