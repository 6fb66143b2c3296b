"""Erasing people from everything that holds something of them, step by step."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailpixel.cli import cli
from mailpixel.doctor import Grade, check_erasures
from mailpixel.erasing import DataFiles
from mailpixel.folder.suppressed import FILE_NAME, join_suppressed, read_suppressed
from mailpixel.minting.results import FOLDER
from mailpixel.modes import Consent, Statement
from mailpixel.privacy.choice import erase_at_request
from mailpixel.privacy.erasure import WORKERS_WITHIN_MS, erase_people, finish_all, leave_out, wait_for_workers
from mailpixel.privacy.replayed_erasures import Replayed, behind, replay_erasures
from mailpixel.settings import Settings
from mailpixel.store.consents import MAIL, OPENS, Said
from mailpixel.store.erasure import Scanned, Suppression
from mailpixel.store.erasures import ErasureRecord, ErasureState, Worker
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.store.sqlite.erasers import ELSEWHERE, IMPERSONAL, OF_LOG, OF_REGISTRY
from mailpixel.store.sqlite.scanning import TABLES, TEXTS_OF
from mailpixel.times import now_ms
from mailpixel.work.erasures import ErasuresAtWork
from tests.support.builders import a_campaign, a_click, an_open, at_ms
from tests.support.erasing import an_erasing

NOW_MS = at_ms(1_000)
BUSY_MS = 50
PERSON, OTHER = "person-4711", "person-4711-b"


class Folder:
    """A data folder with a store and a registry."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store, self.registry = open_sqlite(path / "mailpixel.db")
        self.erasing = an_erasing(self.store, self.registry, NOW_MS, path)

    def bytes(self) -> bytes:
        files = [each for each in self.path.rglob("*") if each.is_file()]
        return b"".join(file.read_bytes() for file in files)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.store.close()
    made.registry.close()


def test_every_table_says_whether_it_holds_something_of_people(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.path / "mailpixel.db")) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        texts = {name for name in tables if connection.execute(TEXTS_OF, (name,)).fetchall()}
    erased = {eraser.table for eraser in (*OF_LOG, *OF_REGISTRY)}
    assert not texts - erased - ELSEWHERE.keys() - IMPERSONAL.keys()
    assert not erased & IMPERSONAL.keys()
    assert not ELSEWHERE.keys() & IMPERSONAL.keys()


def test_a_person_is_erased_from_everything_and_the_proof_does_not_say_who(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign())
    folder.store.append(
        [an_open(1, recipient=PERSON), a_click(2, recipient=PERSON), an_open(3, recipient=OTHER)]
    )
    folder.registry.record_consents([Said(PERSON, MAIL, Statement.GRANTED, at_ms(1), "form", "w-1")], NOW_MS)
    outcome = erase_people(folder.erasing, [PERSON, PERSON, "nobody-knows"])
    assert outcome.problem == ""
    assert outcome.record == ErasureRecord(
        outcome.record.id,
        NOW_MS,
        people=2,
        state=ErasureState.DONE,
        done_at_ms=NOW_MS,
        events=2,
        consents_kept=1,
        files_scanned=outcome.record.files_scanned,
    )
    assert outcome.record.files_scanned >= 2
    assert folder.registry.erasure(outcome.record.id) == outcome.record
    held = folder.bytes().replace(OTHER.encode(), b"")
    assert PERSON.encode() not in held
    assert [message.recipient for message in folder.store.messages("spring")] == [OTHER]


def test_a_proof_says_nothing_of_people_whose_own_erasure_still_waits(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign())
    folder.store.append([an_open(1, recipient="first"), an_open(2, recipient="second")])
    for at, recipient in ((1_000, "first"), (1_001, "second")):
        erase_at_request(replace(folder.erasing, clock=partial(at_ms, at)), recipient)
    folder.store.append([an_open(1_002, recipient="second")])  # by a process that did not know yet
    later = replace(folder.erasing, clock=partial(at_ms, 1_003))
    outcomes = finish_all(later)
    assert [(each.problem, each.record.state, each.record.bytes_found) for each in outcomes] == [
        ("", ErasureState.DONE, 0),
        ("", ErasureState.DONE, 0),
    ]
    assert [message.recipient for message in folder.store.messages("spring")] == []
    assert b"second" not in folder.bytes()


