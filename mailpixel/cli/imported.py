"""Rows of a file to import: CSV of any spreadsheet, or NDJSON, with the columns that a command knows."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple

from mailpixel.cli.context import say
from mailpixel.errors import InvalidInput
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.text_list import TextList
from mailpixel.report.tables import as_written

BLOCK_BYTES = 262_144
FAULTS_SHOWN = 20
MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""Bytes that may come before the first character of a list, in any encoding."""

UNDECODED = re.compile("[\udc80-\udcff]")
"""What stands in a cell for bytes that are not UTF-8."""

Cells = Mapping[str, str]
"""The cells of a row of CSV by column; a column that is empty in this row may be left out."""
NumberedRow = tuple[int, bytes | Cells]
"""The number of a row, from 1 with the header, and a line of JSON or the cells of a row."""


class Columns(NamedTuple):
    """The columns of a file besides `recipient`. `option` is the name of the file in errors."""

    option: str
    required: Sequence[str]
    optional: Sequence[str] = ()


def imported_rows(source: BinaryIO, columns: Columns, encoding: str | None = None) -> Iterator[NumberedRow]:
    """The rows that are not blank. Raises `InvalidInput` for a file without the columns.

    None as the encoding: that of its byte order mark, else UTF-8. The cells of a row whose recipient
    cannot be read lack `recipient`.
    """
    beginning = source.read(BLOCK_BYTES)
    is_json = beginning.lstrip(MARKS_AND_SPACE).startswith(b"{")
    wanted = Wanted() if is_json else Wanted("recipient", keep_all=True)
    try:
        listed = TextList(source, beginning, wanted, encoding)
        places = {} if is_json else _places(listed.layout.kept, columns)
    except InvalidInput as error:
        named = [f"`{name}`" for name in ("recipient", *columns.required)]
        needed = f"{', '.join(named[:-1])} and {named[-1]}"
        is_utf8 = not is_undecoded([error.problem]) and "\\udc" not in error.problem
        problem = error.problem.partition(";")[0] if is_utf8 else "its first row is not in UTF-8"
        raise InvalidInput(columns.option, f"needs the columns {needed}; {problem}") from None
    return _json_lines(listed) if is_json else _csv_rows(listed, places)


def _places(names: Sequence[str], columns: Columns) -> dict[str, int]:
    """Where the known columns are among the names. Raises `InvalidInput`."""
    plain = [name.strip().casefold() for name in names]
    places = {name: plain.index(name) for name in (*columns.required, *columns.optional) if name in plain}
    twice = [name for name in places if plain.count(name) > 1]
    missing = [name for name in columns.required if name not in places]
    if twice or missing:
        what = f"`{twice[0]}` is named more than once" if twice else f"`{missing[0]}` is not there"
        raise InvalidInput(columns.option, f"the column {what}")
    return places


def _json_lines(listed: TextList) -> Iterator[NumberedRow]:
    number = 0
    for block in listed.blocks(BLOCK_BYTES):
        lines = block.removesuffix(b"\n").split(b"\n")
        yield from ((at, line) for at, line in enumerate(lines, number + 1) if line.strip())
        number += len(lines)


def _csv_rows(listed: TextList, places: Mapping[str, int]) -> Iterator[NumberedRow]:
    layout, number = listed.layout, 0
    for block in listed.blocks(BLOCK_BYTES):
        rows, kept = layout.read_kept(block)
        for at, (recipient, *cells) in enumerate(zip(rows, *kept, strict=True), number + 1):
            if at > layout.head_rows and recipient is not None:
                texts = {name: as_written(str(cells[place] or "").strip()) for name, place in places.items()}
                named = {"recipient": as_written(recipient)} if isinstance(recipient, str) else {}
                yield at, named | texts
        number += len(rows)


def is_undecoded(texts: Iterable[object]) -> bool:
    """Whether any of these cells has bytes that are not UTF-8."""
    return any(not text.isascii() and UNDECODED.search(text) for text in texts if isinstance(text, str))


class Faults:
    """Prints the first faults of an import on stderr and counts all."""

    def __init__(self) -> None:
        self.count = 0

    def note(self, number: int, fault: InvalidInput) -> None:
        """A row that failed."""
        self.count += 1
        if self.count <= FAULTS_SHOWN:
            say(f"row {number}: {fault}")

    def end(self) -> None:
        """Exit with 1 if any row failed."""
        if self.count:
            named = f", the first {FAULTS_SHOWN} are listed above" if self.count > FAULTS_SHOWN else ""
            say(f"error: {self.count:,} row(s) failed{named}; correct them and import again")
            sys.exit(1)


def number_or_text(text: str) -> int | str:
    """A cell with a moment: a whole number is milliseconds since 1970."""
    return int(text) if text.isascii() and text.isdecimal() else text
