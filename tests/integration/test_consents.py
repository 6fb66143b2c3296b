"""Consent as people report it: files of any spreadsheet, lines to the API, and what both answer."""

import csv
import io
import json
from typing import Any

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.folder.key_file import load_keyring
from mailpixel.kinds import EventKind
from mailpixel.links.keyring import pseudonym
from mailpixel.modes import Consent, Statement
from mailpixel.store.consents import EVERY_PURPOSE, Said
from mailpixel.times import now_ms
from tests.support.api import NDJSON, Api, lines
from tests.support.builders import a_delivery

GRANTED, DENIED, UNKNOWN = Statement.GRANTED, Statement.DENIED, Statement.UNKNOWN
HEADER = "recipient,purpose,state,time,source,wording\n"
FORM = {"source": "sign-up form", "wording": "spring wording"}
NOTHING = {"taken": 0, "older": 0, "known": 0, "suppressed": 0, "failed": 0}


def a_line(
    recipient: str = "r-1", purpose: str = "all", state: str = "granted", **more: Any
) -> dict[str, Any]:
    return {
        "recipient": recipient,
        "purpose": purpose,
        "state": state,
        "time": "2026-11-20T09:00:00Z",
        **FORM,
        **more,
    }


def as_csv(*rows: dict[str, Any], delimiter: str = ",") -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER.strip().split(","), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def run(api: Api, *words: str, input: bytes = b"") -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), "consent", *words], input=input)
    return done.exit_code, done.stdout, done.stderr


def imported(api: Api, text: str | bytes, *options: str) -> dict[str, int]:
    code, out, said = run(
        api, "import", "-", *options, input=text if isinstance(text, bytes) else text.encode()
    )
    counts: dict[str, int] = json.loads(out)
    assert code == (1 if counts["failed"] else 0), said
    return counts


def test_a_file_is_imported_once_and_later_statements_hold(api: Api) -> None:
    rows = [
        a_line("r-1"),
        a_line("r-2", "opens", "denied", wording=""),
        a_line("r-1", "clicks", "denied", time="2026-11-21T10:00:00+01:00"),
        a_line("r-1", "clicks", "granted", time="2026-11-19T10:00:00Z"),
    ]
    assert imported(api, as_csv(*rows)) == NOTHING | {"taken": 3, "older": 1}
    assert imported(api, as_csv(*rows)) == NOTHING | {"known": 4}
    assert api.registry.consent_of("r-1") == Consent(GRANTED, DENIED)
    assert api.registry.consent_of("r-2") == Consent(DENIED, UNKNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + as_csv(a_line(), delimiter=";").replace("granted", "Granted").replace("all", "ALL"),
        "sep=;\r\n" + as_csv(a_line(), delimiter=";"),
        as_csv(a_line()).replace("recipient,purpose", "Recipient, Purpose").replace("time", "TIME"),
        as_csv(a_line(time=1_795_165_200_000), delimiter="\t"),
        as_csv(a_line(time="2026-11-20 09:00:00+00:00")).replace("\r\n", "\n").strip(),
        as_csv(a_line()).encode("utf-16"),
        as_lines(a_line()),
        as_lines(a_line(time=1_795_165_200_000)) + b"\n",
    ],
    ids=["excel", "sep", "names", "tabs", "unix", "utf-16", "ndjson", "milliseconds"],
)
def test_files_of_every_spreadsheet_mean_the_same(api: Api, text: str | bytes) -> None:
    assert imported(api, text) == NOTHING | {"taken": 1}
    [kept] = api.registry.history("r-1")
    assert (kept.state, kept.at_ms, kept.source, kept.wording, kept.method) == (
        GRANTED,
        1_795_165_200_000,
        "sign-up form",
        "spring wording",
        "import",
    )


