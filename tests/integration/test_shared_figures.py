"""What a share shows of a campaign with few and with many readers: the page, the table and the stream."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

import pytest

from mailpixel.model import Event
from mailpixel.server.live.feed import Feed
from mailpixel.server.live.frames import CHANGED, Kind
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.permission import Permission
from tests.support import builders as make
from tests.support.api import PERSON, Api, an_api
from tests.support.page_text import first, number, read, rows_of, section, texts
from tests.support.web import Person


def hits() -> Iterator[Event]:
    """Twelve readers of whom three follow the first link and six the second, and two at another hour."""
    yield from (make.a_delivery(1, recipient=f"r-{n}") for n in range(40))
    yield from (make.an_open(600 + n, recipient=f"r-{n}", facts=PERSON) for n in range(12))
    yield from (make.a_click(700 + n, recipient=f"r-{n}", facts=PERSON) for n in range(3))
    yield from (make.a_click(800 + n, recipient=f"r-{n}", link=2, facts=PERSON) for n in range(3, 9))
    yield from (make.an_open(9_000 + n, recipient=f"r-{n}", facts=PERSON) for n in (20, 21))


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with an_api(tmp_path_factory.mktemp("shares")) as made:
        made.registry.add_campaign(make.a_campaign(links=2, sent=41))
        made.store.append(list(hits()))
        made.fold()
        yield made


@pytest.fixture(scope="module")
def address(api: Api) -> str:
    added = api.ask("POST", "/api/campaigns/spring/shares", json={"days": 7}).json()
    return str(added["url"]).removeprefix("https://t.example")


def table(person: Person, path: str) -> Sequence[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(person.see(path).text, newline="")))


def test_the_page_shows_no_small_number(api: Api, address: str) -> None:
    body = read(Person(api), address)
    cards = {texts(card, "h3")[0]: texts(card, ".value")[0] for card in body.css(".card.figure")}
    assert (number(cards["Delivered"]), number(cards["Machines"])) == (40, 0)
    standing = rows_of(first(section(body, "What is known of recipients"), ".parts-table"))
    assert sorted(cells[0] for cells in standing.values()) == ["0", "0", "0", "0", "25", "5", "5"]
    links = rows_of(first(section(body, "Who followed links"), "table.blocks"))
    assert sorted(cells[0] for cells in links.values()) == ["5", "—"]
    assert "numbers from 1 to 4 are not shown" in body.text()
    charts = " ".join(each.text() for each in body.css("[data-part=when] td"))
    assert {int(each) for each in re.findall(r"\d+", charts)} <= {0, 5, 10, 15}


def test_the_table_shows_none_either(api: Api, address: str) -> None:
    total, *days = table(Person(api), f"{address}.csv")
    assert (total["opens_human"], total["clicks_human"]) == ("10", "5")
    assert (total["sent"], total["delivered"]) == ("41", "40")
    counted = [row[name] for row in (total, *days) for name in row if name.startswith(("opens_", "clicks_"))]
    assert {int(each or 0) % 5 for each in counted} == {0}
    assert total["click_rate"] == "0.125"


def test_a_day_less_what_it_is_in_another_zone_gives_no_small_number(api: Api, address: str) -> None:
    person = Person(api)
    for tz in ("UTC", "Asia/Kolkata", "America/Los_Angeles", "Pacific/Kiritimati"):
        rows = table(person, f"{address}.csv?tz={tz}")
        assert {int(row["opens_human"] or 0) % 5 for row in rows} == {0}


def test_a_stranger_learns_of_a_change_when_a_number_that_is_shown_changes() -> None:
    feed, permission = Feed("spring"), Permission(b"", lambda: True)
    stranger, reader = (
        Listener({Kind.CHANGE}, permission, is_stranger=True),
        Listener({Kind.CHANGE}, permission),
    )
    feed.shown = b"nobody"
    for each in (stranger, reader):
        feed.listeners.add(each)
        feed.begin(each)
    said = []
    for digest in (b"few", b"few", b"few", b"five"):
        feed.tell(0, b"", digest)
        said.append((feed.take(stranger), feed.take(reader)))
    assert said == [(CHANGED, CHANGED), (b"", CHANGED), (b"", CHANGED), (CHANGED, CHANGED)]
