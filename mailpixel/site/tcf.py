"""The consent string of the IAB's framework (TCF 2.x), read strictly: what is cut short or wrong allows nothing.

The core segment is checked to its last bit, and only consents count, not legitimate interests.
Source: IAB Tech Lab, "Consent string and vendor list formats v2", September 2026.
"""

import re
from base64 import urlsafe_b64decode

TCF_CHARS = 4_096
"""The longest string that is read."""
_FORM = re.compile(r"([A-Za-z0-9_-]+)(?:\.[A-Za-z0-9_-]+)*")
_HEAD = 6 + 36 + 36 + 12 + 12 + 6 + 12 + 12 + 6 + 1 + 1 + 12
"""Bits before the purposes: version, created, updated, CMP and its version, screen, language, list, policy, two
flags, special features."""
_PURPOSES = 24
_AFTER_PURPOSES = 24 + 1 + 12
"""Bits from the consents to the vendors: legitimate interests, treatment of purpose one, country."""
_PADDING = 24
"""Encoders fill up to whole bytes and whole characters: fewer zero bits than this are left over."""


class _CutShort(Exception):
    """The string ends before its last field, or a field is impossible."""


def consented_purposes(text: object) -> frozenset[int]:
    """The purposes (1 to 24) that the string consents to; none of a string with any flaw."""
    match = _FORM.fullmatch(text) if type(text) is str and len(text) <= TCF_CHARS else None
    if match is None or len(match[1]) % 4 == 1:  # no bytes are written like that
        return frozenset()
    bits = _bits(match[1])
    try:
        _check(bits)
    except _CutShort:
        return frozenset()
    consents = bits[_HEAD : _HEAD + _PURPOSES]
    return frozenset(number for number, bit in enumerate(consents, 1) if bit == "1")


def _bits(core: str) -> str:
    whole = urlsafe_b64decode(core + "A" * (-len(core) % 4))
    return format(int.from_bytes(whole), f"0{len(whole) * 8}b")[: len(core) * 6]


def _check(bits: str) -> None:
    """Walk through the whole segment. Raises `_CutShort`."""
    if _number(bits, 0, 6) != 2:
        raise _CutShort
    at = _HEAD + _PURPOSES + _AFTER_PURPOSES
    for _ in ("consents", "legitimate interests"):
        at = _after_vendors(bits, at)
    at = _after_restrictions(bits, at)
    if len(bits) - at >= _PADDING or "1" in bits[at:]:
        raise _CutShort


def _after_vendors(bits: str, at: int) -> int:
    """The end of a set of vendors that begins here: one bit for each, or ranges."""
    most, is_ranges = _number(bits, at, 16), _number(bits, at + 16, 1)
    if is_ranges:
        return _after_ranges(bits, at + 17)
    _number(bits, at + 17, most)
    return at + 17 + most


def _after_restrictions(bits: str, at: int) -> int:
    """The end of the publisher's restrictions that begin here."""
    count, at = _number(bits, at, 12), at + 12
    for _ in range(count):
        _number(bits, at, 8)  # the purpose and the kind of restriction
        at = _after_ranges(bits, at + 8)
    return at


def _after_ranges(bits: str, at: int) -> int:
    count, at = _number(bits, at, 12), at + 12
    for _ in range(count):
        is_range, first = _number(bits, at, 1), _number(bits, at + 1, 16)
        last = _number(bits, at + 17, 16) if is_range else first
        if not 1 <= first <= last:
            raise _CutShort
        at += 33 if is_range else 17
    return at


def _number(bits: str, at: int, size: int) -> int:
    """The number of so many bits. Raises `_CutShort` where they are not there."""
    if at + size > len(bits):
        raise _CutShort
    return int(bits[at : at + size] or "0", 2)
