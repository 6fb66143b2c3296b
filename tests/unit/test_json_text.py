"""Answers written piece by piece are the same JSON as in one."""

import json

from hypothesis import given
from hypothesis import strategies as st

from mailpixel.server.api.json_text import answer_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_an_answer_is_the_json_of_its_value(value: object) -> None:
    answer = answer_json(value, 201, {"location": "/x"})
    whole = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert bytes(answer.body) == whole.encode()
    assert (answer.status_code, answer.headers["location"], answer.headers["cache-control"]) == (
        201,
        "/x",
        "no-store",
    )