def test_a_file_of_excel_in_another_encoding_names_the_option_that_reads_it(api: Api) -> None:
    row = a_line(source="Anmeldung Müller")
    text = as_csv(row, delimiter=";").encode("cp1252")
    code, _, said = run(api, "import", "-", input=text)
    assert (code, said.splitlines()[0]) == (
        1,
        "row 2: source: is not in UTF-8; name the encoding of the file, such as --encoding cp1252 for Excel's CSV",
    )
    assert imported(api, text, "--encoding", "cp1252") == NOTHING | {"taken": 1}
    assert [kept.source for kept in api.registry.history("r-1")] == ["Anmeldung Müller"]
    code, _, said = run(api, "import", "-", input="Empfänger;Zweck\nr-1;all\n".encode("cp1252"))
    assert code == 2
    assert said.endswith("its first row is not in UTF-8\n")


def test_showing_somebody_who_said_nothing_says_so(api: Api) -> None:
    code, out, said = run(api, "show", "nobody")
    assert (code, "unknown" in out) == (0, True)
    assert said == "nothing was ever said under this id; check the spelling if you expected something\n"


FAULTS = {
    "recipient": a_line("ann@example.com"),
    "purpose": a_line(purpose="tracking"),
    "state": a_line(state="yes"),
    "time": a_line(time="2026-11-20T09:00:00"),
    "source": a_line(source=""),
    "wording": a_line(wording=""),
}


@pytest.mark.parametrize("field", FAULTS)
def test_a_faulty_row_is_named_and_does_not_lose_the_others(api: Api, field: str) -> None:
    code, out, said = run(api, "import", "-", input=as_csv(a_line("r-7"), FAULTS[field]).encode())
    assert (code, json.loads(out)) == (1, NOTHING | {"taken": 1, "failed": 1})
    assert said.startswith(f"row 3: {field}: ")
    assert "ann" not in said
    answers = lines(
        api.ask("POST", "/api/consents", "privacy", content=as_lines(FAULTS[field]), headers=NDJSON)
    )
    assert (answers[0]["row"], answers[0]["error"]["field"]) == (1, field)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (a_line(source="form of ann@example.com"), "source"),
        (a_line(wording="two\nlines"), "wording"),
        (a_line(source="x" * 201), "source"),
        (a_line(time="2027-11-20T09:00:00Z"), "time"),
        (a_line(time="1999-11-20T09:00:00Z"), "time"),
        (a_line(told="x"), "told"),
        ([], "body"),
    ],
)
def test_what_would_be_no_proof_is_refused(api: Api, row: Any, field: str) -> None:
    [answer, tally] = lines(
        api.ask("POST", "/api/consents", "privacy", content=as_lines(row), headers=NDJSON)
    )
    assert (answer["error"]["field"], tally["failed"]) == (field, 1)
    assert list(api.registry.consents()) == []


@pytest.mark.parametrize(
    ("time", "problem"),
    [
        ("02.11.2026 09:30", "must be a date and time with its time zone, like 2026-11-25T09:00:00+01:00"),
        ("2026-11-02", "has no time zone; write a date and time with one, like 2026-11-25T09:00:00+01:00"),
        (
            "2026-11-02 09:30",
            "has no time zone; write a date and time with one, like 2026-11-25T09:00:00+01:00",
        ),
        ("1826-11-02T09:30:00Z", "must be a moment in the years 2000 to 2099; this is too early"),
    ],
)
def test_a_time_as_spreadsheets_write_it_is_refused_with_what_is_right(
    api: Api, time: str, problem: str
) -> None:
    _, _, said = run(api, "import", "-", input=as_csv(a_line(time=time)).encode())
    assert said.splitlines()[0] == f"row 2: time: {problem}"


def test_a_file_without_the_columns_is_refused(api: Api) -> None:
    code, _, said = run(api, "import", "-", input=b"recipient,state\nr-1,denied\n")
    assert code == 2
    assert (
        "needs the columns `recipient`, `purpose`, `state` and `time`; the column `purpose` is not there"
        in said
    )


