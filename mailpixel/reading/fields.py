"""The fields of JSON bodies and of query strings: what each takes, written once for the check and for the document."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailpixel.errors import InvalidInput
from mailpixel.report.moments import LATEST_MS, from_iso, from_ms

Schema = Mapping[str, Any]
Read = Callable[[Any, str], Any]
"""(value as parsed, name of its field) to the value as used. Raises `InvalidInput`."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its JSON schema and how it is read. `null` is taken where `nullable`."""

    name: str
    schema: Schema
    read: Read
    required: bool = False
    nullable: bool = False
    default: Any = None
    help: str = ""


def read_object(value: object, fields: Sequence[Field], at: str = "") -> dict[str, Any]:
    """The fields of an object that were given, read. Raises `InvalidInput` for an unknown or missing one.

    `at` is where the object stands, as `links[2].`, so that errors name the whole path.
    """
    if not isinstance(value, dict):
        raise InvalidInput(at.rstrip(".") or "body", "must be a JSON object")
    known = {field.name: field for field in fields}
    for name in value:
        if name not in known:
            raise InvalidInput(at + name, f"unknown field; expected {', '.join(known)}")
    for field in fields:
        if field.required and field.name not in value:
            raise InvalidInput(at + field.name, "is missing")
    return {name: _read(known[name], given, at + name) for name, given in value.items()}


def _read(field: Field, given: object, name: str) -> Any:
    return None if given is None and field.nullable else field.read(given, name)


def text(check: Callable[[str, str], str]) -> Read:
    """Reads a string that `check(text, name)` accepts."""

    def read(value: Any, name: str) -> str:
        return check(a_string(value, name), name)

    return read


def a_string(value: object, name: str) -> str:
    """The string. Raises `InvalidInput` for anything else, and for half a character pair, which no UTF-8 has."""
    if not isinstance(value, str):
        raise InvalidInput(name, "must be a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidInput(name, "holds half of a surrogate pair; send valid Unicode")
    return value


def whole(least: int, most: int) -> Read:
    """Reads a whole number within bounds, from JSON or from the digits of a query string."""
    problem = f"must be a whole number from {least:,} to {most:,}"

    def read(value: Any, name: str) -> int:
        number = int(value) if isinstance(value, str) and _digits(value) else value
        if isinstance(number, float) and number.is_integer():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise InvalidInput(name, problem)
        return number

    return read


def _digits(value: str) -> bool:
    return value.isascii() and value.isdecimal() and len(value) <= 20


def choice(*options: str) -> Read:
    """Reads one of a few words."""

    def read(value: Any, name: str) -> str:
        if value not in options:
            raise InvalidInput(name, f"must be one of {', '.join(options)}")
        return str(value)

    return read


def boolean(value: Any, name: str) -> bool:
    """Reads true or false."""
    if not isinstance(value, bool):
        raise InvalidInput(name, "must be true or false")
    return value


FLAGS = {"1": True, "true": True, "0": False, "false": False}


def flag(value: Any, name: str) -> bool:
    """Reads true or false of a query string."""
    if value not in FLAGS:
        raise InvalidInput(name, f"must be one of {', '.join(FLAGS)}")
    return FLAGS[value]


def moment(value: Any, name: str) -> datetime:
    """Reads an ISO 8601 date and time, UTC where it has no offset, or whole milliseconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return from_ms(value, name)
    return from_iso(a_string(value, name), name)


MOMENT: Schema = {
    "description": "ISO 8601, UTC where it has no offset; or milliseconds since 1970",
    "oneOf": [
        {"type": "string", "format": "date-time"},
        {"type": "integer", "minimum": 0, "maximum": LATEST_MS},
    ],
}
BOOLEAN: Schema = {"type": "boolean"}


def integer(least: int, most: int) -> Schema:
    """The schema of `whole(least, most)`."""
    return {"type": "integer", "minimum": least, "maximum": most}


def options(*words: str) -> Schema:
    """The schema of `choice(*words)`."""
    return {"type": "string", "enum": list(words)}


def object_schema(fields: Sequence[Field]) -> dict[str, Any]:
    """The schema of what `read_object` takes."""
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field_schema(field) for field in fields},
    }
    required = [field.name for field in fields if field.required]
    return schema | {"required": required} if required else schema


def _field_schema(field: Field) -> Schema:
    schema = dict(field.schema)
    if field.nullable:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {"description": field.help, **schema} if field.help else schema
