"""From a click in a mail to an order, through the real service: redirect, page, shop server, fold, and what is told."""

import csv
import json
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mailpixel.store.sqlite import SqliteStore
from tests.support.builders import BROWSER
from tests.support.processes import wait_until
from tests.support.service import Service, mailpixel, rows

HOST = "https://shop.example"
CLICKED = {
    "user-agent": BROWSER,
    "accept": "text/html",
    "accept-language": "en",
    "accept-encoding": "gzip",
    "sec-ch-ua": "x",
    "sec-fetch-mode": "navigate",
    "sec-fetch-user": "?1",
    "sec-fetch-dest": "document",
    "sec-fetch-site": "cross-site",
}
SHOWN = CLICKED | {"accept": "*/*", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty", "origin": HOST}


def sent(name: str, number: int, **more: Any) -> dict[str, Any]:
    """An event as the script sends it."""
    return {"name": name, "id": f"{name}-{number:016}", "age_ms": 0, "url": f"{HOST}/{name}", **more}


def envelope(*events: dict[str, Any], **more: Any) -> bytes:
    """What the script posts for a visitor who agreed to be known."""
    said = {"v": 1, "events": list(events), "consent": ["measure", "identify"], "proof": {"source": "api"}}
    return json.dumps(said | more).encode()


def post(service: Service, path: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of a post."""
    asked = urllib.request.Request(service.url + path, body, headers, method="POST")
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return int(answer.status)


def test_a_click_leads_to_a_visit_and_an_order_of_a_known_recipient(tmp_path: Path) -> None:
    data, recipients = tmp_path / "data", tmp_path / "list.csv"
    recipients.write_text("recipient\nr-1\n")
    rows(data, "campaign", "add", "spring", "--name", "Spring", "--link", f"{HOST}/sale")
    rows(data, "campaign", "edit", "spring", "--carry")
    key = rows(data, "site", "add", "shop", "--host", "shop.example").strip()
    server = {"authorization": f"Bearer {rows(data, 'apikey', 'add', 'shop', '--scope', 'write').strip()}"}
    with Service(data) as service:
        (row,) = csv.DictReader(rows(data, "links", "spring", "--recipients", str(recipients)).splitlines())
        status, headers, _ = service.get(urlsplit(row["link_1"]).path, headers=CLICKED)
        (carried,) = parse_qs(urlsplit(headers["location"]).query)["mp_cid"]
        money = {
            "transaction_id": "A-1",
            "value": 20,
            "currency": "EUR",
            "items": [{"item_id": "shoe", "price": 20}],
        }
        bought = envelope(sent("purchase", 2, data=money))
        bodies = [envelope(sent("page_view", 1), click=carried), bought, bought]
        assert (status, [post(service, f"/p/{key}", body, SHOWN) for body in bodies]) == (
            302,
            [204, 204, 204],
        )
        order = {"order": "A-1", "name": "purchase", "value": 20, "currency": "EUR"}
        assert post(service, "/api/sites/shop/orders", json.dumps(order).encode(), server) == 200

        def days() -> list[list[int]]:
            told = json.loads(rows(data, "site", "visits", "shop", "--json"))
            return [[day["human"], day["machine"], day["internal"]] for day in told]

        wait_until(lambda: days() == [[1, 0, 0]], "the visit was not folded", 30)
        wait_until(
            lambda: "site" in json.loads(service.get("/readyz")[2])["consumers"], "its lag is not told", 30
        )
        with closing(SqliteStore(data / "mailpixel.db")) as store:
            wait_until(lambda: [each.source for each in store.orders("shop")] == ["both"], "no order", 30)
            (visit,), (found,) = store.visits("shop"), store.orders("shop")
        explained = json.loads(rows(data, "site", "explain", "shop", visit.visitor, "--json"))
    assert (explained["verdict"], explained["rule"], explained["recipient"]) == ("human", "default", "r-1")
    assert [(step["name"], step["repeat"]) for step in explained["steps"] if step["name"] != "consent"] == [
        ("page_view", False),
        ("purchase", False),
        ("purchase", True),
    ]
    assert (found.value, found.currency, found.visitor, found.problems) == (2_000, "EUR", visit.visitor, ())
    assert "0 changed" in mailpixel(data, "rebuild", "--site", "shop").stderr