def test_an_erased_person_is_left_out_until_they_say_yes_themselves(folder: Folder) -> None:
    erase_people(folder.erasing, [PERSON])
    assert folder.registry.consent_of(PERSON).erased
    later = Said(PERSON, MAIL, Statement.GRANTED, NOW_MS + 1, "page", "w-1", "page")
    folder.registry.record_consents([later], NOW_MS + 1, own=True)
    assert folder.registry.consent_of(PERSON) == Consent(Statement.GRANTED, Statement.GRANTED)


def returns(folder: Folder, at: int) -> None:
    """The person says yes to opens on their page, and opens a mail."""
    said = Said(PERSON, OPENS, Statement.GRANTED, at_ms(at), "page", "w-1", "page")
    folder.registry.record_consents([said], at_ms(at), own=True)
    folder.store.append([an_open(at + 1, recipient=PERSON)])


def moments(folder: Folder) -> list[int]:
    """When what is logged of the person was received."""
    return [event.received_at_ms for event in folder.store.message("spring", PERSON).events]


def test_who_says_yes_before_their_erasure_is_finished_stays(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign())
    folder.store.append([an_open(1, recipient=PERSON), a_click(2, recipient=PERSON)])
    erase_at_request(folder.erasing, PERSON)
    returns(folder, 1_010)
    [outcome] = finish_all(replace(folder.erasing, clock=partial(at_ms, 1_020)))
    assert (outcome.problem, outcome.record.state, outcome.record.bytes_found) == ("", ErasureState.DONE, 0)
    assert folder.registry.consent_of(PERSON) == Consent(Statement.GRANTED, Statement.DENIED)
    [noted] = folder.store.suppressions()
    assert (noted.at_ms, noted.lifted_ms) == (NOW_MS, at_ms(1_010))
    folder.store.append([an_open(1_030, recipient=PERSON), an_open(900, recipient=PERSON)])
    assert moments(folder) == [at_ms(1_030)]


def test_who_says_yes_while_a_killed_erasure_waits_loses_what_was_before_and_stays(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON), an_open(2, recipient=OTHER)])
    record = ErasureRecord("e-1", NOW_MS, 2)
    folder.registry.begin_erasure(record, [PERSON, OTHER])
    leave_out(folder.erasing, [PERSON, OTHER], NOW_MS)  # killed after that
    returns(folder, 1_010)
    [outcome] = finish_all(replace(folder.erasing, clock=partial(at_ms, 1_020)))
    assert (outcome.problem, outcome.record.events, outcome.record.bytes_found) == ("", 3, 0)
    assert folder.registry.consent_of(PERSON) == Consent(Statement.GRANTED, Statement.DENIED)
    assert folder.registry.consent_of(OTHER).erased
    assert list(folder.store.messages("spring")) == []


def test_who_says_yes_while_a_reader_holds_the_log_is_no_reason_to_fail(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign())
    folder.store.append([an_open(1, recipient=PERSON)])
    quick = SqliteStore(folder.path / "mailpixel.db", BUSY_MS)
    erasing = replace(folder.erasing, store=quick)
    with closing(sqlite3.connect(folder.path / "mailpixel.db")) as reader:
        reader.execute("begin")
        reader.execute("select * from events").fetchall()
        outcome = erase_people(erasing, [PERSON])
        assert (outcome.record.state, bool(outcome.problem)) == (ErasureState.ERASED, True)
    returns(folder, 1_010)
    [outcome] = finish_all(erasing)
    assert (outcome.problem, outcome.record.state, outcome.record.bytes_found) == ("", ErasureState.DONE, 0)
    assert moments(folder) == [at_ms(1_011)]
    quick.close()


def test_an_agent_that_others_have_meanwhile_is_not_taken_for_something_of_the_erased(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign())
    folder.store.append([an_open(1, recipient=PERSON, agent="Rare/1.0")])
    quick = SqliteStore(folder.path / "mailpixel.db", BUSY_MS)
    with closing(sqlite3.connect(folder.path / "mailpixel.db")) as reader:
        reader.execute("begin")
        reader.execute("select * from events").fetchall()
        erase_people(replace(folder.erasing, store=quick), [PERSON])
    folder.store.append([an_open(1_011, recipient=OTHER, agent="Rare/1.0")])
    [outcome] = finish_all(folder.erasing)
    assert (outcome.problem, outcome.record.bytes_found) == ("", 0)
    quick.close()


