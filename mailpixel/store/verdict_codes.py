"""Marks: what was judged of the hits of one message, eight bytes a hit, with the names of the rules in front.

    rule names joined by "," | newline | (second: u32, code: u32) for each open and click, in the order judged

A code holds, from its lowest bit: kind 1, verdict 3, via 3, repeat 1, probe 1, forged 1, link 16 (0: none,
or an embedded destination), rule 6 (index into the names in front). Little-endian. Deliveries and opt-outs
have no mark: a state keeps them in fields of their own.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailpixel.kinds import EventKind
from mailpixel.model import Facts, Judged, Verdict, Via

KINDS = (EventKind.OPEN, EventKind.CLICK)
VERDICTS = tuple(Verdict)
VIAS = (None, *Via)

VERDICT_SHIFT, VIA_SHIFT, LINK_SHIFT, RULE_SHIFT = 1, 4, 10, 26
DUP, PROBE, FORGED = 1 << 7, 1 << 8, 1 << 9
FLAGS_MASK = (1 << LINK_SHIFT) - 1
CODE_MASK = (1 << RULE_SHIFT) - 1
LINK_MASK = 0xFFFF
MAX_RULES = 1 << 6
FIRST_SECOND, LAST_SECOND = 900, (1 << 32) - 1
"""From the second quarter hour of 1970, as the first stands for the whole campaign in counters, to the year 2106. A
moment outside, of a clock that was never set or is far ahead, is kept as the nearer of these."""

_KIND_BITS = {kind: bits for bits, kind in enumerate(KINDS)}
_VERDICT_BITS = {verdict: bits << VERDICT_SHIFT for bits, verdict in enumerate(VERDICTS)}
_VIA_BITS = {via: bits << VIA_SHIFT for bits, via in enumerate(VIAS)}
_FORGED_FACT = int(Facts.FORGED)


@dataclass(frozen=True, slots=True)
class VerdictCode:
    """One mark in plain values: `second` since 1970, `probe` for a method other than GET, `link` None where
    it has no number, `rule` the name of what decided."""

    second: int
    kind: EventKind
    verdict: Verdict
    rule: str
    link: int | None = None
    via: Via | None = None
    dup: bool = False
    probe: bool = False
    forged: bool = False


def pack(judged: Iterable[Judged]) -> bytes:
    """The marks of these judged events; deliveries and opt-outs are passed over.

    Raises `ValueError` when more than 64 different rules decided on one message, or a link's number has more than 16
    bits.
    """
    rules: dict[str, int] = {}
    numbers: list[int] = []
    for each in judged:
        event = each.event
        kind = _KIND_BITS.get(event.kind)
        if kind is None:
            continue
        rule = rules.setdefault(each.rule, len(rules))
        link = event.link or 0
        if link > LINK_MASK:
            raise ValueError(f"a link has no number above {LINK_MASK}")
        code = kind | _VERDICT_BITS[each.verdict] | _VIA_BITS[each.via] | link << LINK_SHIFT
        if each.dup:
            code |= DUP
        if event.method != "GET":
            code |= PROBE
        if event.facts._value_ & _FORGED_FACT:
            code |= FORGED
        second = event.received_at_ms // 1000
        if not FIRST_SECOND <= second <= LAST_SECOND:
            second = min(max(second, FIRST_SECOND), LAST_SECOND)
        numbers += (second, code | rule << RULE_SHIFT)
    if len(rules) > MAX_RULES:
        raise ValueError(f"more than {MAX_RULES} rules decided on one message")
    return ",".join(rules).encode() + b"\n" + struct.pack(f"<{len(numbers)}I", *numbers)


def codes(marks: bytes) -> Sequence[int]:
    """The numbers of the marks: second, code, second, code and so on."""
    start = marks.find(b"\n") + 1
    return struct.unpack_from(f"<{(len(marks) - start) // 4}I", marks, start)


def unpack(marks: bytes) -> tuple[VerdictCode, ...]:
    """The marks in plain values, in the order judged."""
    rules = marks[: max(marks.find(b"\n"), 0)].decode().split(",")
    numbers = codes(marks)
    return tuple(_mark(second, code, rules) for second, code in zip(numbers[::2], numbers[1::2], strict=True))


def _mark(second: int, code: int, rules: Sequence[str]) -> VerdictCode:
    return VerdictCode(
        second,
        KINDS[code & 1],
        VERDICTS[code >> VERDICT_SHIFT & 7],
        rules[code >> RULE_SHIFT],
        (code >> LINK_SHIFT & LINK_MASK) or None,
        VIAS[code >> VIA_SHIFT & 7],
        bool(code & DUP),
        bool(code & PROBE),
        bool(code & FORGED),
    )
