"""`mailpixel deliveries`: when messages were delivered, listed and imported."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import click

from mailpixel.cli.context import Command, print_json, say, stores
from mailpixel.cli.printing import batched, in_campaign, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput
from mailpixel.ingest.people_cache import ConsentFeed, PeopleCache
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.text_list import TextList
from mailpixel.model import Event
from mailpixel.reading.deliveries import DeliveryReader
from mailpixel.reading.lines import Numbered
from mailpixel.report.export import deliveries
from mailpixel.report.tables import as_written
from mailpixel.store.log import EventWriter
from mailpixel.times import DAY_MS, now_ms

COLUMNS = ("recipient", "delivered_at")
MOMENT = "delivered_at"
OPTIONAL = ("event_type", "reason")
BLOCK_BYTES = 262_144
ROWS_AT_ONCE = 5_000
FAULTS_SHOWN = 20
MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Bytes that may come before the first character of a list, in any encoding."""


@click.command(
    "deliveries",
    cls=Command,
    example="""mailpixel deliveries spring-2026 > delivered.csv
mailpixel deliveries spring-2026 --import deliveries.csv""",
)
@campaign_argument
@click.option(
    "--import",
    "source",
    type=click.File("rb"),
    metavar="FILE|-",
    help="Import deliveries from this CSV or NDJSON file with `recipient` and `delivered_at`. Bounces and complaints"
    " have an `event_type` (bounced, complained) and may have a `reason`.",
)
@row_options()
def deliveries_command(id: str, source: BinaryIO | None, output: str, **how: Any) -> None:
    """List reported deliveries, or import them from a file. A delivery reported twice counts once."""
    store, registry = stores()
    campaign_of(registry, id)
    if source is None:
        columns, rows = in_campaign(id, COLUMNS, deliveries(store, id), output)
        write_rows(columns, rows, output, **how)
        return
    counts = _import(store, registry, id, _lines(source))
    print_json(counts)
    if counts["failed"]:
        named = f", the first {FAULTS_SHOWN} are listed above" if counts["failed"] > FAULTS_SHOWN else ""
        say(f"error: {counts['failed']:,} row(s) failed{named}; correct them and import again")
        sys.exit(1)


def _import(
    store: EventWriter, registry: ConsentFeed, campaign: str, lines: Iterator[Numbered]
) -> dict[str, int]:
    """Log deliveries as the HTTP API does. {"accepted","opted_out","failed"} add up to the number of rows."""
    reader = DeliveryReader(campaign, now_ms() + DAY_MS, _people(registry).opted_out)
    counts = {"accepted": 0, "opted_out": 0, "failed": 0}
    for some in batched(lines, ROWS_AT_ONCE):
        read = reader.read(some)
        events = [each for each in read if isinstance(each, Event)]
        store.append(events)
        counts["accepted"] += len(events)
        counts["opted_out"] += sum(each is None for each in read)
        for (number, _), each in zip(some, read, strict=True):
            if isinstance(each, InvalidInput):
                counts["failed"] += 1
                if counts["failed"] <= FAULTS_SHOWN:
                    say(f"row {number}: {each}")
    return counts


def _people(registry: ConsentFeed) -> PeopleCache:
    people = PeopleCache(registry)
    people.refresh()
    return people


def _lines(source: BinaryIO) -> Iterator[Numbered]:
    """The non-blank rows by number, as the JSON that the API accepts. A header counts as a row."""
    beginning = source.read(BLOCK_BYTES)
    is_json = beginning.lstrip(MARKS_AND_SPACE).startswith(b"{")
    wanted = Wanted() if is_json else Wanted("recipient", keep_all=True)
    try:
        listed = TextList(source, beginning, wanted)
        places = {} if is_json else _places(listed.layout.kept)
    except InvalidInput as error:
        problem = error.problem.partition(";")[0]
        raise InvalidInput(
            "--import", f"needs the columns `recipient` and `delivered_at`; {problem}"
        ) from None
    layout, number = listed.layout, 0
    for block in listed.blocks(BLOCK_BYTES):
        if not layout.delimiter:
            lines: Sequence[bytes] = block.removesuffix(b"\n").split(b"\n")
            yield from ((at, line) for at, line in enumerate(lines, number + 1) if line.strip())
            number += len(lines)
            continue
        rows, kept = layout.read_kept(block)
        for at, (recipient, *cells) in enumerate(zip(rows, *kept, strict=True), number + 1):
            if at > layout.head_rows and recipient is not None:
                yield at, _as_json(recipient, {name: cells[place] for name, place in places.items()})
        number += len(rows)


def _places(names: Sequence[str]) -> dict[str, int]:
    """Where the known columns are among the names. Raises `InvalidInput`."""
    plain = [name.strip().casefold() for name in names]
    places = {name: plain.index(name) for name in (MOMENT, *OPTIONAL) if name in plain}
    twice = [name for name in places if plain.count(name) > 1]
    if twice or MOMENT not in places:
        what = f"`{twice[0]}` is named more than once" if twice else f"`{MOMENT}` is not there"
        raise InvalidInput("--import", f"the column {what}")
    return places


def _as_json(recipient: str | InvalidInput, cells: Mapping[str, object]) -> bytes:
    """A row of CSV as JSON; a number is milliseconds. An unreadable recipient is left out, so the row is refused."""
    texts = {name: str(cell or "").strip() for name, cell in cells.items()}
    text = texts.pop(MOMENT)
    fields: dict[str, object] = {MOMENT: int(text) if text.isascii() and text.isdecimal() else text}
    fields |= {name: text.casefold() for name, text in texts.items() if text}
    if isinstance(recipient, str):
        fields = {"recipient": as_written(recipient), **fields}
    return json.dumps(fields).encode()
