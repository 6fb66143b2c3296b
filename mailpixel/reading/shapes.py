"""Shapes of input from outside: one class defines what is accepted, checks it and documents it.

    class Url(Text, check=checked, format="uri", maxLength=65_536): ...

    class NewLink(Shape, frozen=True):
        url: Annotated[Url, Meta(description="Where the link leads: http or https.")]
        trap: Annotated[bool, Meta(description="Hidden from readers.")] = False

`read_shape` decodes a value; its errors name the field. Optional fields have a default. The default is `UNSET` where
leaving the field out differs from every value.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from inspect import cleandoc
from typing import Any, ClassVar, Self, TypeVar

import msgspec
from msgspec import UNSET, Struct, inspect

from mailpixel.errors import InvalidInput
from mailpixel.report.moments import LATEST_MS, from_iso, from_ms

Schema = Mapping[str, Any]


class Shape(Struct, frozen=True, forbid_unknown_fields=True):
    """An object with these fields and no other."""

    def given(self) -> dict[str, Any]:
        """The fields that are not UNSET, by name."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in values.items() if value is not UNSET}


class Text(str):
    """A string with its own rules: `check(text, field)` returns the text to use or raises `InvalidInput`.

    Other keyword arguments of a subclass, such as `maxLength`, become its JSON Schema.
    """

    schema: ClassVar[Schema]
    _check: ClassVar[Callable[[str, str], str]]

    def __init_subclass__(cls, check: Callable[[str, str], str], **schema: object) -> None:
        cls._check = check
        cls.schema = {"type": "string", **schema}

    @classmethod
    def read(cls, value: object) -> Self:
        """The text of a JSON string. Raises `InvalidInput` with an empty field name."""
        return cls(cls._check(a_string(value), ""))


def a_string(value: object, name: str = "") -> str:
    """The string. Raises `InvalidInput` for other types, and for a lone surrogate, which UTF-8 cannot encode."""
    if not isinstance(value, str):
        raise InvalidInput(name, "must be a string")
    if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidInput(name, "holds half of a surrogate pair; send valid Unicode")
    return value


class Moment(datetime):
    """ISO 8601 date and time (UTC without an offset), or whole milliseconds since 1970."""

    schema: ClassVar[Schema] = {
        "description": "ISO 8601 (UTC without an offset), or milliseconds since 1970",
        "oneOf": [
            {"type": "string", "format": "date-time"},
            {"type": "integer", "minimum": 0, "maximum": LATEST_MS},
        ],
    }

    @classmethod
    def read(cls, value: object) -> Self:
        """The moment, from 2000 to 2099. Raises `InvalidInput` without a field."""
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise InvalidInput("", "must be a date and time in ISO 8601, or milliseconds since 1970")
        found = from_iso(a_string(value), "") if isinstance(value, str) else from_ms(value, "")
        return cls.combine(found.date(), found.timetz())


AnyShape = TypeVar("AnyShape", bound=Struct)


def read_shape(value: object, shape: type[AnyShape], texts: bool = False) -> AnyShape:
    """The value as a shape. With `texts`, numbers and flags are given as text, as in a query string.

    Raises `InvalidInput`, whose field is the whole path, such as `links[2].url`.
    """
    try:
        return msgspec.convert(value, shape, strict=not texts, dec_hook=_read_special)
    except msgspec.ValidationError as error:
        raise _unknown_in(value, shape) or _in_our_words(error, shape) from None
    except UnicodeEncodeError:  # msgspec looks at the bytes of a string where it wants something else
        raise next(_halves_in(value)) from None


def _halves_in(value: object, at: str = "") -> Iterator[InvalidInput]:
    """A fault for each string that holds half of a character pair."""
    if isinstance(value, str):
        try:
            a_string(value, at.removeprefix(".") or "body")
        except InvalidInput as fault:
            yield fault
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _halves_in(inner, f"{at}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _halves_in(inner, f"{at}[{number}]")


class _Refused(ValueError):
    """Wraps what `read` of a special type raised, so that msgspec adds the place."""

    def __init__(self, fault: InvalidInput) -> None:
        super().__init__(fault.problem)
        self.fault = fault


def _read_special(kind: Any, value: object) -> object:
    try:
        return kind.read(value)
    except InvalidInput as fault:
        raise _Refused(fault) from None


def _unknown_in(value: object, shape: type[Struct]) -> InvalidInput | None:
    """The fault of an unknown field, if any. It is reported before faults in known fields."""
    names = value if isinstance(value, dict) else ()
    unknown = next((name for name in names if name not in shape.__struct_encode_fields__), None)
    return None if unknown is None else InvalidInput(unknown, f"unknown field; {_expected(_type_of(shape))}")


_PLACE = re.compile(r" - at `\$([^`]*)`$")
_NAMED = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)


