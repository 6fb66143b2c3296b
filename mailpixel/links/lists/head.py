"""Finds the layout of a list from its beginning: its format, and which columns are which."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from mailpixel.errors import InvalidInput
from mailpixel.links.lists.columns import (
    AS_IT_IS,
    LOOKED_AT_ROWS,
    ONLY_COLUMN,
    UnclearHeader,
    Wanted,
    column_of,
    kept_columns,
    may_be_header,
    shown,
)
from mailpixel.links.lists.layout import FIELD, Layout, records

DELIMITERS = ",;\t|"
NOT_TEXT = (
    (b"PK\x03\x04", "is a spreadsheet or zip file; save it as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet file; save it as CSV UTF-8"),
    (b"\x1f\x8b", "is compressed; unpack it first"),
    (b"[", "is a JSON array; write one object a line instead (NDJSON)"),
)
"""The first bytes of files that cannot be read, and the remedy."""
PARQUET_MAGIC = b"PAR1"
COMPARED_LINES = 20
"""Most lines on which to try a delimiter."""


def is_parquet(first: bytes) -> bool:
    """Whether a list begins like a Parquet file. A zero byte distinguishes it from ids that begin with `PAR1`."""
    return first.startswith(PARQUET_MAGIC) and b"\0" in first


def look(first: bytes, wanted: Wanted = AS_IT_IS) -> Layout:
    """The layout of a list from its first bytes (in UTF-8, without a byte order mark).

    Raises `InvalidInput` when it is not a list of recipients or a column cannot be found, and `UnclearHeader`
    for a list of one column whose first line only a person can judge.
    """
    for beginning, problem in NOT_TEXT:
        if first.startswith(beginning):
            raise InvalidInput(FIELD, problem)
    if b"\0" in first:
        raise InvalidInput(FIELD, "is not UTF-8 text; save it as CSV UTF-8, or set its `encoding`")
    line_end = b"\r" if b"\r" in first and b"\n" not in first else b"\n"
    if first.lstrip().startswith(b"{"):
        return _of_json(first, wanted, line_end)
    lines = first.decode("utf-8", "surrogateescape").split(line_end.decode())
    head = next((at for at, line in enumerate(lines) if line.strip()), 0)
    declared = re.fullmatch(r'"?sep=(.)"?\r?', lines[head])
    head += declared is not None
    delimiter = declared[1] if declared else _delimiter(lines[head : head + COMPARED_LINES])
    names = [name.strip() for name in next(records(lines[head:], delimiter), None) or [""]]
    rest = (line.strip().strip('"') for line in lines[head + 1 :])
    layout = Layout(delimiter, 0, len(names), head, "recipient", line_end)
    return _with_columns(layout, names, wanted, lambda: list(islice(filter(None, rest), LOOKED_AT_ROWS)))


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that cuts the header and most lines below it into equally many fields, else the most frequent."""
    counts = {each: [re.sub(r'"[^"]*"', "", line).count(each) for line in lines] for each in DELIMITERS}

    def fit(delimiter: str) -> tuple[int, int]:
        first, *others = counts[delimiter] or [0]
        return (sum(count == first for count in others) if first else -1), first

    return max(DELIMITERS, key=fit)


def _with_columns(
    layout: Layout, names: list[str], wanted: Wanted, rest: Callable[[], Sequence[str]]
) -> Layout:
    """The layout with its columns found in the names of the first row; `rest` gives the lines below it."""
    if wanted.headerless:
        if len(names) > 1 or wanted.column or wanted.keep:
            raise InvalidInput(
                "header", "is needed to tell columns apart; only a list of one column may lack it"
            )
        return layout
    found = column_of(names, wanted.column)
    if found is None:
        is_header = ONLY_COLUMN.fullmatch(names[0]) is not None
        if not is_header and may_be_header(names[0], rest()):
            raise UnclearHeader(names[0])
        if wanted.keep and not is_header:
            raise InvalidInput("keep", "needs a first line that names the columns")
        return replace(layout, head_rows=layout.head_rows + is_header)
    kept = kept_columns(names, found, wanted)
    return replace(
        layout,
        column=found,
        head_rows=layout.head_rows + 1,
        field=names[found],
        kept=tuple(names[place] for place in kept),
        places=tuple(kept),
    )


def _of_json(first: bytes, wanted: Wanted, line_end: bytes) -> Layout:
    """The layout of NDJSON, where the first lines show which keys there are."""
    keys: dict[str, None] = {}
    for line in first.split(line_end):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        keys |= dict.fromkeys(value if isinstance(value, dict) else ())
        if wanted.keep_all and keys:
            break
    field = wanted.column or "recipient"
    kept = tuple(name for name in keys if name != field) if wanted.keep_all else wanted.keep
    for name in kept:
        if name not in keys:
            raise InvalidInput("keep", f"no line has `{name}`; there are {shown(list(keys))}")
    return Layout(line_end=line_end, field=field, kept=kept)
