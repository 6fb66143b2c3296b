"""Query strings and cursors."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

from msgspec import UNSET, Meta, UnsetType

from mailpixel.errors import InvalidInput
from mailpixel.reading.shapes import Shape, Text, read_shape

Item = TypeVar("Item")

CURSOR_CHARS = 400
MOST_ITEMS = 1_000


Query = TypeVar("Query", bound=Shape)


def read_query(given: Iterable[tuple[str, str]], shape: type[Query]) -> Query:
    """The parameters of a query string as a shape.

    Raises `InvalidInput` for an unknown field, one given twice and an invalid value.
    """
    known = shape.__struct_encode_fields__
    values: dict[str, str] = {}
    for name, text in given:
        if name not in known:
            there_are = f"expected {', '.join(known)}" if known else "this endpoint takes none"
            raise InvalidInput(name, f"unknown query parameter; {there_are}")
        if name in values:
            raise InvalidInput(name, "is repeated; send it once")
        values[name] = text
    return read_shape(values, shape, texts=True)


def to_cursor(after: str) -> str:
    """An opaque, URL-safe cursor of the last item of a page."""
    return base64.urlsafe_b64encode(after.encode()).decode().rstrip("=")


def from_cursor(cursor: str, name: str) -> str:
    """The last item of the previous page. Raises `InvalidInput` for an invalid cursor."""
    try:
        if len(cursor) > CURSOR_CHARS:
            raise ValueError
        after = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error):
        raise InvalidInput(name, "invalid cursor; use `next` from the previous page") from None
    return after


class PageCursor(Text, check=from_cursor, maxLength=CURSOR_CHARS):
    """The position after which a page begins."""


class PageOptions(Shape, frozen=True):
    """The page of a list."""

    cursor: Annotated[
        PageCursor | UnsetType, Meta(description="`next` from the previous page. Default: the first page.")
    ] = UNSET
    limit: Annotated[int, Meta(ge=1, le=MOST_ITEMS, description="Most items on the page. Default: 100.")] = (
        100
    )

    @property
    def after(self) -> str:
        """The last item of the previous page; empty for the first page."""
        return self.cursor or ""


def number_after(after: str) -> int:
    """The number of the last item of the previous page; 0 for the first page. Raises `InvalidInput`."""
    if after and not (after.isascii() and after.isdecimal() and len(after) <= 18):
        raise InvalidInput(
            "cursor", "belongs to another list; use `next` from the previous page of this list"
        )
    return int(after or 0)


def page(
    items: Sequence[Item], limit: int, key: Callable[[Item], str], to_json: Callable[[Item], object]
) -> dict[str, object]:
    """One page, made from items read with `limit` + 1: {"items", "next": cursor or null}."""
    shown = items[:limit]
    following = to_cursor(key(shown[-1])) if len(items) > limit else None
    return {"items": [to_json(item) for item in shown], "next": following}
