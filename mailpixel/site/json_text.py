"""JSON from outside, read with its numbers exact.

Of two equal names the last counts, as in every browser. Half a surrogate pair, which browsers may send and UTF-8
cannot encode, becomes U+FFFD.
"""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

_BOM = b"\xef\xbb\xbf"
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)",
    re.DOTALL,
)
"""An escape of JSON; a surrogate pair is one."""
_HALF = re.compile(rb"\\u[dD][89a-fA-F]..", re.DOTALL)
_TOO_LARGE = Decimal("Infinity")


def _exact(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:  # its exponent has no place in any decimal
        return _TOO_LARGE


_DECODER = msgspec.json.Decoder(float_hook=_exact)


def read_json(body: bytes) -> Any:
    """The value: whole numbers as int, others as Decimal. Raises `ValueError` for what is not JSON in UTF-8."""
    if body.startswith(_BOM):
        body = body[len(_BOM) :]
    try:
        return _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        mended = _ESCAPE.sub(_without_half, body)
    try:
        if mended != body:
            return _DECODER.decode(mended)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    raise ValueError("no JSON in UTF-8")


def _without_half(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if _HALF.fullmatch(escape[0]) else escape[0]