def _in_our_words(error: msgspec.ValidationError, shape: type[Struct]) -> InvalidInput:
    """msgspec's error in our words: its message gives the place, the shape gives the words."""
    message = str(error)
    place = found[1] if (found := _PLACE.search(message)) else ""
    if isinstance(error.__cause__, _Refused):
        fault = error.__cause__.fault
        return InvalidInput((place + fault.field).removeprefix("."), fault.problem)
    kind = _type_at(shape, place)
    if named := _NAMED.match(_PLACE.sub("", message)):
        problem = "is missing" if named[1] == "missing required" else f"unknown field; {_expected(kind)}"
        return InvalidInput(f"{place}.{named[2]}".removeprefix("."), problem)
    return InvalidInput(place.removeprefix(".") or "body", f"must be {wanted(kind)}")


_type_of = cache(inspect.type_info)


def _type_at(shape: type[Struct], place: str) -> inspect.Type:
    """The type at a place in a shape, such as `.links[2].url`."""
    kind = _type_of(shape)
    for name in re.findall(r"\.(\w+)|\[", place):
        kind = _inner(kind, name) or kind
    return kind


def _inner(kind: inspect.Type, name: str) -> inspect.Type | None:
    """The type of a field; without a name, the type of an array's items."""
    match kind:
        case inspect.Metadata():
            return _inner(kind.type, name)
        case inspect.UnionType():
            return next(filter(None, (_inner(each, name) for each in kind.types)), None)
        case inspect.StructType():
            return next((field.type for field in kind.fields if field.encode_name == name), None)
        case inspect.VarTupleType():
            return None if name else kind.item_type
    return None


def _expected(kind: inspect.Type) -> str:
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    names = [
        field.encode_name for each in kinds if isinstance(each, inspect.StructType) for field in each.fields
    ]
    return f"expected {', '.join(names)}"


def wanted(kind: inspect.Type) -> str:
    """What a type accepts, in words to follow "must be"."""
    match kind:
        case inspect.Metadata():
            return wanted(kind.type)
        case inspect.UnionType():
            return " or ".join(wanted(each) for each in kind.types if not isinstance(each, inspect.NoneType))
        case inspect.IntType():
            return f"a whole number from {kind.ge:,} to {kind.le:,}"
        case inspect.StrType(max_length=int(most)):
            return f"a string of at most {most:,} characters"
        case inspect.LiteralType():
            return f"one of {', '.join(map(str, kind.values))}"
        case inspect.EnumType():
            return f"one of {', '.join(kind.cls)}"
        case inspect.VarTupleType():
            return f"an array of at most {kind.max_length:,} items"
    return _WANTED[type(kind)]


_WANTED: Mapping[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.StrType: "a string",
    inspect.StructType: "a JSON object",
}


def schemas_of(shapes: Iterable[type[Struct]]) -> dict[str, Any]:
    """The JSON schemas of structs and their parts, by name, as components of an OpenAPI document."""
    _, found = msgspec.json.schema_components(
        shapes, schema_hook=_schema_of, ref_template=f"{COMPONENTS}{{name}}"
    )
    published = {_published_name(name): _published(schema) for name, schema in found.items()}
    # msgspec adds the module to a name that two have.
    if len(published) < len(found) or any("." in name for name in found):
        raise ValueError(f"two structs have one name: {', '.join(sorted(found))}")
    return published


def each_once(*parts: Mapping[str, Any]) -> dict[str, Any]:
    """All schemas by name. Raises `ValueError` for two of one name: the later would silently stand for both."""
    found: dict[str, Any] = {}
    for name, schema in (entry for part in parts for entry in part.items()):
        if found.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas have the name {name}")
    return found


COMPONENTS = "#/components/schemas/"


def _published_name(name: str) -> str:
    return name.removesuffix("Row")


def _published(schema: Any) -> Any:
    """The schema; a dict whose names are listed takes no other, which msgspec does not say by itself."""
    if isinstance(schema, list):
        return [_published(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else {}
    texts = {
        name: published(schema[name])
        for name, published in _TEXTS.items()
        if isinstance(schema.get(name), str)
    }
    return {name: _published(inner) for name, inner in schema.items()} | texts | closed


_TEXTS: Mapping[str, Callable[[str], str]] = {
    "$ref": _published_name,
    "title": _published_name,
    "description": cleandoc,
}


def _schema_of(special: Any) -> dict[str, Any]:
    return dict(special.schema)
