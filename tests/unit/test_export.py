"""Events as NDJSON and CSV, and the rows of recipients."""

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpixel.classify import Rules
from mailpixel.model import Event, Facts, Judged, Message, Network, Verdict, Via
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.report.export import (
    columns,
    event_json,
    judged_events,
    with_verdicts,
)
from mailpixel.report.recipients import recipient_row
from mailpixel.report.tables import Cells, as_written, csv_header, csv_rows, ndjson
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.projections import MessageState
from mailpixel.store.verdict_codes import pack
from tests.support.builders import (
    APPLE,
    GMAIL,
    ROBOT,
    a_bounce,
    a_campaign,
    a_click,
    a_complaint,
    a_delivery,
    a_message,
    an_open,
    an_optout,
    at_ms,
    judge_plainly,
)


def rows_of(*events: Event, addresses: bool = False) -> list[Cells]:
    message = a_message(*events)
    return [event_json(told, addresses) for told in with_verdicts(message, judge(message))]


def judge(message: Message) -> tuple[Judged, ...]:
    return judge_plainly(message, a_campaign())


OPEN = an_open(60.5, agent=GMAIL, id=b"\0" * 15 + b"\1", address="66.249.84.1")
CLICK = a_click(90, id=b"\0" * 15 + b"\2", agent="=cmd|'/c calc'!A0")
OPEN_ROW: Cells = {
    "id": "00000000000000000000000000000001",
    "received_at": "2026-09-21T14:14:20.500Z",
    "kind": "open",
    "campaign": "spring",
    "recipient": "r-1",
    "link": None,
    "destination": None,
    "method": "GET",
    "agent": GMAIL,
    "verdict": "human",
    "rule": "mail_proxy",
    "via": "gmail",
    "dup": False,
    "facts": [],
    "reason": None,
}


def test_each_event_is_a_line_with_its_verdict_and_no_address() -> None:
    lines = ndjson(rows_of(OPEN)).splitlines()
    assert [json.loads(line) for line in lines] == [OPEN_ROW]


def test_addresses_come_only_when_asked_for() -> None:
    (row,) = rows_of(OPEN, addresses=True)
    assert row == {**OPEN_ROW, "network": None, "address": "66.249.84.1"}
    assert csv_header(columns(addresses=True)).endswith(b"facts,reason,network,address\r\n")


def test_with_them_comes_the_published_network_that_the_address_belonged_to() -> None:
    entry = Network(
        "66.249.80.0/20", "Google image proxy", source="https://example.com/list", date="2026-11-01"
    )
    (row,) = rows_of(replace(OPEN, address="", network=entry), addresses=True)
    assert (row["network"], row["address"]) == ("Google image proxy 66.249.80.0/20", "")


def test_a_csv_reads_back_with_the_columns_of_its_header() -> None:
    text = (csv_header(columns(addresses=False)) + csv_rows(rows_of(OPEN, CLICK))).decode()
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    as_text = {key: "" if value is None else str(value) for key, value in OPEN_ROW.items()}
    assert first == as_text | {"dup": "false", "facts": ""}
    assert (second["link"], second["verdict"]) == ("1", "human")


HOSTILE_STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t",
    "\r",
    "\n",
    "＝",
    "＋",
    "－",
    "＠",
    '"=',
    "'=",
    " =",
    "\ufeff=",
    "\" '@",
]


@pytest.mark.parametrize("start", HOSTILE_STARTS)
def test_a_cell_that_a_spreadsheet_would_run_is_made_text(start: str) -> None:
    lines = csv_rows(rows_of(a_click(agent=f"{start}1+1"))).decode()
    (row,) = csv.reader(io.StringIO(lines, newline=""))
    assert row[8] == f"'{start}1+1"


def test_a_repeat_is_true_in_the_words_of_each_format() -> None:
    rows = rows_of(an_open(60), an_open(61))
    assert [row["dup"] for row in rows] == [False, True]
    assert csv_rows(rows).decode().splitlines()[1].endswith(",human,default,,true,,")


def test_a_recipient_is_a_row_of_what_became_of_the_message() -> None:
    hits = a_message(an_open(60), an_open(61.25), an_open(99, agent=ROBOT), a_click(120, agent=ROBOT))
    state = MessageState(
        "spring",
        "r-1",
        pack(judge(hits)),
        delivered_at_ms=at_ms(1),
        first_human_open_at_ms=at_ms(60),
        last_event_at_ms=at_ms(61.25),
    )
    assert recipient_row(state) == {
        "recipient": "r-1",
        "standing": "read",
        "delivered_at": "2026-09-21T14:13:21Z",
        "opted_out": False,
        "bounced_at": None,
        "bounce_reason": None,
        "complained_at": None,
        "opens": {"events": 3, "human": 1, "privacy_prefetch": 0, "machine": 1},
        "clicks": {"events": 1, "human": 0, "machine": 1},
        "first_human_open_at": "2026-09-21T14:14:20Z",
        "first_human_click_at": None,
        "last_event_at": "2026-09-21T14:14:21.250Z",
    }


def test_a_proxy_on_someones_behalf_is_named() -> None:
    judged = Judged(OPEN, Verdict.PRIVACY_PREFETCH, "apple_mpp", Via.APPLE)
    row = event_json(judged)
    assert (row["verdict"], row["via"]) == ("privacy_prefetch", "apple")


def test_reports_are_events_without_a_verdict_and_come_in_order_of_time() -> None:
    rows = rows_of(an_open(60), a_delivery(1), an_optout(90), a_bounce(2), a_complaint(70))
    assert [(row["kind"], row["method"], row["verdict"], row["dup"], row["reason"]) for row in rows] == [
        ("delivery", None, None, None, None),
        ("bounce", None, None, None, "invalid"),
        ("open", "GET", "human", False, None),
        ("complaint", None, None, None, "spam"),
        ("optout", None, None, None, None),
    ]


def test_facts_are_named() -> None:
    (row,) = rows_of(an_open(facts=Facts.REFERER | Facts.FORGED))
    assert row["facts"] == ["forged", "referer"]
    assert csv_rows([row]).endswith(b",forged referer,\r\n")


def test_events_of_a_campaign_that_is_not_registered_are_judged_too() -> None:
    message = a_message(an_open(agent=APPLE))
    (judged,) = judged_events(message, KnownCampaigns(MemoryRegistry())[message.campaign], Rules())
    assert event_json(judged)["rule"] == "apple_mpp"


SEPARATORS = (",", ";", "\t")
"""What spreadsheets separate cells by, by the settings of their country."""


def cells_seen(text: str, separator: str) -> list[str]:
    """Every cell that a program sees which reads a CSV with this separator and drops quotes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    return [cell.strip('"') for row in reader for cell in row]


@pytest.mark.parametrize("separator", SEPARATORS)
@given(agent=st.text(st.sampled_from("=+-@＝\t\r\n;,\"' a1"), max_size=12))
def test_no_cell_starts_with_a_formula_whatever_separates_cells(separator: str, agent: str) -> None:
    text = csv_rows([{"recipient": "r-1", "agent": agent, "hits": 3}]).decode()
    for cell in cells_seen(text, separator):
        assert not re.match(r"[=+\-@＝＋－＠]", cell), cell


@given(st.text(st.sampled_from("=+-@＝\t\r\n;,\"' a1\ufeff"), max_size=12))
def test_a_guarded_cell_reads_back_as_it_was_written(text: str) -> None:
    (row,) = csv.reader(io.StringIO(csv_rows([{"recipient": text, "end": 1}]).decode(), newline=""))
    assert as_written(row[0]) == text
