"""Rows as NDJSON, and as CSV that a spreadsheet can open safely."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""First characters that a spreadsheet takes for a formula. Source: OWASP, "CSV Injection", read November 2026."""

Cells = Mapping[str, object]


def flat(row: Cells) -> dict[str, object]:
    """The row with nested objects flattened: {"opens": {"human": 1}} becomes {"opens_human": 1}."""
    cells: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            cells |= {f"{name}_{inner}": cell for inner, cell in value.items()}
        else:
            cells[name] = value
    return cells


def ndjson(rows: Iterable[Cells]) -> bytes:
    """One JSON object per line."""
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


def csv_header(columns: Sequence[str]) -> bytes:
    """The header line."""
    return ",".join(columns).encode() + b"\r\n"


def csv_rows(rows: Iterable[Cells]) -> bytes:
    """RFC 4180 lines without the header. None is empty, booleans are `true` and `false`, lists are joined by spaces."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in flat(row).values()] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """The text of a cell. An apostrophe in front keeps a spreadsheet from running text as a formula."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    text = "" if value is None else str(value)
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def as_written(cell: str) -> str:
    """The text of a cell without the apostrophe that `_cell` added."""
    bare = cell.removeprefix("'")
    return bare if bare.startswith(FORMULA_STARTS) else cell
