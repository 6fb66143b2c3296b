"""Lists of recipients as people have them: CSV of any spreadsheet, one id a line, or NDJSON.

A list is cut into blocks of whole rows (`blocks`), which are read one by one and anywhere (`Layout.read`); what
the first bytes say about the whole list is its `Layout`. Rows are numbered as a spreadsheet numbers them: the
first line is row 1, a header and blank rows count.
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from mailpixel.errors import InvalidInput

LONGEST_ROW_BYTES = 262_144
"""What is longer without a line end is no list of recipients."""
DELIMITERS = ",;\t|"
ONLY_COLUMN = re.compile(
    r"(recipient|subscriber|customer|contact|user|member|person|profile)?[ _-]?(id|ids|key|uid|uuid|guid)"
    r"|recipients?|subscribers?|customers?|contacts?|e?-?mail([ _-]?address)?|address",
    re.IGNORECASE,
)
"""What heads a list of one column, where nothing else tells a header from the first id."""
NOT_TEXT = (
    (b"PK\x03\x04", "is a spreadsheet or zip file; save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet file; save it as CSV UTF-8"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"\xff\xfe", "is UTF-16; save it as CSV UTF-8"),
    (b"\xfe\xff", "is UTF-16; save it as CSV UTF-8"),
    (b"[", "is a JSON array; write one object a line instead (NDJSON)"),
)
"""How files begin that cannot be read, and the remedy."""
PARQUET_MAGIC = b"PAR1"
BOM = b"\xef\xbb\xbf"
FIELD = "recipients"
"""The name of the whole list in errors."""

Row = str | InvalidInput | None
"""What a row holds: the recipient as written, what is wrong with it, or nothing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a list is written: `delimiter` is empty for NDJSON, `column` counts from 0, `width` is the columns there
    are, `head_rows` stand before the first recipient, `field` is the column's name in errors."""

    delimiter: str = ""
    column: int = 0
    width: int = 1
    head_rows: int = 0
    field: str = "recipient"
    line_end: bytes = b"\n"

    @property
    def quotes(self) -> bool:
        """A row may span lines, between double quotes."""
        return bool(self.delimiter)

    def read(self, block: bytes) -> Iterator[Row]:
        """The rows of a block, in order. A broken row takes no other with it."""
        block = block.replace(self.line_end, b"\n").removesuffix(b"\n")
        if not self.delimiter:
            return map(_recipient_of_json, block.split(b"\n"))
        lines = block.decode("utf-8", "surrogateescape").split("\n")
        return map(self._cell, _records(lines, self.delimiter))

    def _cell(self, record: list[str] | None) -> Row:
        if record is not None and len(record) == self.width:
            text = record[self.column].strip()
            if text:
                return text
        return self._odd(record)

    def _odd(self, record: list[str] | None) -> Row:
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
    """The rows of a column that comes as JSON arrays of text and null; the width is that of the table."""

    def read(self, block: bytes) -> Iterator[Row]:
        """The rows of a block, in order. An empty one counts as blank where there is no other column."""
        empty = None if self.width == 1 else InvalidInput(self.field, "is empty in this row")
        return ((text or "").strip() or empty for text in json.loads(block))


def _records(lines: list[str], delimiter: str) -> Iterator[list[str] | None]:
    """CSV records; None for a line whose quotes do not match, after which the next line begins anew."""
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


def _recipient_of_json(line: bytes) -> Row:
    if not line or line.isspace():
        return None
    try:
        value = json.loads(line.decode())
    except (ValueError, RecursionError):
        return InvalidInput("line", 'is not a JSON object in UTF-8; write {"recipient": "ID"}')
    recipient = value.get("recipient") if isinstance(value, dict) else None
    if isinstance(recipient, str):
        return recipient.strip() or InvalidInput("recipient", "is empty")
    return InvalidInput("recipient", 'is missing or no text; write {"recipient": "ID"}')


def is_parquet(first: bytes) -> bool:
    """Whether a list begins as a Parquet file does; a zero byte tells it from ids that begin with `PAR1`."""
    return first.startswith(PARQUET_MAGIC) and b"\0" in first


def look(first: bytes, column: str | None = None) -> Layout:
    """The layout of a list from its first bytes (without a byte order mark); `column` names the one with the ids.

    Raises `InvalidInput` for what is no list of recipients, or one in which the column cannot be told.
    """
    for beginning, problem in NOT_TEXT:
        if first.startswith(beginning):
            raise InvalidInput(FIELD, problem)
    if b"\0" in first:
        raise InvalidInput(FIELD, "is not UTF-8 text (it may be UTF-16); save it as CSV UTF-8")
    line_end = b"\r" if b"\r" in first and b"\n" not in first else b"\n"
    if first.lstrip().startswith(b"{"):
        return Layout(line_end=line_end)
    lines = first.decode("utf-8", "surrogateescape").split(line_end.decode())
    head = next((at for at, line in enumerate(lines) if line.strip()), 0)
    declared = re.fullmatch(r'"?sep=(.)"?\r?', lines[head])
    delimiter = declared[1] if declared else _delimiter(lines[head])
    head += declared is not None
    names = next(_records(lines[head:], delimiter), None) or [""]
    return _layout([name.strip() for name in names], delimiter, column, head, line_end)


def _delimiter(line: str) -> str:
    """The delimiter that stands most often in a header, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS, key=bare.count)


def _layout(names: list[str], delimiter: str, column: str | None, before: int, line_end: bytes) -> Layout:
    width = len(names)
    found = column_of(names, column)
    if found is not None:
        return Layout(delimiter, found, width, before + 1, names[found], line_end)
    head_rows = before + (ONLY_COLUMN.fullmatch(names[0]) is not None)
    return Layout(delimiter, 0, 1, head_rows, "recipient", line_end)


def column_of(names: list[str], column: str | None) -> int | None:
    """Which column holds the recipients; None for the only one there is, under whatever name.

    Raises `InvalidInput` where it cannot be told.
    """
    wanted = "recipient" if column is None else column.strip()
    found = [at for at, name in enumerate(names) if name.casefold() == wanted.casefold()]
    if len(found) == 1:
        return found[0]
    if column is None and len(names) == 1 and not found:
        return None
    what = "the header names it more than once" if found else f"the first row names no column `{wanted}`"
    raise InvalidInput("column", f"{what}, but {_shown(names)}; choose one with --column NAME")


def _shown(names: list[str]) -> str:
    """Column names for a message: never what may be a person's address in a list without a header."""
    shown = [f"`{name}`" for name in names[:20] if "@" not in name and 0 < len(name) <= 40]
    return ", ".join(shown) if shown else "nothing like a column name"


def blocks(source: BinaryIO, held: bytes, size_bytes: int, layout: Layout) -> Iterator[bytes]:
    """What has been read of a list, and the rest of it, in blocks of about one size and of whole rows.

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
