"""Query strings and cursors."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from mailpixel.errors import InvalidInput
from mailpixel.reading.fields import Field, integer, whole

Item = TypeVar("Item")

CURSOR_CHARS = 400
MOST_ITEMS = 1_000


def read_query(given: Iterable[tuple[str, str]], fields: Sequence[Field]) -> dict[str, Any]:
    """The value of every field, its default where it was not given.

    Raises `InvalidInput` for an unknown field, one given twice and an invalid value.
    """
    known = {field.name: field for field in fields}
    values: dict[str, Any] = {}
    for name, text in given:
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none here"
            raise InvalidInput(name, f"no such query parameter; {there_are}")
        if name in values:
            raise InvalidInput(name, "is given twice")
        values[name] = known[name].read(text, name)
    return {field.name: field.default for field in fields} | values


def to_cursor(after: str) -> str:
    """An opaque, URL-safe cursor of the last item of a page."""
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def from_cursor(cursor: Any, name: str) -> str:
    """The last item of the previous page. Raises `InvalidInput` for an invalid cursor."""
    try:
        if len(cursor) > CURSOR_CHARS:
            raise ValueError
        after = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise InvalidInput(name, "invalid cursor; use `next` from the previous page") from None
    return after


CURSOR = Field(
    "cursor",
    {"type": "string", "maxLength": CURSOR_CHARS},
    from_cursor,
    default="",
    help="The `next` of the page before; without it the first page.",
)
LIMIT = Field(
    "limit",
    integer(1, MOST_ITEMS),
    whole(1, MOST_ITEMS),
    default=100,
    help="How many items a page has at most; 100 by default.",
)
PAGE = (CURSOR, LIMIT)


def page(
    items: Sequence[Item], limit: int, key: Callable[[Item], str], to_json: Callable[[Item], object]
) -> dict[str, object]:
    """One page of items read with one more than `limit`: {"items", "next": cursor or null}."""
    shown = items[:limit]
    following = to_cursor(key(shown[-1])) if len(items) > limit else None
    return {"items": [to_json(item) for item in shown], "next": following}
