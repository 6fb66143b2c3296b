"""A data folder of every released schema opens in this release: same figures, same hits, and its links still work."""

import csv
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel import Claims, Reading, TokenKind, TokenSigner, load_keyring
from mailpixel.cli import cli
from mailpixel.folder.opening import begin, open_stores
from mailpixel.modes import Mode, both
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import LEGACY, Policy
from mailpixel.settings import Settings
from mailpixel.store.privacy_choice import PrivacyChoice

RELEASED = sorted(
    path for path in (Path(__file__).parents[1] / "data" / "schemas").iterdir() if path.is_dir()
)
KNOWS_PROGRAMS = "0016"
"""The first schema whose states know programs and devices."""
LATER = {"as_of", "rules_version", "definition"}
"""What a later release may say differently of the same figures."""


@pytest.fixture(params=RELEASED, ids=lambda path: path.name)
def released(request: pytest.FixtureRequest) -> Path:
    """The folder of one released schema."""
    folder: Path = request.param
    return folder


@pytest.fixture
def data(released: Path, tmp_path: Path) -> Path:
    """A data folder as that release left it."""
    return unpacked(released, tmp_path)


def unpacked(released: Path, folder: Path) -> Path:
    """The folder, with the database and the keys that a release left."""
    with closing(sqlite3.connect(folder / "mailpixel.db")) as connection:
        connection.executescript((released / "database.sql").read_text(encoding="utf-8"))
    (folder / "keys.json").write_bytes((released / "keys.json").read_bytes())
    os.chmod(folder / "keys.json", 0o600)
    return folder


def json_of(data: Path, *arguments: str) -> Any:
    done = CliRunner().invoke(cli, ["--data", str(data), *arguments, "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def part_of(now: Any, then: Any) -> Any:
    """What is said now, cut to the keys that were known then."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {name: part_of(now.get(name), then[name]) for name in then if name not in LATER}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [part_of(*pair) for pair in zip(now, then, strict=True)]
    return now


@pytest.mark.parametrize("campaign", ["spring", "autumn"])
def test_the_figures_are_those_of_the_release(data: Path, released: Path, campaign: str) -> None:
    then = json.loads((released / f"{campaign}.json").read_text())
    assert part_of(json_of(data, "report", campaign), then) == part_of(then, then)


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


def test_a_message_shows_the_hits_it_had(data: Path, released: Path) -> None:
    then = json.loads((released / "explain.json").read_text())
    now = json_of(data, "explain", "spring", "r-1")
    said = [(event["kind"], event["verdict"]) for event in then["hits"]]
    assert [(event["kind"], event["verdict"]) for event in now["hits"]] == said != []


def test_a_link_in_a_mail_of_that_time_still_verifies(data: Path, released: Path) -> None:
    signer = TokenSigner(load_keyring(data / "keys.json"))
    rows = list(csv.DictReader((released / "urls.csv").read_text().splitlines()))
    tokens = [row["link_1"].rpartition("/")[2] for row in rows]
    clicks = [Claims(TokenKind.CLICK, "spring", row["recipient"], link=1) for row in rows]
    assert [signer.verify(token, [TokenKind.CLICK]) for token in tokens] == [
        Reading(claims) for claims in clicks
    ]