def test_the_list_beside_the_keys_holds_keyed_hashes_alone(folder: Folder) -> None:
    erase_people(folder.erasing, [PERSON])
    listed = read_suppressed(folder.path / FILE_NAME, folder.store.person_secret())
    assert list(listed.values()) == folder.store.suppressions()
    assert PERSON.encode() not in (folder.path / FILE_NAME).read_bytes()
    assert (folder.path / FILE_NAME).stat().st_mode & 0o777 == 0o600


def test_the_list_only_grows_and_survives_a_torn_entry_and_another_database(tmp_path: Path) -> None:
    path, mine, theirs = tmp_path / FILE_NAME, b"m" * 32, b"t" * 32
    first, later = Suppression(b"a" * 8, 10), Suppression(b"a" * 8, 10, 20)
    assert join_suppressed(path, mine, [first]) == 1
    assert join_suppressed(path, theirs, [Suppression(b"b" * 8, 5)]) == 1
    with path.open("ab") as file:
        file.write(b"torn")
    assert join_suppressed(path, mine, [first, later]) == 1
    assert join_suppressed(path, mine, [first]) == 0
    assert read_suppressed(path, mine) == {b"a" * 8: later}
    assert read_suppressed(path, theirs) == {b"b" * 8: Suppression(b"b" * 8, 5)}
    assert read_suppressed(tmp_path / "none.bin", mine) == {}


def test_erasing_waits_until_every_living_worker_knows(folder: Folder) -> None:
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            folder.registry.note_worker(Worker("w-1", 1 << 40, NOW_MS))

    erasing = replace(folder.erasing, sleep=sleep)
    folder.registry.note_worker(Worker("w-1", 0, NOW_MS))
    folder.registry.note_worker(Worker("dead", 0, NOW_MS - 600_000))
    folder.registry.note_erased([PERSON], NOW_MS)
    assert wait_for_workers(erasing)
    assert len(waited) == 3


def test_a_worker_that_says_nothing_holds_an_erasure_up_until_it_may_record_nobody(folder: Folder) -> None:
    moments = iter(range(NOW_MS, NOW_MS + 60_000, 500))
    erasing = replace(folder.erasing, clock=lambda: next(moments))
    folder.registry.note_worker(Worker("w-1", 0, NOW_MS))
    folder.registry.note_erased([PERSON], NOW_MS)
    assert not wait_for_workers(erasing)
    assert next(moments) < NOW_MS + WORKERS_WITHIN_MS + 2_000


class _Killed(Exception):
    """What ends the process in a test."""


class _Dying(DataFiles):
    """Files at which the process is killed."""

    def forget(self, recipients: object) -> None:
        raise _Killed


def test_an_erasure_that_was_killed_is_continued(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON)])
    dying = replace(folder.erasing, files=_Dying(Settings(data=folder.path)))
    with pytest.raises(_Killed):
        erase_people(dying, [PERSON])
    [unfinished] = folder.registry.unfinished_erasures()
    assert (unfinished.state, list(folder.registry.erasing(unfinished.id))) == (ErasureState.ASKED, [PERSON])
    [outcome] = finish_all(folder.erasing)
    assert (outcome.record.events, outcome.record.state, outcome.problem) == (1, ErasureState.DONE, "")
    assert PERSON.encode() not in folder.bytes()
    assert finish_all(folder.erasing) == ()


def test_nobody_else_continues_an_erasure_that_is_under_way(folder: Folder) -> None:
    folder.registry.begin_erasure(ErasureRecord("e-1", NOW_MS, 1), [PERSON])
    assert folder.registry.take_lease("erasures", "another", NOW_MS, 60_000)
    assert finish_all(folder.erasing) == ()
    folder.registry.drop_lease("erasures", "another")
    assert [outcome.record.id for outcome in finish_all(folder.erasing)] == ["e-1"]


