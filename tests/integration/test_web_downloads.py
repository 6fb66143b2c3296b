"""Pages of downloads and shares: what they give, who may see it, and what a share never shows."""

import csv
import io
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mailpixel.times import moment_of, now_ms
from tests.support.api import Api, an_api
from tests.support.builders import a_campaign, a_click, a_delivery, an_open
from tests.support.web import Person

HOSTILE = "<script>alert(1)</script>\"'=1+1"
DOWNLOAD = "/campaigns/spring/download"
KEY = re.compile(r"/s/([A-Za-z0-9_-]{43})")


@pytest.fixture
def person(api: Api) -> Person:
    api.registry.add_campaign(a_campaign(links=2, sent=10, name=HOSTILE))
    hits = [an_open(60), a_click(90, agent=f"Agent {HOSTILE}")]
    api.store.append([a_delivery(1), *hits, a_delivery(2, recipient="r-secret")])
    api.fold()
    return Person(api)


def shared(person: Person, **fields: object) -> str:
    """The key of a new share."""
    person.see(DOWNLOAD)
    page = person.send(DOWNLOAD, {"days": "7", "part": ["page", "csv"], **fields})
    assert page.status_code == 200
    found = KEY.search(page.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("file", "media"),
    [
        ("events.csv", "text/csv; charset=utf-8"),
        ("events.ndjson", "application/x-ndjson"),
        ("events.parquet", "application/vnd.apache.parquet"),
        ("recipients.csv", "text/csv; charset=utf-8"),
        ("recipients.parquet", "application/vnd.apache.parquet"),
        ("timeline.csv", "text/csv; charset=utf-8"),
        ("summary.json", "application/json"),
    ],
)
def test_every_file_of_the_page_is_there_under_its_name(person: Person, file: str, media: str) -> None:
    answer = person.see(f"{DOWNLOAD}/{file}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, media)
    assert answer.headers["content-disposition"] == f'attachment; filename="spring-{file}"'
    assert f"{DOWNLOAD}/{file}" in person.see(DOWNLOAD).text


def test_recipients_come_by_what_they_did(person: Person) -> None:
    text = person.see(f"{DOWNLOAD}/recipients.csv?standing=nothing").text
    assert [row["recipient"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ["r-secret"]
    table = person.see(f"{DOWNLOAD}/recipients.parquet?standing=read").content
    assert pq.read_table(io.BytesIO(table)).column("recipient").to_pylist() == ["r-1"]


@pytest.mark.parametrize(
    "file", ["keys.json", "events", "events.xlsx", "..%2f..%2fkeys.json", "mailpixel.db"]
)
def test_no_other_file_is_given(person: Person, file: str) -> None:
    assert person.see(f"{DOWNLOAD}/{file}").status_code == 404


def test_a_share_shows_the_figures_and_no_recipient_to_whoever_has_it(person: Person) -> None:
    key = shared(person)
    person.leave()
    page = person.see(f"/s/{key}")
    assert (page.status_code, page.headers["referrer-policy"]) == (200, "no-referrer")
    assert page.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    assert "&lt;script&gt;alert(1)" in page.text
    assert key not in page.text
    assert 'data-live="stream"' in page.text
    for secret in ("<script>alert", "r-secret", "r-1", "Agent", "Sign out", "/recipients", "Programs"):
        assert secret not in page.text
    for words in ("What is known of recipients", "Hour by hour", "https://shop.example/p/2", 'class="chart'):
        assert words in page.text
    assert person.see(f"/s/{key}?bucket=day&tz=nowhere").status_code == 200
    sheet = person.see(f"/s/{key}.csv?tz=Asia/Kolkata")
    assert sheet.headers["cache-control"] == "private, max-age=60"
    total, day = csv.DictReader(io.StringIO(sheet.text, newline=""))
    assert (total["day"], total["opens_human"], day["day"]) == ("total", "", "2026-09-21")


def test_unknown_expired_and_revoked_addresses_look_the_same(person: Person, api: Api) -> None:
    key = shared(person)
    assert "Share 1 of spring is revoked" in person.send("/settings/shares", {"share": "1"}).text
    other = shared(person)
    person.leave()
    pages = [person.see(f"/s/{each}") for each in (key, "x" * 43, "x")]
    assert {page.status_code for page in pages} == {404}
    assert {person.see(f"/s/{each}.csv").text for each in (key, "x" * 43, "x")} == {
        "error\r\nthis address shows nothing: it is wrong, has expired or was revoked\r\n"
    }
    assert person.see(f"/s/{other}").status_code == 200
    api.registry.revoke_share(2, moment_of(now_ms()))
    assert person.see(f"/s/{other}").status_code == 404


def test_the_stream_of_a_share_takes_its_address(person: Person) -> None:
    key = shared(person, part=["csv"])
    person.leave()
    assert [person.see(f"/s/{each}/stream").status_code for each in (key, "x" * 43)] == [404, 404]


def test_a_share_is_where_pages_answer(tmp_path: Path) -> None:
    with an_api(tmp_path, web_hosts=("pages.example",)) as api:
        api.registry.add_campaign(a_campaign())
        made = api.ask("POST", "/api/campaigns/spring/shares", json={}).json()
    assert made["url"].startswith("https://pages.example/s/")
    assert made["csv_url"] == f"{made['url']}.csv"


def test_a_share_of_the_table_alone_has_no_page(person: Person) -> None:
    key = shared(person, part=["csv"])
    assert (person.see(f"/s/{key}").status_code, person.see(f"/s/{key}.csv").status_code) == (404, 200)


@pytest.mark.parametrize(
    ("fields", "problem"), [({"days": "0"}, "1 to 366"), ({"days": "x"}, "a whole number")]
)
def test_a_faulty_share_is_explained_beside_its_field(
    person: Person, fields: dict[str, str], problem: str
) -> None:
    person.see(DOWNLOAD)
    page = person.send(DOWNLOAD, {"part": ["page"], **fields})
    assert problem in page.text
    assert not KEY.search(page.text)


def test_who_may_only_read_downloads_but_shares_nothing(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    reader = Person(api, "read")
    assert "Share the figures" not in reader.see(DOWNLOAD).text
    assert reader.send(DOWNLOAD, {"days": "7", "part": "page"}).status_code == 403
    assert reader.see("/settings/shares").status_code == 403


def test_the_report_has_all_figures_with_definitions_and_escapes_names(person: Person) -> None:
    page = person.see("/campaigns/spring/report").text
    for words in ("Open rate of people", "Messages with at least one human open", "https://shop.example/p/2"):
        assert words in page
    assert "<script>alert" not in page
