"""A folder of an earlier release records as that release did until its operator sets a mode, and never more then."""

import csv
import re
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.opening import open_stores
from mailpixel.links.minter import Minter
from mailpixel.model import Event
from mailpixel.settings import Settings
from tests.support.api import an_app
from tests.support.first_campaign import PERSON
from tests.support.released import CLOSELY, sql_of, unpacked

ADDRESS = "198.51.100.77"
AGENT = f"{PERSON['user-agent']} Later"
REFUSES = {"sec-gpc": "1", "dnt": "1"}


@pytest.fixture(params=CLOSELY, ids=lambda path: path.name)
def released(request: pytest.FixtureRequest) -> Path:
    """What a release left."""
    folder: Path = request.param
    return folder


@pytest.fixture
def data(released: Path, tmp_path: Path) -> Path:
    """A data folder as that release left it."""
    return unpacked(released, tmp_path)


@pytest.fixture
def opted_out(released: Path) -> str:
    """A recipient who had opted out."""
    found = re.search(r'INTO "optouts" VALUES\(\'([^\']+)', sql_of(released))
    assert found is not None
    return found[1]


def urls_of(data: Path, recipient: str) -> tuple[str, str]:
    """The paths of the pixel and of a link in mail of that time."""
    minter = Minter(load_keyring(data / "keys.json"), "https://t.example", "spring")
    urls = (minter.pixel(recipient), minter.link(recipient, 1))
    return urls[0].removeprefix("https://t.example"), urls[1].removeprefix("https://t.example")


def recorded(data: Path, recipient: str = "r-1", refuses: bool = False, **settings: Any) -> Sequence[Event]:
    """What is logged when a reader opens the mail and follows a link, with these settings."""
    before = {event.id for event in events_of(data, recipient)}
    headers = {**PERSON, "user-agent": AGENT, "x-forwarded-for": ADDRESS} | (REFUSES if refuses else {})
    with an_app(data, trusted_proxies=("127.0.0.0/8",), **settings) as client:
        statuses = [
            client.get(path, headers=headers, follow_redirects=False).status_code
            for path in urls_of(data, recipient)
        ]
    assert statuses == [200, 302]
    return [event for event in events_of(data, recipient) if event.id not in before]


def events_of(data: Path, recipient: str) -> Sequence[Event]:
    store, registry = open_stores(Settings(data=data))
    with closing(store), closing(registry):
        return [event for message in store.person(recipient) for event in message.events]


def kept(events: Sequence[Event]) -> list[tuple[str, str, int]]:
    """The kind, the address and the length of the tag of each."""
    return [(event.kind.value, event.address, len(event.tag)) for event in events]


@pytest.mark.parametrize(("keep", "address"), [("full", ADDRESS), ("network", "198.51.100.0"), ("none", "")])
def test_hits_are_kept_as_before(data: Path, keep: str, address: str) -> None:
    found = recorded(data, keep_address=keep, refuses=True)
    assert kept(found) == [("open", address, 0), ("click", address, 0)]
    assert {event.agent for event in found} == {AGENT}


def test_who_had_opted_out_is_not_recorded_and_who_does_so_now_neither(data: Path, opted_out: str) -> None:
    assert recorded(data, opted_out) == []
    token = Minter(load_keyring(data / "keys.json"), "https://t.example", "spring").token("r-1")
    with an_app(data) as client:
        assert client.post(f"/u/{token}").status_code == 200
    assert recorded(data, "r-1") == []


def test_mail_is_signed_as_before(data: Path, released: Path, opted_out: str) -> None:
    then = list(csv.DictReader((released / "urls.csv").read_text().splitlines()))
    then = [row for row in then if row["recipient"] != opted_out]
    asked = "\n".join(["recipient", *(row["recipient"] for row in then)])
    done = CliRunner().invoke(cli, ["--data", str(data), "links", "spring", "--recipients", "-"], input=asked)
    now = {row["recipient"]: row for row in csv.DictReader(done.stdout.splitlines())}
    assert now.keys() == {row["recipient"] for row in then}
    for row in then:
        for column in ("pixel_url", "link_1"):
            assert now[row["recipient"]][column].rpartition("/")[2] == row[column].rpartition("/")[2]


def test_a_mode_once_set_holds_when_the_variable_is_gone(data: Path, opted_out: str) -> None:
    individual = [("open", "", 8), ("click", "", 8)]
    chosen: list[dict[str, Any]] = [{"mode": "individual"}, {}, {"keep_address": "full"}]
    for settings in chosen:
        found = recorded(data, **settings)
        assert [(kind, address, min(tag, 8)) for kind, address, tag in kept(found)] == individual
    assert recorded(data, refuses=True) == []
    assert recorded(data, mode="aggregate") == []
    assert recorded(data) == []
    assert recorded(data, opted_out, mode="full") == []


def test_full_keeps_the_network_only_where_somebody_agreed(data: Path) -> None:
    assert {event.address for event in recorded(data, mode="full")} == {""}
    granted = recorded(data, mode="full", unknown_consent="full")
    assert {event.address for event in granted} == {"198.51.100.0"}
    assert {event.address for event in recorded(data)} == {"198.51.100.0"}
