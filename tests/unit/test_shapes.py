"""What the API takes from a client, value by value."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from mailpixel.errors import InvalidInput
from mailpixel.reading.json_value import parse_json
from mailpixel.reading.shapes import Moment, Shape, Text, each_once, read_shape, schemas_of
from mailpixel.report.moments import EARLIEST_MS, LATEST_MS
from mailpixel.server.api.query import from_cursor, page, to_cursor
from mailpixel.times import to_ms


def not_bad(text: str, field: str) -> str:
    if text == "bad":
        raise InvalidInput(field, "must not be bad")
    return text


class Name(Text, check=not_bad, maxLength=9):
    """Any string but one."""


class Part(Shape, frozen=True):
    """A part."""

    name: Annotated[Name, Meta(description="What it is called.")]


class Thing(Shape, frozen=True):
    """A thing with everything a shape can hold."""

    size: Annotated[int, Meta(ge=1, le=9, description="How large.")]
    note: Annotated[Name | UnsetType | None, Meta(description="What to know.")] = UNSET
    good: bool = True
    kind: Literal["hour", "day"] = "hour"
    parts: Annotated[tuple["Thing", ...], Meta(max_length=2)] = ()
    either: Annotated[tuple[str | Part, ...], Meta(max_length=9)] = ()


def test_an_object_is_read_field_by_field() -> None:
    thing = read_shape({"size": 3, "note": None, "parts": [{"size": 1}]}, Thing)
    assert thing == Thing(3, note=None, parts=(Thing(1),))
    assert thing.given() == {
        "size": 3,
        "note": None,
        "good": True,
        "kind": "hour",
        "parts": (Thing(1),),
        "either": (),
    }
    assert "note" not in Thing(1).given()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "body: must be a JSON object"),
        (None, "body: must be a JSON object"),
        ({}, "size: is missing"),
        ({"size": 3, "colour": 1}, "colour: unknown field; expected size, note, good, kind, parts, either"),
        ({"size": 3, "x` - at `$.size": 1}, "x` - at `$.size: unknown field; expected"),
        ({"size": None}, "size: must be a whole number from 1 to 9"),
        ({"size": 10}, "size: must be a whole number from 1 to 9"),
        ({"size": 2**70}, "size: must be a whole number from 1 to 9"),
        ({"size": -(2**70)}, "size: must be a whole number from 1 to 9"),
        ({"size": True}, "size: must be a whole number from 1 to 9"),
        ({"size": "1"}, "size: must be a whole number from 1 to 9"),
        ({"size": 1, "note": 5}, "note: must be a string"),
        ({"size": 1, "note": "\ud800"}, "note: holds half of a surrogate pair; send valid Unicode"),
        ({"size": "\ud800"}, "size: holds half of a surrogate pair; send valid Unicode"),
        ({"size": 1, "parts": [{"size": "\ud800"}]}, "parts[0].size: holds half of a surrogate pair"),
        ("\ud800", "body: holds half of a surrogate pair"),
        ({"size": 1, "note": "bad"}, "note: must not be bad"),
        ({"size": 1, "good": 1}, "good: must be true or false"),
        ({"size": 1, "kind": "week"}, "kind: must be one of day, hour"),
        ({"size": 1, "kind": 1}, "kind: must be one of day, hour"),
        ({"size": 1, "parts": "x"}, "parts: must be an array of at most 2 items"),
        ({"size": 1, "parts": [{"size": 1}] * 3}, "parts: must be an array of at most 2 items"),
        (
            {"size": 1, "parts": [{"size": 1}, {"size": 0}]},
            "parts[1].size: must be a whole number from 1 to 9",
        ),
        ({"size": 1, "parts": [3]}, "parts[0]: must be a JSON object"),
        ({"size": 1, "parts": [{"size": 1, "x": 1}]}, "parts[0].x: unknown field; expected size"),
        ({"size": 1, "parts": [{"size": 1, "parts": [{}]}]}, "parts[0].parts[0].size: is missing"),
        ({"size": 1, "either": [3]}, "either[0]: must be a string or a JSON object"),
        ({"size": 1, "either": [{"name": "bad"}]}, "either[0].name: must not be bad"),
    ],
)
def test_what_is_invalid_is_named_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_shape(value, Thing)
    assert str(caught.value).startswith(message)


def test_the_schema_says_what_is_read() -> None:
    schema = schemas_of([Part])["Part"]
    assert schema == {
        "title": "Part",
        "description": "A part.",
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 9, "description": "What it is called."}},
        "required": ["name"],
        "additionalProperties": False,
    }


def test_a_struct_is_published_without_the_row_of_its_name() -> None:
    class PartRow(Struct):
        size: int

    class Whole(Struct):
        parts: list[PartRow]

    found = schemas_of([Whole])
    assert list(found) == ["Whole", "Part"]
    assert found["Part"]["title"] == "Part"
    assert found["Whole"]["properties"]["parts"]["items"] == {"$ref": "#/components/schemas/Part"}


@pytest.mark.parametrize("name", ["Part", "PartRow"])
def test_two_structs_of_one_name_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="two structs have one name: "):
        schemas_of([Part, defstruct(name, [("size", int)], module="elsewhere")])


def test_two_schemas_of_one_name_are_refused() -> None:
    assert each_once({"A": {}}, {"A": {}, "B": {}}) == {"A": {}, "B": {}}
    with pytest.raises(ValueError, match="two schemas have the name A"):
        each_once({"A": {}}, {"A": {"type": "string"}})


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)) | st.floats(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(Thing.__struct_fields__) | st.text(), inner)
    ),
)


@given(JSON_VALUES)
def test_any_value_is_a_shape_or_invalid_input(value: object) -> None:
    with suppress(InvalidInput):
        read_shape(value, Thing)


@pytest.mark.parametrize(("text", "number"), [(b"1", 1), (b"9.0", 9), (b"2e0", 2)])
def test_a_whole_number_of_json_may_be_written_with_a_fraction(text: bytes, number: int) -> None:
    assert read_shape(parse_json(b'{"size": ' + text + b"}"), Thing) == Thing(number)


@pytest.mark.parametrize("value", ["0", "10", "1.5", "", " 1", "٣", "1" * 30, "null", "true"])
def test_text_of_a_query_that_is_no_whole_number_is_refused(value: str) -> None:
    with pytest.raises(InvalidInput, match=r"^size: must be a whole number from 1 to 9$"):
        read_shape({"size": value}, Thing, texts=True)


@pytest.mark.parametrize(("text", "flag"), [("1", True), ("true", True), ("0", False), ("false", False)])
def test_numbers_and_flags_of_a_query_are_texts(text: str, flag: bool) -> None:
    assert read_shape({"size": "7", "good": text}, Thing, texts=True) == Thing(7, good=flag)


class At(Shape, frozen=True):
    at: Moment


def moment(value: object) -> datetime:
    return read_shape({"at": value}, At).at


SECONDS_FOR_MILLISECONDS = 1_795_597_200


@pytest.mark.parametrize(
    "told",
    [
        "2026-11-25T09:00:00.5Z",
        "2026-11-25T10:00:00.500+01:00",
        "2026-11-25 09:00:00.5",
        int(datetime(2026, 11, 25, 9, 0, 0, 500_000, UTC).timestamp() * 1000),
    ],
)
def test_a_moment_is_iso_8601_or_milliseconds(told: object) -> None:
    assert moment(told) == datetime(2026, 11, 25, 9, 0, 0, 500_000, UTC)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "soon",
        "1" * 50,
        -1,
        SECONDS_FOR_MILLISECONDS,
        4_102_444_800_001,
        1.5,
        True,
        None,
        "1969-12-31T23:59:59Z",
        "0001-01-01",
    ],
)
def test_anything_else_is_no_moment(told: object) -> None:
    with pytest.raises(InvalidInput, match=r"^at: must "):
        moment(told)


@pytest.mark.parametrize("told", [None, True, 1.5, [], {}])
def test_what_a_moment_may_be_is_said(told: object) -> None:
    with pytest.raises(
        InvalidInput, match=r"^at: must be a date and time in ISO 8601, or milliseconds since"
    ):
        moment(told)


@given(st.integers(EARLIEST_MS, LATEST_MS))
def test_milliseconds_survive_being_a_moment(milliseconds: int) -> None:
    assert to_ms(moment(milliseconds)) == milliseconds


@given(st.text(st.characters(codec="utf-8"), max_size=70))
def test_a_cursor_gives_back_what_it_was_made_of(after: str) -> None:
    assert from_cursor(to_cursor(after), "cursor") == after


@given(st.text())
def test_any_text_is_a_cursor_or_invalid_input(text: str) -> None:
    with suppress(InvalidInput):
        to_cursor(from_cursor(text, "cursor"))


@given(st.binary())
def test_any_bytes_are_json_or_a_reason_for_the_client(body: bytes) -> None:
    try:
        parse_json(body)
    except ValueError as error:
        told = str(error)
    else:
        told = "is JSON"
    assert told.startswith(("is ", "holds "))


def test_the_last_page_has_no_next() -> None:
    assert page(["a", "b"], 2, str, str.upper) == {"items": ["A", "B"], "next": None}
    assert page(["a", "b", "c"], 2, str, str.upper) == {"items": ["A", "B"], "next": to_cursor("b")}


@pytest.mark.parametrize(("text", "number"), [("9.0", 9), ("7e0", 7)])
def test_a_number_of_a_query_is_written_as_in_json_without_a_leading_zero(text: str, number: int) -> None:
    assert read_shape({"size": text, "good": "FALSE"}, Thing, texts=True) == Thing(number, good=False)
    with pytest.raises(InvalidInput, match=r"^size: "):
        read_shape({"size": f"0{text}"}, Thing, texts=True)
