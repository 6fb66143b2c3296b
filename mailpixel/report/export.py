"""Every event of a campaign with its verdict, as NDJSON or CSV, a message at a time."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from mailpixel.model import Judged, Message
from mailpixel.report.moments import iso_ms

COLUMNS = (
    "id",
    "received_at",
    "kind",
    "recipient",
    "link",
    "destination",
    "method",
    "agent",
    "verdict",
    "rule",
    "via",
    "dup",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula. Source: OWASP, "CSV Injection", read November 2026."""

Judge = Callable[[Message], Sequence[Judged]]
Row = Mapping[str, object]


def columns(addresses: bool) -> tuple[str, ...]:
    """The columns of an export; the client's address only when it is asked for."""
    return (*COLUMNS, "address") if addresses else COLUMNS


def event_rows(messages: Iterable[Message], judge: Judge, addresses: bool = False) -> Iterable[Row]:
    """A row for every event of the messages, in their order. Keys are `columns(addresses)`."""
    return (event_row(judged, addresses) for message in messages for judged in judge(message))


def event_row(judged: Judged, addresses: bool = False) -> Row:
    """One event with its verdict: `id` in hexadecimal, `received_at` ISO 8601 in UTC, absent values None."""
    event = judged.event
    row = {
        "id": event.id.hex(),
        "received_at": iso_ms(event.received_at_ms),
        "kind": event.kind.value,
        "recipient": event.recipient,
        "link": event.link,
        "destination": event.destination,
        "method": event.method,
        "agent": event.agent,
        "verdict": judged.verdict.value,
        "rule": judged.rule,
        "via": judged.via.value if judged.via else None,
        "dup": judged.dup,
    }
    return row | {"address": event.address} if addresses else row


def ndjson(rows: Iterable[Row]) -> bytes:
    """One JSON object a line."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def csv_header(addresses: bool = False) -> bytes:
    """The line of column names."""
    return ",".join(columns(addresses)).encode() + b"\r\n"


def csv_rows(rows: Iterable[Row]) -> bytes:
    """RFC 4180 lines without the header; None is empty, true and false are words."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """Text of a cell; an apostrophe keeps a spreadsheet from running what a client wrote."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text
