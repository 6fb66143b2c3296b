"""Shares over HTTP and from the command line: added, listed, revoked."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.shares import open_share
from mailpixel.store.shares import SharePart
from tests.support.api import Api
from tests.support.builders import a_campaign

SHARES = "/api/campaigns/spring/shares"


@pytest.fixture
def spring(api: Api) -> Api:
    api.registry.add_campaign(a_campaign())
    api.registry.add_campaign(a_campaign("autumn"))
    return api


def run(api: Api, *words: str) -> tuple[int, str, str]:
    """(exit code, stdout, stderr) of a command on the folder of the app."""
    at = {"MAILPIXEL_BASE_URL": "https://t.example"}
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), *words], env=at)
    return done.exit_code, done.stdout, done.stderr


def test_a_share_is_added_listed_and_revoked(spring: Api) -> None:
    answer = spring.ask("POST", SHARES, json={"days": 7})
    added = answer.json()
    key = added["url"].removeprefix("https://t.example/s/")
    assert (answer.status_code, answer.headers["location"]) == (201, "/api/shares/1")
    assert added["csv_url"] == added["url"] + ".csv"
    assert (added["id"], added["parts"], added["state"], added["created_by"]) == (
        1,
        ["page", "csv"],
        "open",
        "write",
    )
    ends = datetime.fromisoformat(added["expires_at"]) - datetime.fromisoformat(added["created_at"])
    assert ends == timedelta(days=7)
    kept = {name: value for name, value in added.items() if name not in ("url", "csv_url")}
    assert spring.get(SHARES).json() == {"items": [kept], "next": None}
    assert open_share(spring.registry, key, SharePart.PAGE, datetime.now(UTC)) is not None
    gone = spring.ask("DELETE", "/api/shares/1")
    assert (gone.status_code, gone.content) == (204, b"")
    (listed,) = spring.get(SHARES).json()["items"]
    assert (listed["state"], listed["revoked_at"] is None) == ("revoked", False)
    assert open_share(spring.registry, key, SharePart.PAGE, datetime.now(UTC)) is None


def test_a_share_for_a_spreadsheet_has_no_page(spring: Api) -> None:
    added = spring.ask("POST", SHARES, json={"parts": ["csv"]}).json()
    assert (added["url"], added["csv_url"].startswith("https://t.example/s/")) == (None, True)


def test_shares_come_by_page(spring: Api) -> None:
    for _ in range(3):
        spring.ask("POST", SHARES, json={})
    spring.ask("POST", "/api/campaigns/autumn/shares", json={})
    first = spring.get(f"{SHARES}?limit=2").json()
    second = spring.get(f"{SHARES}?limit=2&cursor={first['next']}").json()
    assert [row["id"] for row in first["items"] + second["items"]] == [1, 2, 3]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", SHARES, {"days": 0}, (422, "invalid_input", "days")),
        ("POST", SHARES, {"days": 367}, (422, "invalid_input", "days")),
        ("POST", SHARES, {"parts": []}, (422, "invalid_input", "parts")),
        ("POST", SHARES, {"parts": ["recipients"]}, (422, "invalid_input", "parts[0]")),
        ("POST", "/api/campaigns/winter/shares", {}, (404, "not_found", None)),
        ("GET", "/api/campaigns/winter/shares", {}, (404, "not_found", None)),
        ("DELETE", "/api/shares/7", {}, (404, "not_found", None)),
        ("DELETE", "/api/shares/x", {}, (404, "not_found", None)),
        ("DELETE", "/api/shares/" + "9" * 40, {}, (404, "not_found", None)),
    ],
)
def test_what_cannot_be_done_is_said(
    spring: Api, method: str, path: str, body: object, expected: tuple[int, str, str | None]
) -> None:
    assert spring.error(method, path, json=body) == expected


def test_a_key_that_may_only_read_cannot_share(spring: Api) -> None:
    assert spring.error("POST", SHARES, "read", json={})[0] == 403


def test_the_command_line_prints_the_addresses_once_and_nothing_else(spring: Api) -> None:
    code, out, said = run(spring, "share", "add", "spring", "--days", "30")
    url, csv_url = out.splitlines()
    assert (code, csv_url) == (0, f"{url}.csv")
    assert url.startswith("https://t.example/s/")
    assert url.rpartition("/")[2] not in said
    assert "mailpixel share revoke 1" in said
    run(spring, "share", "add", "autumn", "--part", "csv")
    (row,) = json.loads(run(spring, "share", "list", "spring", "--json")[1])
    assert (row["id"], row["campaign"], row["state"], row["created_by"]) == (1, "spring", "open", "cli")
    assert url.rpartition("/")[2] not in json.dumps(row)
    table = run(spring, "share", "list")[1]
    assert [line.split()[:3] for line in table.splitlines()] == [
        ["share", "campaign", "parts"],
        ["1", "spring", "page"],
        ["2", "autumn", "csv"],
    ]
    assert run(spring, "share", "revoke", "1")[0] == 0
    assert "revoked" in run(spring, "share", "list", "spring")[1]


def test_the_command_line_refuses_what_is_not_there(spring: Api, tmp_path: Path) -> None:
    assert run(spring, "share", "add", "sprng")[2].startswith(
        "error: there is no campaign 'sprng'. Did you mean 'spring'?"
    )
    assert run(spring, "share", "list", "winter")[0] == 1
    assert run(spring, "share", "revoke", "9") == (1, "", "error: there is no share 9\n")
    assert run(spring, "share", "add", "spring", "--days", "400")[0] == 2


def test_the_address_of_a_share_is_kept_nowhere(spring: Api) -> None:
    key = spring.ask("POST", SHARES, json={}).json()["url"].rpartition("/")[2]
    files = [file for file in spring.settings.data.rglob("*") if file.is_file()]
    held = [file for file in files if key.encode() in file.read_bytes()]
    assert held == []
