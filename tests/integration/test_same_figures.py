"""The figures of one campaign are equal wherever they stand: pages, files, the API and the command line.

The campaign has every part that a figure may have. Each surface is read as a person or a program reads it, and
everything read there must be what the summary of the API says.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.model import Event, Facts
from mailpixel.store.log import Overflow
from mailpixel.times import now_ms
from tests.support import builders as make
from tests.support.api import PERSON, Api, an_api
from tests.support.surfaces import HERE, SURFACES, Figures, named
from tests.support.web import Person

SETTLE_S = 3_600


def hits() -> Iterator[Event]:
    """Events of every kind, by every kind of visitor."""
    yield from (make.a_delivery(1, recipient=f"r-{n}") for n in range(1, 15))
    for n in range(1, 4):  # seen directly, one of them twice
        yield from (make.an_open(600 + i, recipient=f"r-{n}", facts=PERSON) for i in range(2))
    yield make.a_click(660, recipient="r-1", facts=PERSON)
    yield make.a_click(760, recipient="r-2", link=2, facts=PERSON)
    yield make.a_click(780, link=None, destination="https://shop.example/own", recipient="r-2", facts=PERSON)
    yield from (make.an_open(700 + n, recipient=f"r-{n}", agent=make.GMAIL) for n in (4, 5))
    yield from (make.an_open(5, recipient=f"r-{n}", agent=make.APPLE) for n in (6, 7, 8))
    yield make.a_click(900, recipient="r-6", link=2, facts=PERSON)  # opened unseen
    yield make.an_open(50, recipient="r-9", agent=make.ROBOT)
    yield make.a_click(50, recipient="r-9", agent=make.ROBOT)
    yield make.a_click(51, recipient="r-9", agent=make.ROBOT, link=2)
    yield make.an_open(800, recipient="r-10", facts=PERSON | Facts.PREVIEW)  # of the sender itself
    yield make.an_optout(30, recipient="r-11")
    yield make.a_complaint(7_200, recipient="r-3")
    yield from (make.a_bounce(2, recipient=f"b-{n}") for n in (1, 2))
    at_ms = now_ms() - 1_000
    yield make.an_open(
        recipient="r-12", received_at_ms=at_ms, id=make.an_id(at_ms), facts=PERSON
    )  # provisional


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with an_api(tmp_path_factory.mktemp("figures"), settle_s=SETTLE_S) as made:
        made.registry.add_campaign(make.a_campaign(links=2, sent=20))
        made.registry.add_campaign(make.a_campaign("autumn", sent=5))
        made.store.append(list(hits()))
        made.store.raise_overflow([Overflow("spring", "r-9", 1, make.EDGE, 7)])
        made.store.append([make.an_open(60, campaign="autumn", facts=PERSON)])
        made.fold()
        yield made


@pytest.fixture(scope="module")
def summary(api: Api) -> Figures:
    """The figures as the API gives them."""
    return undated(api.get("/api/campaigns/spring/summary").json())


def undated(summary: dict[str, Any]) -> Figures:
    """A summary without the moment at which it was asked for."""
    return {name: value for name, value in summary.items() if name != "as_of"}


@pytest.fixture(scope="module")
def person(api: Api) -> Person:
    return Person(api)


@pytest.mark.parametrize("surface", SURFACES)
def test_the_figures_are_those_of_the_summary(
    surface: str, person: Person, api: Api, summary: Figures
) -> None:
    found = SURFACES[surface](person, api)
    expected = named(summary) | {"links": sorted(named(summary)["links"], reverse=True)}
    assert found == {name: expected[name] for name in found}


def test_the_campaign_has_every_part(summary: Figures) -> None:
    """Else the surfaces would agree on nothing but zeros."""
    found = named(summary)
    zeros = [name for name, value in found.items() if value == 0 and not name.startswith("standing")]
    assert (zeros, min(summary["recipients"]["standing"].values())) == ([], 1)
    assert (summary["internal"], summary["provisional"], summary["overflow"]) == (1, 1, 7)


def test_the_file_and_the_command_give_the_same_summary(person: Person, api: Api, summary: Figures) -> None:
    assert undated(person.see(f"{HERE}/download/summary.json").json()) == summary
    at = {"MAILPIXEL_SETTLE_S": str(SETTLE_S)}
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), "report", "spring", "--json"], env=at)
    assert undated(json.loads(done.stdout)) == summary
