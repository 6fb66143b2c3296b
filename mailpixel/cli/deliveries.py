"""`mailpixel deliveries`: when messages were delivered, listed and imported."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

import click

from mailpixel.cli.context import Command, print_json, settings, stores
from mailpixel.cli.imported import Columns, Faults, NumberedRow, imported_rows, number_or_text
from mailpixel.cli.printing import batched, in_campaign, row_options, write_rows
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput
from mailpixel.ingest.people_cache import ConsentFeed, PeopleCache
from mailpixel.ingest.reports import ReportSorting
from mailpixel.model import Event
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Resolver, limits_of
from mailpixel.reading.deliveries import DeliveryReader, OptedOut
from mailpixel.reading.lines import Numbered
from mailpixel.report.export import deliveries
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS, now_ms

COLUMNS = ("recipient", "delivered_at")
MOMENT = "delivered_at"
IMPORTED = Columns("--import", (MOMENT,), ("event_type", "reason"))
ROWS_AT_ONCE = 5_000


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
    campaign = campaign_of(registry, id)
    if source is None:
        columns, rows = in_campaign(id, COLUMNS, deliveries(store, id), output)
        write_rows(columns, rows, output, **how)
        return
    faults = Faults()
    people = _people(registry)
    reader = DeliveryReader(id, now_ms() + DAY_MS, people.opted_out)
    resolver = Resolver(policy_of(settings(), registry.privacy_choice()))
    sorting = ReportSorting(resolver, lambda _: limits_of(campaign), people.consent)
    writer = ReportWriter(store, sorting)
    print_json(_import(writer, reader, _lines(imported_rows(source, IMPORTED)), faults))
    faults.end()


class ReportWriter(NamedTuple):
    """Logs reports, or only counts them."""

    store: Store
    sorting: ReportSorting

    def write(self, events: Sequence[Event]) -> None:
        """Write reports. Raises `StoreUnavailable`."""
        named, unnamed = self.sorting.sort(events)
        self.store.append(named)
        if unnamed:
            self.store.count_reports(unnamed, now_ms() // DAY_MS)


def _import(
    writer: ReportWriter, reader: DeliveryReader, lines: Iterator[Numbered], faults: Faults
) -> dict[str, int]:
    """Log deliveries as the HTTP API does. {"accepted","opted_out","failed"} add up to the number of rows."""
    counts = {"accepted": 0, "opted_out": 0}
    for some in batched(lines, ROWS_AT_ONCE):
        read = reader.read(some)
        opted_out = [each.event for each in read if isinstance(each, OptedOut)]
        events = [each for each in read if isinstance(each, Event)]
        writer.write([*events, *opted_out])
        counts["accepted"] += len(events)
        counts["opted_out"] += len(opted_out)
        for (number, _), each in zip(some, read, strict=True):
            if isinstance(each, InvalidInput):
                faults.note(number, each)
    return counts | {"failed": faults.count}


def _people(registry: ConsentFeed) -> PeopleCache:
    people = PeopleCache(registry)
    people.refresh()
    return people


def _lines(rows: Iterable[NumberedRow]) -> Iterator[Numbered]:
    """The rows as the JSON that the API accepts."""
    for number, row in rows:
        if isinstance(row, bytes):
            yield number, row
            continue
        fields: dict[str, object] = {
            name: text if name == "recipient" else text.casefold() for name, text in row.items() if text
        }
        yield number, json.dumps(fields | {MOMENT: number_or_text(row[MOMENT])}).encode()
