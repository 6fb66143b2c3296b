"""A data folder of every released schema opens in this release: same figures, same hits, and its links still work."""

import csv
import json
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

from mailpixel import TokenKind, TokenSigner, load_keyring
from mailpixel.cli import cli
from mailpixel.folder.opening import begin, open_stores
from mailpixel.modes import Mode, both
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import LEGACY, Policy
from mailpixel.settings import Settings
from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.steps_0033 import STEPS
from tests.support.released import CLOSELY, RELEASED, part_of, said_by, unpacked

KNOWS_PROGRAMS = "0016"
"""The first schema whose states know programs and devices."""
KILLED = [
    *((path, 1) for path in CLOSELY[:2]),
    *(pytest.param(path, 10, marks=pytest.mark.soak) for path in RELEASED),
]
"""Each schema, and at how many random points its migration is killed."""


@pytest.fixture(params=CLOSELY, ids=lambda path: path.name)
def released(request: pytest.FixtureRequest) -> Path:
    """The folder of one released schema."""
    folder: Path = request.param
    return folder


@pytest.fixture
def data(released: Path, tmp_path: Path) -> Path:
    """A data folder as that release left it."""
    return unpacked(released, tmp_path / "data")


def json_of(data: Path, *arguments: str) -> Any:
    done = CliRunner().invoke(cli, ["--data", str(data), *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def assert_says_the_same(data: Path, released: Path) -> None:
    """The figures of both campaigns and the hits of a message are those of the release."""
    said = said_by(released)
    for campaign in ("spring", "autumn"):
        then = said[campaign]
        assert part_of(json_of(data, "report", campaign), then) == part_of(then, then)
    if "visits" in said:
        visits = json_of(data, "site", "visits", "shop")
        assert part_of(visits, said["visits"]) == part_of(said["visits"], said["visits"]) != []
    hits = [(event["kind"], event["verdict"]) for event in said["explain"]["hits"]]
    now = json_of(data, "explain", "spring", "r-1")
    assert [(event["kind"], event["verdict"]) for event in now["hits"]] == hits != []


@pytest.mark.parametrize("folder", RELEASED, ids=lambda path: path.name)
def test_figures_and_hits_are_those_of_the_release_and_its_links_verify(folder: Path, tmp_path: Path) -> None:
    data = unpacked(folder, tmp_path / "data")
    assert_says_the_same(data, folder)
    signer = TokenSigner(load_keyring(data / "keys.json"))
    rows = list(csv.DictReader((folder / "urls.csv").read_text().splitlines()))
    found = [signer.verify(row["link_1"].rpartition("/")[2], [TokenKind.CLICK]) for row in rows]
    assert [each.problem for each in found] == [None, None, None]
    named = [(each.claims.campaign, each.claims.recipient, each.claims.link) for each in found if each.claims]
    assert named == [("spring", row["recipient"], 1) for row in rows]


def steps_of(path: Path) -> list[str]:
    """The steps that a database has, as another program reads them."""
    with closing(sqlite3.connect(path)) as connection:
        return sorted(name for (name,) in connection.execute("select name from _sqlite_migrations"))


def killed_at(data: Path, statement: int) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "tests.support.killed_migration",
        str(data / "mailpixel.db"),
        str(statement),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("folder", "points"), KILLED)
def test_a_migration_that_is_killed_leaves_the_old_schema_and_is_done_again(
    folder: Path, points: int, tmp_path: Path
) -> None:
    whole = killed_at(unpacked(folder, tmp_path / "whole"), 0)
    assert whole.returncode == 0, whole.stderr
    chance = random.Random(folder.name)
    data = unpacked(folder, tmp_path / "data")
    before = steps_of(data / "mailpixel.db")
    for _ in range(points):
        killed = killed_at(data, chance.randint(1, int(whole.stdout)))
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert steps_of(data / "mailpixel.db") == before
    assert_says_the_same(data, folder)
    assert json_of(data, "check") == [each | {"differ": 0} for each in json_of(data, "check")]


def test_readers_of_the_old_program_see_their_schema_to_the_end_of_their_transaction(
    data: Path, released: Path
) -> None:
    """What the former program reads for its figures, word for word, before, while and after the schema changes."""
    asked = (
        "select link, measure, number from counters where shelf = 1 and bucket_ms = 0 order by link, measure"
    )
    with (
        closing(sqlite3.connect(data / "mailpixel.db", isolation_level=None)) as one,
        closing(
            sqlite3.connect(data / "mailpixel.db", isolation_level=None, check_same_thread=False)
        ) as other,
    ):
        before, opted_out = (
            one.execute(asked).fetchall(),
            one.execute("select count(*) from optouts").fetchall(),
        )
        one.execute("begin")
        assert one.execute("select count(*) from optouts").fetchall() == opted_out
        seen: list[list[tuple[int, str, int]]] = []
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                seen.append(other.execute(asked).fetchall())

        reader = threading.Thread(target=read)
        reader.start()
        migrate(data / "mailpixel.db")
        done.set()
        reader.join()
        assert one.execute("select count(*) from optouts").fetchall() == opted_out, (
            "its moment is before the change"
        )
        one.execute("rollback")
        assert all(set(before) <= set(each) for each in seen), "a step may add measures"
        with pytest.raises(sqlite3.OperationalError, match="no such table: optouts"):
            one.execute("select count(*) from optouts")
    assert_says_the_same(data, released)


@pytest.mark.parametrize(
    "words", [["report", "spring"], ["backup", "copy"], ["check"], ["work"], ["campaign", "list"]]
)
def test_a_database_of_a_newer_release_is_refused_by_every_command_and_stays_as_it_is(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = unpacked(CLOSELY[0], tmp_path / "data")
    newer = Migrations(STEPS.name)
    newer(name="9999_from_the_future")(lambda db: None)
    with closing(sqlite3.connect(data / "mailpixel.db")) as connection:
        newer.apply(Admin(connection))
    before = (data / "mailpixel.db").read_bytes()
    done = CliRunner().invoke(cli, ["--data", str(data), *words])
    problem = (
        "the database was written by a newer mailpixel (step 9999_from_the_future); update this one to use it"
    )
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", f"error: {problem}\n")
    assert (data / "mailpixel.db").read_bytes() == before


def test_an_upgraded_folder_records_as_before_until_a_mode_is_chosen(data: Path) -> None:
    _, registry = open_stores(Settings(data=data))
    assert policy_of(Settings(), registry.privacy_choice()) == LEGACY
    begin(Settings(data=data, mode="aggregate"))
    begin(Settings(data=data))
    stored = registry.privacy_choice()
    assert stored.mode_since_ms is not None
    assert replace(stored, mode_since_ms=None) == PrivacyChoice(legacy=True, mode="aggregate")
    assert policy_of(Settings(), stored) == Policy(both(Mode.AGGREGATE))


def test_judging_history_again_keeps_every_event(data: Path) -> None:
    before = json_of(data, "report", "spring")
    assert CliRunner().invoke(cli, ["--data", str(data), "rebuild"]).exit_code == 0
    after = json_of(data, "report", "spring")
    assert after["opens"]["events"] == before["opens"]["events"]
    assert after["clicks"]["events"] == before["clicks"]["events"]


def test_programs_and_devices_are_unknown_until_history_is_judged_again(data: Path, released: Path) -> None:
    def known() -> tuple[list[str], list[str]]:
        summary = json_of(data, "report", "spring")
        named = (summary[of]["known"] for of in ("programs", "devices"))
        programs, devices = ([name for name, number in each.items() if number] for each in named)
        return programs, devices

    if released.name < KNOWS_PROGRAMS:
        assert known() == ([], [])
    assert CliRunner().invoke(cli, ["--data", str(data), "rebuild"]).exit_code == 0
    assert [set(names) for names in known()] == [{"browser", "gmail", "thunderbird"}, {"desktop", "phone"}]