def test_signed_lists_that_name_a_person_go_and_the_others_stay(folder: Folder) -> None:
    lists = folder.path / FOLDER
    lists.mkdir()
    for id, recipient in (("theirs", OTHER), ("mine", PERSON)):
        (lists / f"{id}.csv").write_text(f"recipient,token\n{recipient},TOKEN\n")
        (lists / f"{id}.ndjson").write_text(json.dumps({"recipient": recipient}) + "\n")
        (lists / f"{id}.json").write_text("{}")
    (lists / "compressed.parquet").write_bytes(b"PAR1")
    (lists / "signing.unfinished").write_bytes(b"{}")
    erase_people(folder.erasing, [PERSON])
    assert {file.name for file in lists.iterdir()} == {"theirs.csv", "theirs.json", "theirs.ndjson"}


def test_what_a_sender_set_up_with_the_id_in_it_is_named_and_counted(folder: Folder) -> None:
    folder.registry.add_campaign(a_campaign(name=f"A campaign for {PERSON} alone"))
    (folder.path / "operator.json").write_text(json.dumps({"note": f"not {OTHER}, but {PERSON}."}))
    outcome = erase_people(folder.erasing, [PERSON])
    assert (outcome.record.state, outcome.record.bytes_found) == (ErasureState.DONE, 2)
    assert "still in campaigns, operator.json" in outcome.problem
    assert PERSON not in outcome.problem


def test_a_database_that_a_restore_replaced_is_searched_and_named(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON)])
    replaced = folder.path / "replaced" / "2026-11-28T10-00-00Z"
    replaced.mkdir(parents=True)
    (replaced / "mailpixel.db").write_bytes(b"SQLite format 3\0" + PERSON.encode() + b"\0\xff")
    outcome = erase_people(folder.erasing, [PERSON])
    assert (outcome.record.state, outcome.record.bytes_found) == (ErasureState.DONE, 1)
    assert f"still in {replaced.relative_to(folder.path)}/mailpixel.db" in outcome.problem


def test_an_id_that_is_a_part_of_another_is_not_taken_for_it(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient="r-1"), an_open(2, recipient="r-11")])
    outcome = erase_people(folder.erasing, ["r-1"])
    assert (outcome.record.bytes_found, outcome.problem) == (0, "")
    assert b"r-11" in folder.bytes()


def test_a_row_that_still_names_a_person_is_found_by_the_search(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON)])
    assert folder.store.scan([PERSON]) == Scanned(3, ("events",))
    many = [PERSON, *(f"somebody-{n}" for n in range(1_000))]
    assert folder.store.scan(many) == Scanned(3, ("events",))
    assert folder.store.scan(many[1:]) == Scanned(3)


def test_a_held_log_leaves_the_erasure_pending_until_it_is_finished(tmp_path: Path) -> None:
    store, registry = SqliteStore(tmp_path / "mailpixel.db", 50), SqliteRegistry(tmp_path / "mailpixel.db")
    erasing = an_erasing(store, registry, NOW_MS, tmp_path)
    store.append([an_open(1, recipient=PERSON)])
    with closing(sqlite3.connect(tmp_path / "mailpixel.db", isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from events").fetchone()
        outcome = erase_people(erasing, [PERSON])
        assert (outcome.record.state, outcome.record.events) == (ErasureState.ERASED, 1)
        assert "mailpixel.db-wal" in outcome.problem
        reader.execute("rollback")
    [finished] = finish_all(erasing)
    assert (finished.problem, finished.record.state) == ("", ErasureState.DONE)
    assert PERSON.encode() not in (tmp_path / "mailpixel.db").read_bytes()
    store.close()
    registry.close()


def test_several_people_are_erased_a_hundred_at_a_time(folder: Folder) -> None:
    people = [f"member-{n:04}" for n in range(250)]
    folder.store.append([an_open(n, recipient=each) for n, each in enumerate([*people, OTHER])])
    paused: list[float] = []
    before = folder.store.cursor()
    outcome = erase_people(replace(folder.erasing, sleep=paused.append), people)
    assert (outcome.record.people, outcome.record.events, len(paused)) == (250, 250, 2)
    assert (before, folder.store.cursor()) == ("", "0.3.0")
    held = folder.bytes()
    assert not any(each.encode() in held for each in people)
    assert [message.recipient for message in folder.store.messages("spring")] == [OTHER]


def restored(folder: Folder, backup: bytes) -> Folder:
    """The folder with the database as it was, and everything beside it as it is."""
    folder.store.close()
    folder.registry.close()
    for ending in ("-wal", "-shm"):
        (folder.path / f"mailpixel.db{ending}").unlink(missing_ok=True)
    (folder.path / "mailpixel.db").write_bytes(backup)
    return Folder(folder.path)


def a_backup(folder: Folder) -> bytes:
    with closing(sqlite3.connect(folder.path / "mailpixel.db")) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    return (folder.path / "mailpixel.db").read_bytes()


def test_erasures_since_a_backup_are_repeated_after_it_was_restored(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON), an_open(2, recipient=OTHER)])
    backup = a_backup(folder)
    erase_people(folder.erasing, [PERSON, "nobody-knows"])
    assert replay_erasures(folder.erasing) == Replayed(0)
    again = restored(folder, backup)
    assert len(behind(again.store, again.erasing.listed)) == 2
    replayed = replay_erasures(again.erasing)
    assert (replayed.entries, replayed.outcome and replayed.outcome.record.events) == (2, 1)
    assert list(again.store.person(PERSON)) == []
    assert PERSON.encode() not in again.bytes().replace(OTHER.encode(), b"")
    assert [again.registry.consent_of(each).erased for each in (PERSON, "nobody-knows", OTHER)] == [
        True,
        True,
        False,
    ]
    assert replay_erasures(again.erasing) == Replayed(0)


