"""What the API takes from a client, value by value."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.errors import InvalidInput
from mailpixel.model import to_ms
from mailpixel.reading.fields import Field, a_string, moment, object_schema, read_object, whole
from mailpixel.reading.json_value import parse_json
from mailpixel.report.moments import EARLIEST_MS, LATEST_MS
from mailpixel.server.api.query import from_cursor, page, to_cursor

SIZE = Field("size", {"type": "integer"}, whole(1, 9), required=True, help="How large.")
NOTE = Field("note", {"type": "string"}, a_string, nullable=True)


def test_an_object_is_read_field_by_field() -> None:
    assert read_object({"size": 3, "note": None}, (SIZE, NOTE)) == {"size": 3, "note": None}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], "links[2]: must be a JSON object"),
        ({"size": 3, "colour": 1}, "links[2].colour: unknown field; expected size, note"),
        ({"note": "x"}, "links[2].size: is missing"),
        ({"size": None}, "links[2].size: must be a whole number from 1 to 9"),
        ({"size": 1, "note": 5}, "links[2].note: must be a string"),
    ],
)
def test_what_is_invalid_is_named_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_object(value, (SIZE, NOTE), "links[2].")
    assert str(caught.value) == message


def test_the_schema_says_what_is_read() -> None:
    assert object_schema((SIZE, NOTE)) == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "size": {"type": "integer", "description": "How large."},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["size"],
    }


@pytest.mark.parametrize(("value", "number"), [(1, 1), (9.0, 9), ("7", 7)])
def test_a_whole_number_may_be_digits_or_a_float_without_a_fraction(value: object, number: int) -> None:
    assert whole(1, 9)(value, "n") == number


@pytest.mark.parametrize("value", [0, 10, 1.5, True, "", "٣", "1" * 30, None, [], float("inf")])
def test_anything_else_is_no_whole_number(value: object) -> None:
    with pytest.raises(InvalidInput, match=r"^n: must be a whole number from 1 to 9$"):
        whole(1, 9)(value, "n")


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
    assert moment(told, "at") == datetime(2026, 11, 25, 9, 0, 0, 500_000, UTC)


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
        moment(told, "at")


@given(st.integers(EARLIEST_MS, LATEST_MS))
def test_milliseconds_survive_being_a_moment(milliseconds: int) -> None:
    assert to_ms(moment(milliseconds, "at")) == milliseconds


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
