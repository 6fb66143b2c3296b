"""`mailpixel networks sources` as an operator types it: whole outputs."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mailpixel.cli import cli
from mailpixel.model import Event
from mailpixel.privacy.minimise import minimise
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import BROWSER, a_campaign, a_click, an_open
from tests.support.readers import FULL

Run = Callable[..., Result]
GATEWAY, OFFICE = "198.51.100.7", "2001:db8:7::40"


def hits(campaign: str, keep: str) -> list[Event]:
    """A gateway comes to twelve messages within a minute, twelve colleagues read the same during the day."""
    names = [f"r-{number:02}" for number in range(12)]
    gateway, office = minimise(GATEWAY, keep), minimise(OFFICE, keep)
    swept = [
        a_click(30 + number, recipient=name, address=gateway, facts=FULL, campaign=campaign)
        for number, name in enumerate(names)
    ]
    read = [
        hit
        for number, name in enumerate(names)
        for hit in (
            an_open(900 * number + 600, recipient=name, address=office, facts=FULL, campaign=campaign),
            a_click(900 * number + 650, recipient=name, address=office, facts=FULL, campaign=campaign),
        )
    ]
    return [*swept, *read]


@pytest.fixture(params=["full"])
def run(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs one command on a folder of an earlier release, where a gateway and an office were logged."""
    monkeypatch.setenv("MAILPIXEL_KEEP_ADDRESS", request.param)
    store, registry = open_sqlite(tmp_path / "data" / "mailpixel.db")
    for campaign in ("spring", "autumn"):
        registry.add_campaign(a_campaign(campaign))
    store.append([*hits("spring", request.param), *hits("autumn", request.param)[:3]])
    store.close()
    registry.close()
    with closing(sqlite3.connect(tmp_path / "data" / "mailpixel.db")) as connection, connection:
        connection.execute("update privacy set legacy = 1")
    return lambda *arguments: CliRunner().invoke(cli, ["--data", str(tmp_path / "data"), *arguments])


TOLD = f"""\
198.51.100.7  {BROWSER}
    haste 100%: 100% of its messages within 5 min of delivery, 12 of 12 recipients in its busiest minute
    15 click(s) in 15 message(s) of 2 campaign(s), 1.0 link(s) a message; 100% of the messages not opened before
    other rules already judge 0% of its clicks a machine's
    first 2026-09-21T14:13:50Z, last 2026-09-21T14:14:01Z
    mailpixel networks add 198.51.100.7 --name seen-2026-09-21
2001:db8:7::40  {BROWSER}
    haste 8%: 0% of its messages within 5 min of delivery, 1 of 12 recipients in its busiest minute
    12 click(s) in 12 message(s) of 1 campaign(s), 1.0 link(s) a message; 0% of the messages not opened before
    other rules already judge 0% of its clicks a machine's
    first 2026-09-21T14:24:10Z, last 2026-09-21T17:09:10Z
    mailpixel networks add 2001:db8:7::40 --name seen-2026-09-21
"""


def test_sources_are_shown_with_what_distinguishes_a_gateway_from_an_office(run: Run) -> None:
    told = run("networks", "sources")
    assert (told.exit_code, told.stdout) == (0, TOLD)
    assert told.stderr == "2 of 2 source(s) that followed links of 10 recipients or more\n"


def test_the_command_printed_adds_an_entry_that_the_next_listing_names(run: Run) -> None:
    command = run("networks", "sources", "--limit", "1").stdout.splitlines()[-1].split()
    assert run(*command[1:]).exit_code == 0
    covered = run("networks", "sources").stdout.splitlines()
    assert [line for line in covered if not line.startswith(" ")] == [
        f"2001:db8:7::40  {BROWSER}",
        f"198.51.100.7  {BROWSER}",
    ]
    assert covered[-1] == "    covered by 198.51.100.7/32 “seen-2026-09-21” (clicks, probable)"


def test_sources_are_narrowed_and_given_as_json(run: Run) -> None:
    def found(*options: str) -> list[tuple[str, int]]:
        rows = json.loads(run("networks", "sources", "--json", *options).stdout)
        return [(row["address"], row["messages"]) for row in rows]

    assert found() == [(GATEWAY, 15), (OFFICE, 12)]
    assert found("--campaign", "autumn", "--min-recipients", "3") == [(GATEWAY, 3)]
    assert found("--since", "2026-09-21T14:20:00") == [(OFFICE, 12)]
    assert found("--limit", "1") == [(GATEWAY, 15)]
    assert found("--min-recipients", "13") == []


@pytest.mark.parametrize("run", ["network"], indirect=True)
def test_where_only_networks_are_kept_the_network_is_the_source(run: Run) -> None:
    lines = [line.strip() for line in run("networks", "sources").stdout.splitlines()]
    assert [line for line in lines if line.endswith(BROWSER)] == [
        f"198.51.100.0  {BROWSER}",
        f"2001:db8:7::  {BROWSER}",
    ]
    assert [line for line in lines if line.startswith("mailpixel")] == [
        "mailpixel networks add 198.51.100.0/24 --name seen-2026-09-21",
        "mailpixel networks add 2001:db8:7::/48 --name seen-2026-09-21",
    ]


@pytest.mark.parametrize("run", ["none"], indirect=True)
def test_where_no_address_is_kept_there_is_nothing_to_list_and_it_says_so(run: Run) -> None:
    told = run("networks", "sources")
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == (
        "addresses are not kept (MAILPIXEL_KEEP_ADDRESS=none), so sources cannot be distinguished\n"
    )


TAGS = (
    "hits are logged without addresses, so sources cannot be compared from one message to another; "
    "that needs mode full (MAILPIXEL_MODE=full)"
)


def test_in_a_mode_without_addresses_it_says_which_mode_is_needed(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILPIXEL_MODE", "individual")
    told = run("networks", "sources")
    assert told.stdout == TOLD
    assert told.stderr == f"2 of 2 source(s) that followed links of 10 recipients or more; {TAGS}\n"
    assert run("networks", "sources", "--since", "2026-10-01").stderr == f"{TAGS}\n"


@pytest.mark.parametrize("run", ["network"], indirect=True)
def test_in_mode_full_the_network_is_the_source(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILPIXEL_MODE", "full")
    told = run("networks", "sources")
    assert "mailpixel networks add 198.51.100.0/24 --name seen-2026-09-21" in told.stdout
    assert told.stderr.endswith("only of people whose clicks are recorded in mode full\n")


def test_no_source_as_large_as_asked_for_is_no_fault(run: Run) -> None:
    told = run("networks", "sources", "--min-recipients", "13")
    assert (told.exit_code, told.stdout) == (0, "")
    assert told.stderr == "no source followed links of 13 recipients or more\n"


@pytest.mark.parametrize(
    ("options", "code", "error"),
    [
        (("--campaign", "winter"), 1, "error: "),
        (("--since", "yesterday"), 2, "error: --since: must be a date, or a date and time"),
        (
            ("--since", "0001-01-01T00:00:00+14:00"),
            2,
            "error: --since: must be a moment in the years 2000 to 2099; this is too early",
        ),
        (("--min-recipients", "1"), 2, "Usage: "),
    ],
)
def test_a_misuse_of_sources_names_the_option(
    run: Run, options: tuple[str, ...], code: int, error: str
) -> None:
    told = run("networks", "sources", *options)
    assert (told.exit_code, told.stdout) == (code, "")
    assert told.stderr.startswith(error)
