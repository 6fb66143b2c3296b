"""Reports over HTTP: summary, timeline, links, recipients, events and one message explained."""

import csv
import io

import pytest

from mailpixel.classify import Rules
from tests.support.api import Api, lines
from tests.support.builders import a_campaign, an_open


def test_a_summary_counts_what_was_folded(history: Api) -> None:
    summary = history.get("/api/campaigns/spring/summary").json()
    recipients = summary["recipients"]
    standing = recipients.pop("standing")
    assert recipients == {
        "sent": 10,
        "delivered": 1,
        "bounced": 0,
        "complained": 0,
        "tracked": 1,
        "untracked": 0,
        "tracked_opens": None,
        "tracked_clicks": None,
        "untracked_by": None,
        "withdrawn_later": None,
    }
    assert {name: number for name, number in standing.items() if number} == {"nothing": 1, "clicked": 1}
    assert {name: n for name, n in summary["programs"]["known"].items() if n} == {"browser": 1}
    assert summary["devices"] == {
        "messages": 1,
        "unknown": 0,
        "unknown_share": 0.0,
        "known": {"desktop": 1, "phone": 0, "tablet": 0},
    }
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


def test_a_timeline_has_a_window_and_says_which(history: Api) -> None:
    path = "/api/campaigns/spring/timeline?bucket=day"
    timeline = history.get(f"{path}&from=2026-09-21T20:00:00Z&to=2026-09-23").json()
    assert (timeline["from"], timeline["to"]) == ("2026-09-21T20:00:00Z", "2026-09-23T00:00:00Z")
    assert [row["opens"]["human"] for row in timeline["items"]] == [1]
    assert history.get(f"{path}&from=2026-09-22").json()["items"] == []
    assert history.error("GET", f"{path}&from=2026-09-22&to=2026-09-22")[2] == "to"
    assert history.error("GET", f"{path}&from=soon")[2] == "from"


def test_a_timeline_comes_as_csv(history: Api) -> None:
    answer = history.get("/api/campaigns/spring/timeline?bucket=day&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="spring-timeline.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["start"], row["opens_human"], row["clicks_events"]) == ("2026-09-21T00:00:00+00:00", "1", "2")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("standing=clicked", ["r-1"]),
        ("standing=nothing", ["r-2"]),
        ("standing=hidden", []),
        ("link=1", ["r-1"]),
        ("link=2", []),
        ("standing=nothing&link=1", []),
    ],
)
def test_recipients_are_listed_by_what_is_known_of_them(history: Api, query: str, found: list[str]) -> None:
    items = history.get(f"/api/campaigns/spring/recipients?{query}").json()["items"]
    assert [row["recipient"] for row in items] == found
    rows = csv.DictReader(
        io.StringIO(history.get(f"/api/campaigns/spring/recipients?format=csv&{query}").text)
    )
    assert [(row["recipient"], row["standing"]) for row in rows] == [
        (row["recipient"], row["standing"]) for row in items
    ]


@pytest.mark.parametrize(
    "query", ["standing=opened", "link=0", "link=3", "link=3&format=csv", "link=65536", "format=xml"]
)
def test_recipients_are_listed_by_a_known_word_and_a_link_there_can_be(history: Api, query: str) -> None:
    status, code, field = history.error("GET", f"/api/campaigns/spring/recipients?{query}")
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
            "machine": 0,
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
