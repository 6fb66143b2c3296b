"""The values of kept columns, converted from the list's format to the output's."""

import json
from collections.abc import Sequence

from mailpixel.errors import InvalidInput
from mailpixel.links.lists.layout import Kept, RowContent


def csv_field(text: str) -> str:
    """A CSV field, quoted where needed."""
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',";\t\r\n') else text


def as_it_is(value: object) -> object:
    """The value."""
    return value


def kept_text(value: object) -> str | None:
    """The value as text: CSV text as it is, an NDJSON value that is not text as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def kept_csv(value: object) -> str:
    """The value as a CSV field; empty for None."""
    return csv_field(kept_text(value) or "")


def is_text(kept: Kept) -> bool:
    """Whether all values can be written as UTF-8."""
    try:
        for column in kept:
            "".join(kept_text(value) or "" for value in column).encode()
    except UnicodeEncodeError:
        return False
    return True


def refuse_unreadable(rows: list[RowContent], kept: Kept, names: Sequence[str]) -> None:
    """Put a fault in place of every row with a kept value that is not UTF-8."""
    problem = "is not UTF-8 in this row; save the list as CSV UTF-8, or set its `encoding`"
    for name, column in zip(names, kept, strict=True):
        if is_text([column]):
            continue
        for place, value in enumerate(column):
            if isinstance(rows[place], str) and not is_text([[value]]):
                rows[place] = InvalidInput(name, problem)
