"""Reports over HTTP: summary, timeline, links, recipients, events and one message explained."""

import csv
import io

import pytest

from mailpixel.classify import Rules
from tests.support.api import Api, lines
from tests.support.builders import a_campaign, an_open


def test_a_summary_counts_what_was_folded(history: Api) -> None:
    summary = history.get("/api/campaigns/spring/summary").json()
    assert summary["recipients"] == {"sent": 10, "delivered": 1, "tracked": 1, "untracked": 0}
    assert (summary["opens"]["human"], summary["clicks"]["events"], summary["clicks"]["human"]) == (1, 2, 1)
    assert summary["links"][0]["unique_human"] == 1
    assert summary["rules_version"] == Rules().version


def test_a_timeline_is_in_the_zone_asked_for(history: Api) -> None:
    timeline = history.get("/api/campaigns/spring/timeline?bucket=day&tz=Asia/Kolkata").json()
    assert (timeline["bucket"], timeline["tz"]) == ("day", "Asia/Kolkata")
    assert [
        (row["start"], row["opens"]["first_human"], row["clicks"]["events"]) for row in timeline["items"]
    ] == [("2026-09-21T00:00:00+05:30", 1, 2)]


@pytest.mark.parametrize("query", ["bucket=week", "tz=Mars", "tz=", "zone=UTC"])
def test_a_timeline_needs_a_bucket_and_a_zone_there_are(history: Api, query: str) -> None:
    status, code, field = history.error("GET", f"/api/campaigns/spring/timeline?{query}")
    assert (status, code, field) == (422, "invalid_input", query.partition("=")[0])


def test_links_page_by_number(history: Api) -> None:
    first = history.get("/api/campaigns/spring/links?limit=1").json()
    assert first["items"] == [
        {
            "number": 1,
            "url": "https://shop.example/p/1",
            "events": 2,
            "human": 1,
            "unique_human": 1,
            "trap": False,
            "former": [],
        }
    ]
    second = history.get(f"/api/campaigns/spring/links?limit=1&cursor={first['next']}").json()
    assert [row["number"] for row in second["items"]] == [2]
    assert second["next"] is None
    assert history.error("GET", "/api/campaigns/spring/links?cursor=eA")[2] == "cursor"


def test_recipients_page_by_recipient(history: Api) -> None:
    first = history.get("/api/campaigns/spring/recipients?limit=1").json()
    (row,) = first["items"]
    assert (row["recipient"], row["opens"]["human"], row["clicks"]["human"]) == ("r-1", 1, 1)
    assert row["first_human_open_at"] == "2026-09-21T14:14:20Z"
    second = history.get(f"/api/campaigns/spring/recipients?cursor={first['next']}").json()
    assert [(row["recipient"], row["delivered_at"]) for row in second["items"]] == [
        ("r-2", "2026-09-21T14:13:21Z")
    ]
    assert second["next"] is None


def test_events_stream_with_verdicts_and_without_addresses(history: Api) -> None:
    answer = history.get("/api/campaigns/spring/events")
    assert answer.headers["content-disposition"] == 'attachment; filename="spring-events.ndjson"'
    rows = lines(answer)
    assert [(row["kind"], row["verdict"], row["dup"]) for row in rows] == [
        ("open", "human", False),
        ("click", "human", False),
        ("click", "human", True),
        ("delivery", None, None),
    ]
    assert not any("address" in row for row in rows)
    shown = lines(history.get("/api/campaigns/spring/events?addresses=1"))
    assert [row["address"] for row in shown] == ["192.0.2.10"] * 3 + [""]


def test_events_come_as_csv(history: Api) -> None:
    answer = history.get("/api/campaigns/spring/events?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["recipient"], row["kind"], row["link"]) for row in rows] == [
        ("r-1", "open", ""),
        ("r-1", "click", "1"),
        ("r-1", "click", "1"),
        ("r-2", "delivery", ""),
    ]


def test_events_of_more_messages_than_a_page_all_come_once(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.store.append([an_open(recipient=f"r-{n}") for n in range(450)])
    rows = lines(api.get("/api/campaigns/spring/events"))
    assert sorted(row["recipient"] for row in rows) == sorted(f"r-{n}" for n in range(450))


def test_events_of_nobody_are_an_empty_stream(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    assert lines(api.get("/api/campaigns/spring/events")) == []
    assert api.get("/api/campaigns/spring/events?format=csv").text.count("\n") == 1


def test_a_message_is_explained(history: Api) -> None:
    told = history.get("/api/campaigns/spring/messages/r-1").json()
    assert (told["campaign"], told["recipient"], told["rules_version"]) == ("spring", "r-1", Rules().version)
    assert [(hit["kind"], hit["verdict"], hit["rule"]) for hit in told["hits"]] == [
        ("open", "human", "default"),
        ("click", "human", "default"),
        ("click", "human", "default"),
    ]
    assert all(hit["reasons"] for hit in told["hits"])


def test_a_recipient_with_a_slash_is_found_and_an_unknown_one_is_not(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.store.append([an_open(recipient="eu/7")])
    assert api.get("/api/campaigns/spring/messages/eu%2F7").json()["recipient"] == "eu/7"
    assert api.error("GET", "/api/campaigns/spring/messages/eu") == (404, "not_found", None)
