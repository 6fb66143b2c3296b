"""Reads request bodies: of bounded size, of an accepted content type, as JSON."""

from collections.abc import Sequence
from typing import Any, NoReturn

from starlette.exceptions import HTTPException
from starlette.requests import Request

from mailpixel.reading.json_value import parse_json

JSON_TYPES = frozenset(
    {"", "application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"}
)
LINE_TYPES = JSON_TYPES | {
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/json-lines",
    "application/octet-stream",
}
"""The form type is accepted because curl sends it by default; it says nothing about the body."""


def is_lines(request: Request) -> bool:
    """Whether the content type says that the body is lines of JSON objects."""
    return _kind(request) in LINE_TYPES - JSON_TYPES


def is_json(request: Request) -> bool:
    """Whether the content type says that the body is one JSON value."""
    return _kind(request).endswith(("/json", "+json"))


def check_type(request: Request, types: frozenset[str]) -> None:
    """Raise `HTTPException` 415 for a body of another kind."""
    kind = _kind(request)
    if kind not in types and not (kind.endswith("+json") and len(kind) < 100):
        wanted = "application/x-ndjson" if types is LINE_TYPES else "application/json"
        raise HTTPException(415, f"send the body as {wanted}")


def check_kind(request: Request, kinds: Sequence[str]) -> None:
    """Raise `HTTPException` 415 for a body that is none of these kinds."""
    if _kind(request) not in kinds:
        raise HTTPException(415, f"send the body as {' or '.join(kinds)}")


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The whole body. Raises `HTTPException` 413 as soon as it is larger than `most_bytes`."""
    check_length(request, most_bytes)
    chunks = bytearray()
    async for chunk in request.stream():
        chunks += chunk
        if len(chunks) > most_bytes:
            _too_large(most_bytes)
    return bytes(chunks)


def check_length(request: Request, most_bytes: int) -> None:
    """Raise `HTTPException` 413 if the announced length is too large."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > most_bytes):
        _too_large(most_bytes)


def _too_large(most_bytes: int) -> NoReturn:
    raise HTTPException(413, f"the body is larger than {most_bytes:,} bytes; split it into several requests")


def parsed(text: bytes) -> Any:
    """The value of a JSON body. Raises `HTTPException` 400 when it cannot be read."""
    try:
        return parse_json(text)
    except ValueError as error:
        remedy = "send one JSON object, or a stream of them as application/x-ndjson if the path takes one"
        raise HTTPException(400, f"the body {error}; {remedy}") from None
