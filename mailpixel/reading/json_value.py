"""Parses one JSON value at bounded cost, and refuses ambiguity: duplicate names, NaN, invalid Unicode."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

MOST_DIGITS = 30
MOST_CONTAINERS = 140_000
MOST_VALUES = 1_000_000
"""The most objects and arrays, and the most values, in one body.

The parser blocks all other work, for about 30 ms at this size. The longest list of links has 65,535 objects.
"""

EXACT = 2.0**53
"""Below this a float holds every whole number."""


def parse_json(text: bytes) -> Any:
    """The JSON value. Raises `ValueError` with the reason: bad UTF-8, bad JSON, NaN, a name twice, nested too deep."""
    if text.count(b"[") + text.count(b"{") > MOST_CONTAINERS or text.count(b",") > MOST_VALUES:
        raise ValueError(f"holds more than {MOST_CONTAINERS:,} objects or {MOST_VALUES:,} values")
    try:
        return json.loads(
            text.decode(),
            parse_constant=_no_constant,
            parse_int=_whole,
            parse_float=_number,
            object_pairs_hook=_once,
        )
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair") from None
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise ValueError("is nested too deeply") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"is not JSON: {name} is not a number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"holds a number of more than {MOST_DIGITS} digits")
    return int(digits)


def _number(digits: str) -> int | float:
    """The number, as int if it is whole. Being Python code, it lets the parser yield to other threads."""
    number = float(digits)
    return int(number) if abs(number) < EXACT and number.is_integer() else number


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for name, value in pairs:
        if name in known:
            raise ValueError("holds an object with the same name twice")
        name.encode()  # raises for a name that cannot be encoded in an answer
        known[name] = value
    return known
