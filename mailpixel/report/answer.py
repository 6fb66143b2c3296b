"""Reports for programs: one Struct is the shape of `--json`, of the API's answer and of its documentation."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Count = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Iso = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""A moment in ISO 8601."""


def exactly(names: Iterable[str], each: dict[str, object] | None = None) -> Meta:
    """The metadata of a dict with exactly these names. `each` is the schema of a value, by default a count."""
    properties = dict.fromkeys(names, each or {"type": "integer", "minimum": 0})
    return Meta(
        extra_json_schema={
            "properties": properties,
            "required": list(properties),
        }
    )


class Answer(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with these fields. A field that is UNSET is left out."""

    def to_json(self) -> dict[str, Any]:
        """The object as dicts, lists and scalars, with keys in the order of the fields."""
        found: dict[str, Any] = msgspec.to_builtins(
            self, enc_hook=str
        )  # a subclass of str becomes a plain string
        return found
