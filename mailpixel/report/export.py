"""Every event of a campaign with its verdict, as NDJSON or CSV, a message at a time."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

from mailpixel.classify import Rules, judge
from mailpixel.errors import NotFound
from mailpixel.model import Campaign, Event, EventKind, Facts, Judged, Message
from mailpixel.report.moments import iso_ms
from mailpixel.store.protocol import Registry

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
    "facts",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula. Source: OWASP, "CSV Injection", read November 2026."""

Row = Mapping[str, object]


def columns(addresses: bool) -> tuple[str, ...]:
    """The columns of an export; the client's address only when it is asked for."""
    return (*COLUMNS, "address") if addresses else COLUMNS


def judged_events(message: Message, registry: Registry, rules: Rules) -> tuple[Judged | Event, ...]:
    """Everything logged of a message, whether its campaign is registered or not: see `with_verdicts`."""
    try:
        campaign = registry.campaign(message.campaign)
    except NotFound:
        campaign = Campaign(message.campaign, message.campaign)
    return with_verdicts(message, judge(message, campaign, rules))


def with_verdicts(message: Message, judged: Sequence[Judged]) -> tuple[Judged | Event, ...]:
    """All events of a message in order of time: hits with their verdicts, deliveries and opt-outs as they are."""
    verdicts = {
        each.event.id: each for each in judged if each.event.kind in (EventKind.OPEN, EventKind.CLICK)
    }
    ordered = sorted(message.events, key=lambda event: (event.received_at_ms, event.id))
    return tuple(verdicts.get(event.id, event) for event in ordered)


def event_json(told: Judged | Event, addresses: bool = False) -> Row:
    """One event, its keys those of `columns(addresses)`.

    `id` is hexadecimal, `received_at` ISO 8601 in UTC, `facts` a list of names; absent values are None, as the
    verdict of a delivery is.
    """
    judged = told if isinstance(told, Judged) else None
    event = told.event if isinstance(told, Judged) else told
    row = {
        "id": event.id.hex(),
        "received_at": iso_ms(event.received_at_ms),
        "kind": event.kind.value,
        "recipient": event.recipient,
        "link": event.link,
        "destination": event.destination,
        "method": event.method or None,
        "agent": event.agent,
        "verdict": judged.verdict.value if judged else None,
        "rule": judged.rule if judged else None,
        "via": judged.via.value if judged and judged.via else None,
        "dup": judged.dup if judged else None,
        "facts": [str(fact.name).lower() for fact in Facts if fact in event.facts],
    }
    return row | {"address": event.address} if addresses else row


def ndjson(rows: Iterable[Row]) -> bytes:
    """One JSON object a line."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def csv_header(addresses: bool = False) -> bytes:
    """The line of column names."""
    return ",".join(columns(addresses)).encode() + b"\r\n"


def csv_rows(rows: Iterable[Row]) -> bytes:
    """RFC 4180 lines without the header; None is empty, true and false are words, lists are parted by spaces."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """Text of a cell; an apostrophe keeps a spreadsheet from running what a client wrote."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text
