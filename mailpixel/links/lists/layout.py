"""Lists of recipients in the forms people have: CSV of any spreadsheet, one id a line, or NDJSON.

A list is cut into blocks of whole rows (`blocks`), which can be read one by one in any process
(`Layout.read`). What the first bytes say about the whole list is its `Layout`, found in `head`. Rows are
numbered as in a spreadsheet: the first line is row 1, and a header and blank rows count.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from mailpixel.errors import InvalidInput

LONGEST_ROW_BYTES = 262_144
"""A longer text without a line end is not a list of recipients, in bytes."""
FIELD = "recipients"
"""The name of the whole list in errors."""

RowContent = str | InvalidInput | None
"""What a row holds: the recipient as written, what is wrong with it, or nothing."""


class Readable(Protocol):
    """What a list is read from."""

    def read(self, size: int, /) -> bytes:
        """About `size` bytes at most; none at the end."""
        ...


Kept = list[list[object]]
"""The values of the kept columns, each as long as the rows: text of CSV, JSON values of NDJSON, None where missing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The format of a list.

    `delimiter` is empty for NDJSON. `column` is the index of the column with the recipients, of `width`
    columns; `field` is its name in errors and in NDJSON. `head_rows` come before the first recipient. `kept`
    are the names of the columns copied to the output, `places` their indexes in CSV.
    """

    delimiter: str = ""
    column: int = 0
    width: int = 1
    head_rows: int = 0
    field: str = "recipient"
    line_end: bytes = b"\n"
    kept: tuple[str, ...] = ()
    places: tuple[int, ...] = ()

    @property
    def quotes(self) -> bool:
        """A row may span lines, between double quotes."""
        return bool(self.delimiter)

    def read(self, block: bytes) -> Iterator[RowContent]:
        """The rows of a block, in order. A broken row does not affect others."""
        if not self.delimiter:
            return (_recipient_of(_object(line), self.field) for line in self._lines(block))
        return map(self._cell, self._records(block, ""))

    def read_kept(self, block: bytes) -> tuple[list[RowContent], Kept]:
        """The rows of a block, and beside them the kept columns."""
        if not self.delimiter:
            objects = [_object(line) for line in self._lines(block)]
            rows = [_recipient_of(each, self.field) for each in objects]
            return rows, [[_value(each, name) for each in objects] for name in self.kept]
        records = list(self._records(block, "\n"))
        return list(map(self._cell, records)), [
            [_at(each, place) for each in records] for place in self.places
        ]

    def _lines(self, block: bytes) -> list[bytes]:
        return block.replace(self.line_end, b"\n").removesuffix(b"\n").split(b"\n")

    def _records(self, block: bytes, end: str) -> Iterator[list[str] | None]:
        """The records; `end` is what stays of a line end inside quotes."""
        block = block.replace(self.line_end, b"\n").removesuffix(b"\n")
        lines = block.decode("utf-8", "surrogateescape").split("\n")
        return records([line + end for line in lines] if end else lines, self.delimiter)

    def _cell(self, record: list[str] | None) -> RowContent:
        if record is not None and len(record) == self.width:
            text = record[self.column].strip()
            if text:
                return text
        return self._odd(record)

    def _odd(self, record: list[str] | None) -> RowContent:
        """What a record holds that is not simply as wide as the header."""
        if record is None:
            return InvalidInput(
                self.field, "the quotes of this row do not match; write a quote in a field twice"
            )
        if not any(record):
            return None
        if len(record) <= self.column:
            return InvalidInput(self.field, f"the row ends before this column, the header has {self.width}")
        if len(record) > self.width and any(record[self.width :]):
            problem = f"the row has {len(record)} fields, the header {self.width}"
            return InvalidInput(self.field, f"{problem}; quote a field that holds `{self.delimiter}`")
        return record[self.column].strip() or InvalidInput(self.field, "is empty in this row")


@dataclass(frozen=True, slots=True)
class Column(Layout):
    """A list whose blocks are JSON arrays, one a column, of text and null, the recipients first.

    `width` is that of the table.
    """

    def read(self, block: bytes) -> Iterator[RowContent]:
        """The rows of a block, in order. An empty one counts as blank where there is no other column."""
        return iter(self.read_kept(block)[0])

    def read_kept(self, block: bytes) -> tuple[list[RowContent], Kept]:
        """The rows and the kept columns of a block."""
        empty = None if self.width == 1 else InvalidInput(self.field, "is empty in this row")
        recipients, *kept = json.loads(block)
        return [(text or "").strip() or empty for text in recipients], kept


def records(lines: list[str], delimiter: str) -> Iterator[list[str] | None]:
    """CSV records; None for a line with unmatched quotes. Reading starts again at the next line."""
    start = 0
    while start < len(lines):
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True)
        read = 0
        try:
            for record in reader:
                read = reader.line_num
                yield record
            return
        except csv.Error:
            start += read + 1
            yield None


def _object(line: bytes) -> object:
    """The JSON value of a line; None for a blank one, an `InvalidInput` for what is no JSON."""
    if not line or line.isspace():
        return None
    try:
        return json.loads(line.decode())
    except (ValueError, RecursionError):
        return InvalidInput("line", 'is not a JSON object in UTF-8; write {"recipient": "ID"}')


def _recipient_of(value: object, name: str) -> RowContent:
    if value is None or isinstance(value, InvalidInput):
        return value
    recipient = value.get(name) if isinstance(value, dict) else None
    if isinstance(recipient, str):
        return recipient.strip() or InvalidInput(name, "is empty")
    return InvalidInput(name, f'is missing or no text; write {{"{name}": "ID"}}')


def _value(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _at(record: list[str] | None, place: int) -> str | None:
    return record[place] if record is not None and place < len(record) else None


def blocks(source: Readable, held: bytes, size_bytes: int, layout: Layout) -> Iterator[bytes]:
    """The bytes `held` and the rest of the list, in blocks of about one size and of whole rows.

    Raises `InvalidInput` for a row of more than 262,144 bytes.
    """
    while more := source.read(size_bytes):
        held += more
        end = _end_of_rows(held, layout)
        if not end and len(held) > LONGEST_ROW_BYTES:
            end = held.rfind(layout.line_end) + 1  # a quote left open: it is found when the rows are read
            if not end:
                raise InvalidInput(
                    FIELD, f"holds a row of more than {LONGEST_ROW_BYTES:,} bytes; is it a text file?"
                )
        if end:
            yield held[:end]
            held = held[end:]
    if held:
        yield held


def _end_of_rows(data: bytes, layout: Layout) -> int:
    """Where the last whole row ends: at the last line end with an even number of quotes before it."""
    end = data.rfind(layout.line_end) + 1
    odd = data.count(b'"', 0, end) % 2 if layout.quotes else 0
    while odd and end:
        previous = data.rfind(layout.line_end, 0, end - 1) + 1
        odd ^= data.count(b'"', previous, end) % 2
        end = previous
    return end