def test_who_returned_after_the_erasure_is_erased_up_to_then_and_counted_again(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON)])
    backup = a_backup(folder)
    erase_people(folder.erasing, [PERSON])
    folder.registry.note_lifted([PERSON], NOW_MS + 5)
    join_suppressed(folder.erasing.listed, folder.store.person_secret(), folder.store.suppressions())
    again = restored(folder, backup)
    assert replay_erasures(again.erasing).entries == 1
    assert list(again.store.person(PERSON)) == []
    assert not again.registry.consent_of(PERSON).erased
    assert replay_erasures(again.erasing) == Replayed(0)


def test_whoever_finishes_erasures_keeps_the_list_up_to_date(folder: Folder) -> None:
    folder.store.append([an_open(1, recipient=PERSON)])
    folder.registry.begin_erasure(ErasureRecord("e-1", NOW_MS, 1), [PERSON])
    at_work = ErasuresAtWork(Settings(data=folder.path), folder.store, folder.registry)
    assert at_work.catch_up(lambda: NOW_MS, 1_000) == 1
    assert at_work.catch_up(lambda: NOW_MS, 1_000) == 0
    assert folder.registry.erasure("e-1").state is ErasureState.DONE
    folder.registry.note_lifted([PERSON], now_ms() + 5)
    ErasuresAtWork(Settings(data=folder.path), folder.store, folder.registry).catch_up(lambda: NOW_MS, 1_000)
    [entry] = read_suppressed(folder.path / FILE_NAME, folder.store.person_secret()).values()
    assert entry.lifted_ms > entry.at_ms


def test_the_command_repeats_erasures_and_serves_nothing_before(folder: Folder) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(cli, ["--data", str(folder.path), *words])

    backup = a_backup(folder)
    erase_people(folder.erasing, [PERSON])
    restored(folder, backup)
    assert "mailpixel person replay-erasures" in run("doctor").stdout
    done = run("person", "replay-erasures")
    assert (done.exit_code, done.stderr) == (0, "1 erasure(s) were not known to this database\n")
    assert "replay-erasures" not in run("doctor").stdout


def test_finishing_says_that_another_process_is_at_it(folder: Folder) -> None:
    folder.registry.begin_erasure(ErasureRecord("e-1", NOW_MS, 1), [PERSON])
    assert folder.registry.take_lease("erasures", "another", now_ms(), 60_000)
    done = CliRunner().invoke(cli, ["--data", str(folder.path), "person", "erase", "--finish"])
    assert (done.exit_code, "another process erases" in done.stderr) == (1, True)


def test_doctor_names_erasures_that_are_not_finished(folder: Folder) -> None:
    folder.registry.begin_erasure(ErasureRecord("e-1", NOW_MS, 1), [PERSON])
    check = check_erasures(folder.store, folder.registry, NOW_MS)
    assert (check.grade, check.remedy) == (Grade.WARN, "mailpixel person erase --finish")