def test_a_time_a_little_ahead_is_taken_and_one_of_next_week_is_not(api: Api) -> None:
    ahead = [a_line(f"r-{hours}", time=now_ms() + hours * 3_600_000) for hours in (23, 25)]
    assert imported(api, as_csv(*ahead)) == NOTHING | {"taken": 1, "failed": 1}


def test_addresses_are_imported_as_their_pseudonyms(api: Api) -> None:
    counts = imported(api, as_csv(a_line("Ann@Example.com", state="denied")), "--hash-recipients")
    assert counts == NOTHING | {"taken": 1}
    id = pseudonym(load_keyring(api.settings.key_file), "ann@example.com")
    assert api.registry.is_opted_out(id)
    code, out, _ = run(api, "show", "ann@example.com")
    assert (code, out.splitlines()[1]) == (0, "opens        denied")
    answer = api.ask(
        "POST",
        "/api/consents?hash_recipients=true",
        "privacy",
        json=a_line("ann@example.com", state="denied"),
    )
    assert answer.json() == {"consent": "known"}


def test_a_dry_run_reports_and_records_nothing(api: Api) -> None:
    assert imported(api, as_csv(a_line()), "--dry-run") == NOTHING | {"taken": 1}
    said = run(api, "import", "-", "--dry-run", input=as_csv(a_line()).encode())[2]
    assert said == "nothing was recorded: this was a dry run\n"
    assert api.ask("POST", "/api/consents?dry_run=true", "privacy", json=a_line()).json() == {
        "consent": "taken"
    }
    assert list(api.registry.consents()) == []


def test_nobody_who_was_erased_comes_back_by_an_import_unless_it_lifts(api: Api) -> None:
    api.registry.note_erased(["r-1"], 1_795_165_200_000)
    later = a_line(time="2026-11-21T09:00:00Z")
    code, out, said = run(api, "import", "-", input=as_csv(later).encode())
    assert (code, json.loads(out)) == (0, NOTHING | {"suppressed": 1})
    assert "--lift takes their later grants" in said
    _, out, said = run(api, "show", "r-1")
    assert {line.split()[1] for line in out.splitlines()[1:7]} == {"erased"}
    assert "this person was erased" in said
    assert imported(api, as_csv(a_line()), "--lift") == NOTHING | {"suppressed": 1}
    assert imported(api, as_csv(later), "--lift") == NOTHING | {"taken": 1}
    assert api.registry.consent_of("r-1") == Consent(GRANTED, GRANTED)


def test_every_line_to_the_api_is_answered_and_the_last_line_counts(api: Api) -> None:
    body = as_lines(
        a_line(), a_line(), {"recipient": "r-2"}, a_line(state="denied", time="2026-11-19T09:00:00Z")
    )
    *answers, tally = lines(api.ask("POST", "/api/consents", "privacy", content=body, headers=NDJSON))
    assert [(each["row"], each.get("consent")) for each in answers] == [
        (1, "taken"),
        (2, "known"),
        (3, None),
        (4, "older"),
    ]
    assert tally == {"taken": 1, "older": 1, "known": 1, "suppressed": 0, "failed": 1}


def test_a_person_is_shown_with_what_holds_and_what_was_said(api: Api) -> None:
    api.ask("POST", "/api/consents", "privacy", json=a_line("r/1", "opens"))
    shown = api.ask("GET", "/api/people/r%2F1/consents", "privacy").json()
    [statement] = shown["history"]
    assert statement.pop("recorded_at") is not None
    assert shown == {
        "recipient": "r/1",
        "now": {"opens": "granted"}
        | dict.fromkeys(("clicks", "measure", "identify", "share", "personalise"), "unknown"),
        "erased": False,
        "history": [
            {
                "purposes": ["opens"],
                "state": "granted",
                "time": "2026-11-20T09:00:00Z",
                "method": "api",
                **FORM,
            }
        ],
    }
    code, out, _ = run(api, "show", "r/1", "--json")
    assert (code, json.loads(out)["now"]) == (0, shown["now"])
    assert api.error("GET", "/api/people/ann@example.com/consents", "privacy")[:2] == (422, "invalid_input")
    assert api.error("GET", "/api/people/r%2F1/consents", "read")[0] == 403


