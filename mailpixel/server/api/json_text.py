"""Writes JSON answers piece by piece, because encoding a long list in one call would block the answers to hits."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.responses import Response

from mailpixel.server.errors import NO_STORE

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def answer_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer to a request, marked as not to be cached."""
    text = "".join(_pieces(value)).encode()
    return Response(text, status, {**NO_STORE, **(headers or {})}, "application/json")


def _pieces(value: Any) -> Iterator[str]:
    """The text of a value in pieces. A value without nested lists or objects is one piece."""
    if isinstance(value, dict) and _is_deep(value.values()):
        for number, (name, inner) in enumerate(value.items()):
            yield f"{',' if number else '{'}{_encode(name)}:"
            yield from _pieces(inner)
        yield "}"
    elif isinstance(value, list | tuple) and _is_deep(value):
        for number, inner in enumerate(value):
            yield "," if number else "["
            yield from _pieces(inner)
        yield "]"
    else:
        yield _encode(value)


def _is_deep(values: Any) -> bool:
    return any(isinstance(value, dict | list | tuple) for value in values)
