"""Rows as NDJSON, and as CSV that a spreadsheet can open safely."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence

_STARTS = "=+\\-@＝＋－＠"
"""Characters that begin a formula. Source: OWASP, "CSV Injection", read November 2026."""
_FORMULA = re.compile(rf"""["'\s\ufeff]*?[\t\r\n{_STARTS}]""")
"""Text that a spreadsheet may run: a formula, also behind quotes and white space that a program may drop."""
_FORMULA_INSIDE = re.compile(rf"""(?<=[;\t\r\n])(["']*)(?=[{_STARTS}])""")
"""A formula inside of text, where a program that separates cells by `;` or tabs, or reads line by line, starts a cell.

Excel separates by `;` where the comma is the decimal mark.
"""
_GUARDED_INSIDE = re.compile(rf"""(?<=[;\t\r\n])(["']*)'(?=[{_STARTS}])""")

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
    """The text of a cell. An apostrophe in front of a formula keeps a spreadsheet from running it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(value)
    text = "" if value is None else str(value)
    text = _FORMULA_INSIDE.sub(r"\1'", text)
    return "'" + text if _FORMULA.match(text) else text


def as_written(cell: str) -> str:
    """The text of a cell without the apostrophes that `_cell` added."""
    if "'" not in cell:
        return cell
    bare = cell.removeprefix("'")
    return _GUARDED_INSIDE.sub(r"\1", bare if _FORMULA.match(bare) else cell)
