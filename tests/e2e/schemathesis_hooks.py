"""What schemathesis is told about this API; it loads this file by the variable SCHEMATHESIS_HOOKS."""

import json
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import SerializationContext

MOMENTS = st.datetimes(st.datetimes.__defaults__ and __import__("datetime").datetime(1970, 1, 2))


@schemathesis.serializer("application/x-ndjson")
def lines(context: SerializationContext, value: Any) -> Any:
    """Text goes out as it is, anything else as one line of JSON."""
    return value if isinstance(value, str | bytes) else json.dumps(value)
