"""What schemathesis is told about this API; it loads this file by the variable SCHEMATHESIS_HOOKS."""

import json
from typing import Any

import schemathesis
from schemathesis import HookContext, SerializationContext

KNOWN = {"id": "c1", "recipient": "r-known"}
"""The campaign and the recipient that the service under test has."""


@schemathesis.serializer("application/x-ndjson")
def one_line(context: SerializationContext, value: Any) -> Any:
    """Text goes out as it is, anything else as one line of JSON."""
    return value if isinstance(value, str | bytes) else json.dumps(value).encode()


@schemathesis.serializer("message/rfc822")
def as_it_is(context: SerializationContext, value: Any) -> Any:
    """A mail goes out as it is, anything else as text."""
    return value if isinstance(value, str | bytes) else str(value).encode()


@schemathesis.hook
def map_path_parameters(context: HookContext, value: dict[str, Any] | None) -> dict[str, Any] | None:
    """Ask for what is there as often as for what is not, or most answers would be a 404."""
    if value and len(str(value.get("id", ""))) % 2:
        return {name: KNOWN.get(name, given) for name, given in value.items()}
    return value
