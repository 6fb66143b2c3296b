"""What `report` tells a person of how many opened."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.modes import OFF, Mode, Treatment, Untracked, both
from mailpixel.projections.lease import LEASE_MS
from mailpixel.report.moments import iso_ms
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite import open_sqlite
from mailpixel.times import now_ms
from tests.support.builders import (
    APPLE,
    SENT_AT,
    a_campaign,
    a_click,
    a_delivery,
    a_link,
    an_open,
    at_ms,
    put,
)

TRACKABLE, HIDDEN, OPENERS, CLICKERS = 400, 600, 120, 24
AGREEING = """\
open rate of people   rate   95 % interval  definition
floor                15.0%                  Messages with a human open or a human click.
extrapolation        30.0%  27.4% to 32.8%  If hidden recipients open like the others (interval: chance only).
click ratio          27.0%  21.0% to 36.9%  If hidden recipients click like the others (interval: chance only).
ceiling              72.0%                  The floor plus everyone whose privacy prefetch may hide a reader.
"""
DISAGREEING = """\
open rate of people            rate   95 % interval  definition
floor                         24.0%                  Messages with a human open or a human click.
extrapolation                 30.0%  27.4% to 32.8%  If hidden recipients open like the others (interval: chance only).
click ratio                   72.0%  52.2% to 72.0%  If hidden recipients click like the others (interval: chance only).
ceiling                       72.0%                  The floor plus everyone whose privacy prefetch may hide a reader.
range                24.0% to 72.0%                  The estimates disagree; only this range is certain.
"""


def open_rates(folder: Path, hidden_clickers: int) -> str:
    """What is said of the open rate, where so many behind a privacy prefetch clicked."""
    store, registry = open_sqlite(folder / "mailpixel.db")
    registry.add_campaign(a_campaign())
    shown = [f"shown-{number}" for number in range(TRACKABLE)]
    hidden = [f"hidden-{number}" for number in range(HIDDEN)]
    store.append([a_delivery(0, recipient=name) for name in shown + hidden])
    store.append([an_open(600, recipient=name) for name in shown[:OPENERS]])
    store.append([an_open(30, recipient=name, agent=APPLE) for name in hidden])
    clickers = shown[:CLICKERS] + hidden[:hidden_clickers]
    store.append([a_click(660, recipient=name) for name in clickers])
    store.close()
    registry.close()
    told = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["--data", str(folder), "report", "spring"])
    lines = next(part for part in told.stdout.split("\n\n") if part.startswith("open rate of people"))
    return "".join(f"{line.rstrip()}\n" for line in lines.split("\n"))


@pytest.mark.parametrize(("hidden_clickers", "told"), [(30, AGREEING), (120, DISAGREEING)])
def test_estimates_stand_between_floor_and_ceiling_and_the_range_where_they_disagree(
    tmp_path: Path, hidden_clickers: int, told: str
) -> None:
    assert open_rates(tmp_path, hidden_clickers) == told


def test_a_report_without_rates_says_which_command_gives_them(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    registry.add_campaign(replace(a_campaign(), sent=None))
    store.append([an_open(600)])
    told = CliRunner().invoke(cli, ["--data", str(tmp_path), "report", "spring"])
    assert (
        told.stderr
        == "open rates need the number of messages sent: mailpixel campaign edit spring --sent N\n"
    )
    CliRunner().invoke(cli, ["--data", str(tmp_path), "campaign", "edit", "spring", "--sent", "4"])
    told = CliRunner().invoke(cli, ["--data", str(tmp_path), "report", "spring"])
    assert (told.exit_code, told.stderr) == (0, "")


def test_a_report_that_cannot_be_brought_up_to_date_says_what_it_lacks(tmp_path: Path) -> None:
    """Another fold has the lease and does nothing, as one does that is stopped."""
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    registry.add_campaign(a_campaign(sent=4))
    store.append([an_open(600)])
    report = ["--data", str(tmp_path), "report", "spring", "--json"]
    assert json.loads(CliRunner().invoke(cli, report).stdout)["opens"]["human"] == 1
    store.append([an_open(700), an_open(800)])
    put(registry, replace(a_campaign(), links=(a_link(1, trap=True),)), "cli", SENT_AT)
    registry.take_lease(FOLD, "stopped", now_ms(), LEASE_MS)
    told = CliRunner().invoke(cli, report)
    assert told.exit_code == 0
    summary = json.loads(told.stdout)
    assert (summary["as_of"], summary["opens"]["human"]) == (iso_ms(at_ms(700)), 1)
    assert told.stderr.splitlines() == [
        "up to 2 event(s) are not counted yet; `mailpixel serve` or `mailpixel work` counts them",
        "campaign spring changed and was not judged again yet; `mailpixel serve` or `mailpixel work` does that",
    ]
    registry.drop_lease(FOLD, "stopped")
    told = CliRunner().invoke(cli, report)
    assert (json.loads(told.stdout)["opens"]["human"], told.stderr) == (3, "")


def test_the_report_says_why_recipients_are_not_recorded_by_name(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    registry.add_campaign(a_campaign(sent=50))
    named, refused = Treatment(both(Mode.INDIVIDUAL)), Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    registry.note_signings("spring", "a", {named: 40, refused: 10}, replace=True)
    store.close()
    registry.close()
    told = CliRunner(env={"COLUMNS": "200"}).invoke(cli, ["--data", str(tmp_path), "report", "spring"])
    assert next(line.split() for line in told.stdout.splitlines() if "untracked by" in line) == (
        ["untracked", "by", "mode", "refused", "unknown", "erased", "withdrawn", "later"]
    )
    assert ["recipients", "0", "10", "0", "0", "0"] in [line.split() for line in told.stdout.splitlines()]
