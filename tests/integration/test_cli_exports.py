"""`mailpixel recipients`, `timeline`, `events`, `deliveries` and `pseudonym`: what the API gives, as files."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.keyring import pseudonym
from tests.support.api import NDJSON, Api, lines
from tests.support.builders import SENT_AT, a_campaign, a_click, a_delivery, an_open, at_ms

AT = {"MAILPIXEL_BASE_URL": "https://t.example"}


def run(api: Api, *words: str, input: bytes = b"") -> tuple[int, bytes, str]:
    """(exit code, stdout, stderr) of a command on the folder of the app."""
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), *words], input=input, env=AT)
    return done.exit_code, done.stdout_bytes, done.stderr


def rows(api: Api, *words: str) -> list[dict[str, str]]:
    code, out, _ = run(api, *words)
    assert code == 0
    return list(csv.DictReader(io.StringIO(out.decode(), newline="")))


@pytest.fixture
def campaign(api: Api) -> Api:
    """Opens, clicks, deliveries, and an agent that a spreadsheet would run."""
    api.registry.add_campaign(a_campaign(links=2, sent=10))
    api.store.append(
        [
            a_delivery(1),
            an_open(60),
            a_click(90, agent="=cmd|'/c calc'!A0"),
            a_delivery(2, recipient="r-2"),
            a_delivery(3, recipient="-3"),
        ]
    )
    api.fold()
    return api


def test_recipients_are_those_of_the_api_in_every_format(campaign: Api) -> None:
    items = campaign.get("/api/campaigns/spring/recipients").json()["items"]
    assert len(items) == 3
    code, out, _ = run(campaign, "recipients", "spring", "--format", "ndjson")
    assert (code, [json.loads(line) for line in out.splitlines()]) == (0, items)
    assert json.loads(run(campaign, "recipients", "spring", "--format", "json")[1]) == items
    table = rows(campaign, "recipients", "spring")
    assert [row["recipient"] for row in table] == ["'-3", "r-1", "r-2"]
    assert {row["campaign"] for row in table} == {"spring"}
    one = table[1]
    assert (one["opens_human"], one["delivered_at"], one["opted_out"]) == (
        str(items[1]["opens"]["human"]),
        items[1]["delivered_at"],
        "false",
    )


def test_a_link_that_the_campaign_lacks_is_no_empty_list(campaign: Api) -> None:
    assert rows(campaign, "recipients", "spring", "--link", "2") == []
    code, out, said = run(campaign, "recipients", "spring", "--link", "3")
    assert (code, out) == (2, b"")
    assert said == "error: link: the campaign has 2 link(s), and none is number 3\n"


@pytest.mark.parametrize(
    "words",
    [
        ("recipients", "spring", "--standing", "read", "--standing", "clicked"),
        ("recipients", "spring", "--standing=read", "--standing=read"),
        ("timeline", "spring", "--bucket", "day", "--bucket", "hour"),
    ],
)
def test_an_option_of_one_value_is_refused_twice_as_over_http(campaign: Api, words: tuple[str, ...]) -> None:
    code, out, said = run(campaign, *words)
    assert (code, out) == (2, b"")
    assert f"{words[2].partition('=')[0]} is used twice; it takes one value" in said


def test_events_are_those_of_the_api_in_every_format(campaign: Api) -> None:
    exported = lines(campaign.get("/api/campaigns/spring/events"))
    out = run(campaign, "events", "spring", "--format", "ndjson")[1]
    assert [json.loads(line) for line in out.splitlines()] == exported
    assert json.loads(run(campaign, "events", "spring", "--format", "json")[1]) == exported
    assert (
        run(campaign, "events", "spring")[1]
        == campaign.get("/api/campaigns/spring/events?format=csv").content
    )
    with_addresses = campaign.get("/api/campaigns/spring/events?format=csv&addresses=true").content
    assert run(campaign, "events", "spring", "--addresses")[1] == with_addresses
    assert [row["agent"] for row in rows(campaign, "events", "spring") if row["kind"] == "click"] == [
        "'=cmd|'/c calc'!A0"
    ]


def test_a_timeline_is_that_of_the_api_in_the_zone_asked_for(campaign: Api) -> None:
    for bucket, zone in (("hour", "UTC"), ("day", "Asia/Kathmandu")):
        items = campaign.get(f"/api/campaigns/spring/timeline?bucket={bucket}&tz={zone}").json()["items"]
        words = ["timeline", "spring", "--bucket", bucket, "--time-zone", zone]
        assert json.loads(run(campaign, *words, "--format", "json")[1]) == items
        (row,) = rows(campaign, *words)
        assert (row["campaign"], row["start"]) == ("spring", items[0]["start"])
        assert int(row["clicks_events"]) == items[0]["clicks"]["events"]


def test_a_timeline_has_a_window_of_whole_hours(campaign: Api) -> None:
    items = campaign.get("/api/campaigns/spring/timeline").json()["items"]
    start = items[0]["start"]
    words = ["timeline", "spring", "--format", "json"]
    assert json.loads(run(campaign, *words, "--since", start)[1]) == items
    assert json.loads(run(campaign, *words, "--until", start)[1]) == []
    status, _, said = run(campaign, *words, "--since", start, "--until", start)
    assert (status, "--to: must come after --from" in said) == (2, True)
    assert json.loads(run(campaign, *words, "--from", start)[1]) == items


@pytest.mark.parametrize(
    "asked", [{"standing": "clicked"}, {"standing": "hidden"}, {"link": "1"}, {"link": "2"}]
)
def test_recipients_by_what_is_known_of_them_are_those_of_the_api(
    campaign: Api, asked: dict[str, str]
) -> None:
    ((name, value),) = asked.items()
    items = campaign.get(f"/api/campaigns/spring/recipients?{name}={value}").json()["items"]
    words = ["recipients", "spring", f"--{name}", value]
    assert json.loads(run(campaign, *words, "--format", "json")[1]) == items
    listed = [row["recipient"] for row in rows(campaign, *words)] if items else []
    assert listed == [item["recipient"] for item in items]


def test_ids_have_one_name_in_all_tables(campaign: Api) -> None:
    heads = {
        command: list(rows(campaign, command, "spring")[0])
        for command in ("recipients", "timeline", "events", "deliveries")
    }
    assert all("campaign" in head for head in heads.values())
    assert [command for command, head in heads.items() if "recipient" in head] == [
        "recipients",
        "events",
        "deliveries",
    ]
    assert {"id", "link"} <= set(heads["events"])
    event = rows(campaign, "events", "spring")[0]
    assert event["id"] == bytes.fromhex(event["id"]).hex()


@pytest.mark.parametrize("command", ["recipients", "timeline", "events", "deliveries"])
def test_every_table_has_the_same_options_and_the_same_errors(campaign: Api, command: str) -> None:
    plain = run(campaign, command, "spring")[1]
    assert run(campaign, command, "spring", "--bom")[1] == b"\xef\xbb\xbf" + plain
    code, out, said = run(campaign, command, "spring", "--bom", "--format", "json")
    assert (code, out, said) == (2, b"", "error: --bom: is for CSV; leave it out with --format json\n")
    code, out, said = run(campaign, command, "sprint")
    assert (code, out, said) == (1, b"", "error: there is no campaign 'sprint'. Did you mean 'spring'?\n")
    code, out, said = run(campaign, command, "spring", "--time-zone", "posixrules")
    assert (code, out) == (2, b"")
    assert said.startswith("error: --time-zone: unknown time zone")


@pytest.mark.parametrize("command", ["recipients", "timeline", "events", "deliveries"])
def test_a_campaign_without_events_gives_the_head_alone(api: Api, command: str) -> None:
    api.registry.add_campaign(a_campaign())
    assert run(api, command, "spring")[1].count(b"\r\n") == 1
    assert run(api, command, "spring", "--format", "ndjson")[1] == b""
    assert json.loads(run(api, command, "spring", "--format", "json")[1]) == []


def test_many_recipients_are_paged_through_to_the_end(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    ids = [f"r-{number:05}" for number in range(2_345)]
    api.store.append([a_delivery(1, recipient=id) for id in ids])
    api.fold()
    assert [row["recipient"] for row in rows(api, "recipients", "spring")] == ids
    assert [row["recipient"] for row in rows(api, "deliveries", "spring")] == ids


def test_local_times_are_shown_where_they_are_asked_for(campaign: Api) -> None:
    berlin = ("--time-zone", "Europe/Berlin")
    assert [row["received_at"] for row in rows(campaign, "events", "spring", *berlin)][-2:] == [
        "2026-09-21T16:14:50+02:00",
        "2026-09-21T16:13:22+02:00",
    ]
    assert rows(campaign, "recipients", "spring", *berlin)[1]["delivered_at"] == "2026-09-21T16:13:21+02:00"
    assert b"2026-09-21T16:14:20+02:00  GET open" in run(campaign, "explain", "spring", "r-1", *berlin)[1]
    assert b"2026-09-21T16:13:20+02:00" in run(campaign, "campaign", "show", "spring", *berlin)[1]
    shown = json.loads(run(campaign, "campaign", "show", "spring", "--json", *berlin)[1])
    assert shown["sent_at"] == "2026-09-21T16:13:20+02:00"
    report = json.loads(run(campaign, "report", "spring", "--json", *berlin)[1])
    assert report["campaign"]["sent_at"] == "2026-09-21T16:13:20+02:00"
    assert report["as_of"].endswith(("+02:00", "+01:00"))
    assert report["as_of"][-6:].encode() in run(campaign, "report", "spring", *berlin)[1]


LIST = (
    "\ufeffcampaign;recipient;delivered_at\r\n"
    "spring;r-1;2026-09-21T14:13:21Z\r\n"
    "\r\n"
    f"spring;'-3;{at_ms(3)}\r\n"
    "spring;a@b.example;2026-09-21T14:13:21Z\r\n"
    "spring;r-5;21.09.2026 14:13\r\n"
    "spring;r-6;\r\n"
    "spring;gone;2026-09-21T14:13:21Z\r\n"
    "spring;r-8;2099-01-01T00:00:00Z\r\n"
)


def test_deliveries_are_imported_by_the_rules_of_the_api(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    api.registry.opt_out("gone", SENT_AT)
    for encoding in ("utf-8", "utf-16"):  # a second time, they count once
        code, out, said = run(api, "deliveries", "spring", "--import", "-", input=LIST.encode(encoding))
        assert (code, json.loads(out)) == (1, {"accepted": 2, "opted_out": 1, "failed": 4})
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "row 5",
        "row 6",
        "row 7",
        "row 9",
        "error",
    ]
    assert "recipient: " in said
    assert "delivered_at: must be a date, or a date and time like 2026-11-25T09:00:00Z" in said
    assert "delivered_at: is more than a day in the future" in said
    assert "a@b" not in said
    exported = run(api, "deliveries", "spring", "--format", "ndjson")[1]
    assert [json.loads(line) for line in exported.splitlines()] == [
        {"recipient": "-3", "delivered_at": "2026-09-21T14:13:23Z"},
        {"recipient": "r-1", "delivered_at": "2026-09-21T14:13:21Z"},
    ]


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_what_was_exported_can_be_imported_again(campaign: Api, tmp_path: Path, format: str) -> None:
    (tmp_path / "list").write_bytes(run(campaign, "deliveries", "spring", "--format", format)[1])
    campaign.registry.add_campaign(a_campaign("summer"))
    code, out, said = run(campaign, "deliveries", "summer", "--import", str(tmp_path / "list"))
    assert (code, json.loads(out), said) == (0, {"accepted": 3, "opted_out": 0, "failed": 0}, "")
    assert [row["recipient"] for row in rows(campaign, "deliveries", "summer")] == ["'-3", "r-1", "r-2"]


def test_lines_of_json_are_judged_as_the_api_judges_them(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = b"".join(
        json.dumps(row).encode() + b"\n"
        for row in (
            {"recipient": "r-1", "delivered_at": "2026-09-21T14:13:21Z"},
            {"recipient": "r-2", "delivered_at": "2026-09-21T14:13:21Z", "more": 1},
            {"recipient": "r-3"},
        )
    )
    code, out, said = run(api, "deliveries", "spring", "--import", "-", input=b"\n" + body)
    assert (code, json.loads(out)["failed"]) == (1, 2)
    assert [line.partition(":")[0] for line in said.splitlines()] == ["row 3", "row 4", "error"]
    answers = lines(api.ask("POST", "/api/campaigns/spring/deliveries", content=b"\n" + body, headers=NDJSON))
    assert ([answer.get("row") for answer in answers], answers[-1]) == ([3, 4, None], json.loads(out))
    utf16 = '{"recipient": "r-3"}\n'.encode("utf-16")
    code, out, said = run(api, "deliveries", "spring", "--import", "-", input=utf16)
    assert (code, json.loads(out)["failed"], said.splitlines()[0]) == (
        1,
        1,
        "row 1: delivered_at: is missing",
    )


OUTAGE = {
    "csv": "Event_Type;recipient;reason;delivered_at\n"
    "delivered;r-1;;2026-09-21T14:13:21Z\nBounced;r-2;invalid;2026-09-21T14:13:22Z\n"
    "bounced;r-3;;2026-09-21T14:13:23Z\ncomplained;r-1;;2026-09-21T14:13:29Z\n;r-4;;2026-09-21T14:13:21Z\n"
    "opened;r-5;;2026-09-21T14:13:21Z\ndelivered;r-6;spam;2026-09-21T14:13:21Z\nbounced;r-7;odd;2026-09-21T14:13:21Z\n",
    "ndjson": "".join(
        json.dumps({"recipient": recipient, "delivered_at": f"2026-09-21T14:13:{second}Z", **more}) + "\n"
        for recipient, second, more in (
            ("r-1", 21, {"event_type": "delivered"}),
            ("r-2", 22, {"event_type": "bounced", "reason": "invalid"}),
            ("r-3", 23, {"event_type": "bounced"}),
            ("r-1", 29, {"event_type": "complained", "reason": ""}),
            ("r-4", 21, {}),
            ("r-5", 21, {"event_type": "opened"}),
            ("r-6", 21, {"event_type": "delivered", "reason": "spam"}),
            ("r-7", 21, {"event_type": "bounced", "reason": "odd"}),
        )
    ),
}


@pytest.mark.parametrize("format", ["csv", "ndjson"])
def test_bounces_and_complaints_of_an_outage_are_imported_with_the_deliveries(api: Api, format: str) -> None:
    api.registry.add_campaign(a_campaign(sent=10))
    code, out, said = run(api, "deliveries", "spring", "--import", "-", input=OUTAGE[format].encode())
    assert (code, json.loads(out)) == (1, {"accepted": 5, "opted_out": 0, "failed": 3})
    assert [line.split(": ")[1] for line in said.splitlines()[:3]] == ["event_type", "reason", "reason"]
    api.fold()
    counts = api.get("/api/campaigns/spring/summary").json()["recipients"]
    assert [counts[name] for name in ("delivered", "bounced", "complained")] == [2, 2, 1]
    reports = [api.get(f"/api/campaigns/spring/messages/r-{n}").json()["reports"] for n in (2, 3)]
    assert [report[0]["text"] for report in reports] == [
        "bounced: mailbox unknown",
        "bounced: for another reason",
    ]


def test_a_column_that_is_named_twice_is_refused(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    body = b"recipient,delivered_at,reason,Reason\nr-1,2026-01-01,a,b\n"
    code, _, said = run(api, "deliveries", "spring", "--import", "-", input=body)
    assert (code, "the column `reason` is named more than once" in said) == (2, True)


def test_a_file_without_deliveries_is_refused_in_words(api: Api) -> None:
    api.registry.add_campaign(a_campaign())
    code, _, said = run(
        api, "deliveries", "spring", "--import", "-", input=b"recipient,date\nr-1,2026-01-01\n"
    )
    assert (code, said) == (
        2,
        "error: --import: needs the columns `recipient` and `delivered_at`; "
        "the column `delivered_at` is not there\n",
    )


def pseudonyms(api: Api, address: str, input: bytes = b"") -> tuple[int, list[str], str]:
    code, out, said = run(api, "pseudonym", address, input=input)
    return code, out.decode().splitlines(), said


def test_a_pseudonym_is_the_one_that_links_sign(campaign: Api) -> None:
    hashed = run(
        campaign,
        "links",
        "spring",
        "--recipients",
        "-",
        "--hash-recipients",
        "--merge",
        input=b"email\n Ann@Example.com\n",
    )[1].decode()
    (row,) = csv.DictReader(hashed.splitlines())
    expected = pseudonym(load_keyring(campaign.settings.key_file), "ann@example.com")
    assert row["pseudonym"] == expected
    for spelling in ("ann@example.com", " ANN@example.COM "):
        assert pseudonyms(campaign, spelling) == (0, [expected], "")
    listed = pseudonyms(campaign, "-", b"\xef\xbb\xbfANN@example.com\r\n\r\nann@example.com\n")
    assert listed == (0, [expected, "", expected], "")


@pytest.mark.parametrize(
    ("address", "input", "problem"),
    [
        ("  ", b"", "ADDRESS: is empty"),
        ("-", b"a@b.example\nb\xff\n", "line 2: is not UTF-8"),
        ("-", b"a@b.example\n" + b"x" * 400, "line 2: has 400 characters"),
    ],
)
def test_what_has_no_pseudonym_is_refused_by_its_line(
    campaign: Api, address: str, input: bytes, problem: str
) -> None:
    code, _, said = pseudonyms(campaign, address, input)
    assert (code, problem in said) == (2, True)


def test_person_export_names_the_campaign_of_each_event(campaign: Api) -> None:
    out = run(campaign, "person", "export", "r-1")[1]
    found: list[Any] = [json.loads(line) for line in out.splitlines()]
    assert {row["campaign"] for row in found} == {"spring"}
