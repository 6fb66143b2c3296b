"""Carried clicks with real requests: whose visit it is, what the mail led to, and what a click id cannot do."""

import csv
import json
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from mailpixel.folder.key_file import load_keyring
from mailpixel.links.click_id import ClickIds
from mailpixel.model import Event
from mailpixel.projections.identities import Identities
from mailpixel.site_model import SITE_CASES
from mailpixel.store.projections import FOLD
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.sqlite import SqliteStore
from tests.e2e.test_site_story import CLICKED, HOST, SHOWN, envelope, post, sent
from tests.support.builders import KEYRING, ROBOT, an_id
from tests.support.processes import wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

PEOPLE = ("model", "mine", "scanned", "again", "stale", "fresh")


PAGE = {name: value for name, value in SHOWN.items() if name != "sec-fetch-user"}
"""What the script of a page shows."""


class Carried(NamedTuple):
    """A running service, the key of its site, the tracked link of each person, and its keyring's click ids."""

    service: Service
    key: str
    links: dict[str, str]
    ids: ClickIds
    aged: dict[str, Event]
    headers: dict[str, str]


def clicked_before(like: Event, minutes: int, recipient: str) -> Event:
    """A click like another, some time earlier, as the log would have it."""
    at_ms = like.received_at_ms - minutes * 60_000
    return replace(like, id=an_id(at_ms), received_at_ms=at_ms, recipient=recipient)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    """One service for all: each test has people and visitors of its own."""
    folder = tmp_path_factory.mktemp("carry")
    data, recipients = folder / "data", folder / "list.csv"
    recipients.write_text("\n".join(["recipient", *PEOPLE]) + "\n")
    rows(data, "campaign", "add", "spring", "--name", "Spring", "--link", f"{HOST}/sale?size=42#shoes")
    rows(data, "campaign", "edit", "spring", "--carry")
    key = rows(data, "site", "add", "shop", "--host", "shop.example").strip()
    with Service(data, environment={"MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}) as service:
        found = csv.DictReader(rows(data, "links", "spring", "--recipients", str(recipients)).splitlines())
        links = {row["recipient"]: urlsplit(row["link_1"]).path for row in found}
        service.get(links["model"], headers=CLICKED)
        with closing(SqliteStore(data / "mailpixel.db")) as store:
            wait_until(lambda: list(store.person("model")) != [], "the click was not logged", 30)
            (like,) = store.message("spring", "model").events
            aged = {"stale": clicked_before(like, 31, "stale"), "fresh": clicked_before(like, 29, "fresh")}
            store.append(list(aged.values()))
        token = rows(data, "apikey", "add", "check", "--scope", "write").strip()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        yield Carried(service, key, links, ClickIds(load_keyring(data / "keys.json")), aged, headers)


def clicked(shop: Carried, who: str, **headers: str) -> str:
    """The click id that the redirect of a click carries on. All else of the destination is as it was."""
    status, answered, _ = shop.service.get(shop.links[who], headers=CLICKED | headers)
    parts = urlsplit(answered["location"])
    (carried,) = parse_qs(parts.query)["mp_cid"]
    assert (status, parts.query, parts.fragment) == (302, f"size=42&mp_cid={carried}", "shoes")
    return carried


def landed(shop: Carried, visitor: int, click: str, **more: Any) -> None:
    """A visitor's browser sends a page view with a click id."""
    items = {"items": [{"item_id": "shoe"}]}
    events = [
        sent("page_view", visitor, url=f"{HOST}/sale?visitor={visitor}"),
        sent("view_item", visitor, data=items),
    ]
    headers = PAGE | {"x-forwarded-for": f"198.51.100.{visitor}"}
    assert post(shop.service, f"/p/{shop.key}", envelope(*events, click=click, **more), headers) == 204


def problems(shop: Carried, click: str) -> list[str]:
    """What the check says of an envelope with this click."""
    sent_ = {"body": envelope(sent("page_view", 1), click=click).decode()}
    asked = urllib.request.Request(
        f"{shop.service.url}/api/sites/shop/check", json.dumps(sent_).encode(), shop.headers
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return list(json.loads(answer.read())["problems"])


def names(shop: Carried) -> dict[str, str]:
    """Whom each visitor is named, by the number of the visitor, once all that was sent is folded."""
    with closing(open_settled(shop.service.data / "mailpixel.db")[0]) as store:
        wait_until(lambda: not store.consumer(SITE_FOLD, cases=SITE_CASES).waiting().events, "not folded", 30)
        wait_until(lambda: not store.consumer(FOLD).waiting().events, "clicks are not folded", 30)
        known = Identities(store, lambda recipient: False)
        found = {}
        for visit in store.visits("shop"):
            identity = known.of_visitor("shop", visit.visitor)
            found[visit.steps[0].id.removeprefix("page_view-").lstrip("0")] = (
                identity.recipient if identity is not None else ""
            )
    return dict(sorted(found.items()))


def test_a_click_names_its_first_human_user_in_time_and_nobody_else(shop: Carried) -> None:
    mine, scanned = clicked(shop, "mine"), clicked(shop, "scanned", **{"user-agent": ROBOT})
    foreign = ClickIds(KEYRING).sign(shop.ids.read(mine).click or b"")
    forged = mine[:-1] + ("A" if mine[-1] != "A" else "B")
    assert (problems(shop, mine), problems(shop, foreign), problems(shop, forged)) == (
        [], ["bad:click"], ["bad:click"]
    )  # fmt: skip
    landed(shop, 1, mine)
    landed(shop, 2, mine)  # the address was sent to a friend
    landed(shop, 3, foreign)
    landed(shop, 4, forged)
    landed(shop, 5, scanned)
    landed(shop, 6, shop.ids.sign(shop.aged["stale"].id))
    landed(shop, 7, shop.ids.sign(shop.aged["fresh"].id))
    again = clicked(shop, "again")
    landed(shop, 8, again, consent=["measure"])  # agreed to be measured alone
    landed(shop, 9, clicked(shop, "mine"))  # the mail was forwarded, and the friend clicked
    assert names(shop) == {
        "1": "mine", "2": "", "3": "", "4": "", "5": "", "6": "", "7": "fresh", "8": "", "9": ""
    }  # fmt: skip
    found = json.loads(rows(shop.service.data, "report", "spring", "--sites", "--json"))
    visits = {row["how"]: row["led_to"]["visits"] for row in found["by"]}
    assert visits == {"named": 2, "server": 0, "customer": 0, "touch": 3, "utm": 0}
    assert found["machine_visits"] == 0