def test_an_export_can_be_imported_elsewhere_and_says_the_same(api: Api) -> None:
    rows = [
        a_line("=r-1"),
        a_line("r-2", "opens", "denied", wording="", source="=form"),
        a_line("r-3", "clicks"),
    ]
    api.registry.opt_out("r-4", api.registry.keys()[0].created_at)
    assert imported(api, as_lines(*rows))["taken"] == 3
    for form in ("csv", "ndjson"):
        code, out, _ = run(api, "export", "--format", form)
        counts = imported(api, out)
        assert (code, counts["failed"]) == (0, 0)
        assert counts["known"] == 5, "opens and clicks of the opt-out are two rows"
    header, *_ = run(api, "export", "--proof")[1].splitlines()
    assert header == HEADER.strip() + ",recorded_at,method"


def test_statements_of_erased_people_are_not_exported(api: Api) -> None:
    imported(api, as_csv(a_line("r-1"), a_line("r-2")))
    api.registry.note_erased(["r-1"], now_ms())
    assert [line.partition(",")[0] for line in run(api, "export")[1].splitlines()] == ["recipient", "r-2"]


def opted_out(api: Api) -> list[tuple[str, str]]:
    """Campaign and recipient of every opt-out in the log."""
    return sorted(
        (message.campaign, message.recipient)
        for campaign in api.store.campaigns()
        for message in api.store.messages(campaign)
        for event in message.events
        if event.kind is EventKind.OPTOUT
    )


@pytest.mark.parametrize("way", ["file", "api", "one"])
def test_whoever_refuses_both_by_an_import_has_opted_out_of_the_mail_that_was_sent(
    api: Api, way: str
) -> None:
    for campaign, recipient in (("spring", "r-1"), ("autumn", "r-1"), ("spring", "r-2"), ("spring", "r-3")):
        api.store.append([a_delivery(1, campaign=campaign, recipient=recipient)])
    rows = [
        a_line("r-1", state="denied"),
        a_line("r-2", "opens", "denied"),
        a_line("r-3", state="denied"),
        a_line("r-3", state="granted", time="2026-11-21T09:00:00Z"),
        a_line("r-4", state="denied"),
    ]
    if way == "file":
        imported(api, as_csv(*rows), "--dry-run")
        assert opted_out(api) == []
    for _ in range(2):
        if way == "file":
            imported(api, as_csv(*rows))
        elif way == "api":
            api.ask("POST", "/api/consents", "privacy", content=as_lines(*rows), headers=NDJSON)
        else:
            api.ask("POST", "/api/consents", "privacy", json=rows[0])
            api.ask("POST", "/api/consents", "privacy", json=rows[1])
    assert opted_out(api) == [("autumn", "r-1"), ("spring", "r-1")]
    imported(api, as_csv(a_line("r-2", "clicks", "denied", time="2026-11-25T09:00:00Z")))
    assert opted_out(api) == [("autumn", "r-1"), ("spring", "r-1"), ("spring", "r-2")]


def test_importing_again_completes_an_import_that_was_killed_before_it_marked_the_mail(api: Api) -> None:
    api.store.append([a_delivery(1, recipient="r-1")])
    said = Said("r-1", EVERY_PURPOSE, DENIED, 1_795_165_200_000, FORM["source"], FORM["wording"])
    api.registry.record_consents([said], now_ms())  # what a killed process did
    for _ in range(2):
        assert imported(api, as_csv(a_line("r-1", state="denied"))) == NOTHING | {"known": 1}
        kinds = [event.kind for event in api.store.message("spring", "r-1").events]
        assert kinds == [EventKind.DELIVERY, EventKind.OPTOUT]
