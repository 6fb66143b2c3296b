"""Events and recipients as Parquet with typed columns, a row group at a time: needs the extra `parquet`.

The columns have the names and the order of the CSV. Moments are timestamps in milliseconds (UTC), words from a
small set are dictionaries, the id of an event is 16 bytes, numbers of links are int32 and counts int64.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Generic, NamedTuple, TypeVar

from mailpixel.errors import MissingExtra
from mailpixel.model import Event, Facts, Judged
from mailpixel.report.export import columns as event_columns
from mailpixel.report.export import network_text
from mailpixel.report.recipients import CLICKS, OPENS
from mailpixel.store.projections import MessageState

try:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter
except ImportError as error:
    raise MissingExtra("Parquet needs pyarrow: pip install '.[parquet]' in the clone of mailpixel") from error

ROW_GROUP = 50_000
"""Rows of a row group: about as many as are held in memory."""
COMPRESSION = "zstd"

Row = TypeVar("Row")


class Column(NamedTuple, Generic[Row]):
    """A column: its name, its Arrow type and its value in a row."""

    name: str
    type: Any
    value: Callable[[Row], object]


_TEXT = pa.string()
_WORD = pa.dictionary(pa.int32(), pa.string())
_MOMENT = pa.timestamp("ms", tz="UTC")
_COUNT = pa.int64()

EventItem = Judged | Event


def _event(item: EventItem) -> Event:
    return item.event if isinstance(item, Judged) else item


def _of_event(name: str, type: Any, value: Callable[[Event], object]) -> Column[EventItem]:
    return Column(name, type, lambda item: value(_event(item)))


def _of_verdict(name: str, type: Any, value: Callable[[Judged], object]) -> Column[EventItem]:
    return Column(name, type, lambda item: value(item) if isinstance(item, Judged) else None)


def _facts(event: Event) -> list[str]:
    return [str(fact.name).lower() for fact in Facts if fact in event.facts]


_EVENTS: Sequence[Column[EventItem]] = (
    _of_event("id", pa.binary(16), lambda event: event.id),
    _of_event("received_at", _MOMENT, lambda event: event.received_at_ms),
    _of_event("kind", _WORD, lambda event: event.kind.value),
    _of_event("campaign", _WORD, lambda event: event.campaign),
    _of_event("recipient", _TEXT, lambda event: event.recipient),
    _of_event("link", pa.int32(), lambda event: event.link),
    _of_event("destination", _TEXT, lambda event: event.destination),
    _of_event("method", _WORD, lambda event: event.method or None),
    _of_event("agent", _WORD, lambda event: event.agent),
    _of_verdict("verdict", _WORD, lambda judged: judged.verdict.value),
    _of_verdict("rule", _WORD, lambda judged: judged.rule),
    _of_verdict("via", _WORD, lambda judged: None if judged.via is None else judged.via.value),
    _of_verdict("dup", pa.bool_(), lambda judged: judged.dup),
    _of_event("facts", pa.list_(pa.string()), _facts),
    _of_event("reason", _WORD, lambda event: None if event.reason is None else event.reason.value),
    _of_event("network", _WORD, lambda event: network_text(event.network)),
    _of_event("address", _TEXT, lambda event: event.address),
)


def _of_state(name: str, type: Any, value: Callable[[MessageState], object]) -> Column[MessageState]:
    return Column(name, type, value)


def _counted(of: str, name: str) -> Column[MessageState]:
    measure = f"{of}.{name}"
    return _of_state(f"{of}_{name}", _COUNT, lambda state: state.hits.get(measure, 0))


RECIPIENTS: Sequence[Column[MessageState]] = (
    _of_state("recipient", _TEXT, lambda state: state.recipient),
    _of_state("standing", _WORD, lambda state: state.standing.value),
    _of_state("delivered_at", _MOMENT, lambda state: state.delivered_at_ms),
    _of_state("opted_out", pa.bool_(), lambda state: state.opted_out),
    _of_state("bounced_at", _MOMENT, lambda state: state.bounced_at_ms),
    _of_state("bounce_reason", _WORD, lambda state: state.bounce_reason and state.bounce_reason.value),
    _of_state("complained_at", _MOMENT, lambda state: state.complained_at_ms),
    *(_counted("opens", name) for name in OPENS),
    *(_counted("clicks", name) for name in CLICKS),
    _of_state("first_human_open_at", _MOMENT, lambda state: state.first_human_open_at_ms),
    _of_state("first_human_click_at", _MOMENT, lambda state: state.first_human_click_at_ms),
    _of_state("last_event_at", _MOMENT, lambda state: state.last_event_at_ms),
)
"""The columns of a recipient, from a state."""


def events(addresses: bool) -> Sequence[Column[EventItem]]:
    """The columns of an event, from a judged hit or another event; the client's address only on request."""
    return _EVENTS[: len(event_columns(addresses))]


class ParquetExport(Generic[Row]):
    """Writes rows to a file as Parquet. The file is complete once this is closed; `sink` stays open."""

    def __init__(self, sink: BinaryIO, columns: Sequence[Column[Row]]) -> None:
        self._columns = columns
        self._schema = pa.schema([(column.name, column.type) for column in columns])
        self._writer = ParquetWriter(sink, self._schema, compression=COMPRESSION)
        self._held: list[Any] = []
        self._held_rows = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows; about `ROW_GROUP` of them are written together."""
        items = list(rows)
        arrays = [pa.array(map(column.value, items), column.type) for column in self._columns]
        self._held.append(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        self._held_rows += len(items)
        if self._held_rows >= ROW_GROUP:
            self._write_held()

    def close(self) -> None:
        """Write what is left and the footer."""
        if self._held:
            self._write_held()
        self._writer.close()

    def give_up(self) -> None:
        """Close without the rest of the rows. The file is not complete."""
        self._held.clear()
        with suppress(OSError, pa.ArrowException):
            self._writer.close()

    def _write_held(self) -> None:
        table = pa.Table.from_batches(self._held, self._schema).unify_dictionaries()
        self._writer.write_table(table, row_group_size=ROW_GROUP)
        self._held, self._held_rows = [], 0
