"""Marks: the verdicts on the hits of one message, eight bytes each, preceded by the names of the rules.

    rule names joined by "," | newline | (second: u32, code: u32) for each open and click, in the order judged

A code holds, from its lowest bit: kind 1, verdict 3, via 3, repeat 1, probe 1, forged 1, link 16 (0: none, or
an embedded destination), rule 6 (index into the names in front). Via 7 is that of a click without a proxy whose
message's opens were not recorded by name. Numbers are little-endian. Deliveries and
opt-outs have no mark, because a state has separate fields for them.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mailpixel.kinds import EventKind
from mailpixel.model import Facts, Judged, Verdict, Via

KINDS = (EventKind.OPEN, EventKind.CLICK)
VERDICTS = tuple(Verdict)
VIAS = (None, *Via)
NO_OPENS_VIA = 7

VERDICT_SHIFT, VIA_SHIFT, LINK_SHIFT, RULE_SHIFT = 1, 4, 10, 26
DUP, PROBE, FORGED = 1 << 7, 1 << 8, 1 << 9
FLAGS_MASK = (1 << LINK_SHIFT) - 1
CODE_MASK = (1 << RULE_SHIFT) - 1
LINK_MASK = 0xFFFF
MAX_RULES = 1 << 6
FIRST_SECOND, LAST_SECOND = 900, (1 << 32) - 1
"""The range of stored seconds: from the second quarter hour of 1970 to the year 2106. The first quarter
hour stands for the whole campaign in counters. A moment outside, from a clock that was never set or is far
ahead, is stored as the nearer end."""

_PAIR = struct.Struct("<II")
_OPEN, _CLICK = KINDS
_CLICK_BIT = KINDS.index(_CLICK)
_VERDICT_BITS = {verdict: bits << VERDICT_SHIFT for bits, verdict in enumerate(VERDICTS)}
_VIA_BITS = {via: bits << VIA_SHIFT for bits, via in enumerate(VIAS)}
_FORGED_FACT = int(Facts.FORGED)
_UNSEEN_FACT = int(Facts.OPENS_UNSEEN)
_ODD_FACTS = _FORGED_FACT | _UNSEEN_FACT
NO_OPENS = NO_OPENS_VIA << VIA_SHIFT
"""The bits of a click of a message whose opens were not recorded by name."""


@dataclass(frozen=True, slots=True)
class VerdictCode:
    """One mark as plain values.

    `second` is since 1970, `probe` means a method other than GET, `link` is None where the click has no
    number, and `rule` is the name of the rule that decided. `no_opens`: opens of its message were not recorded by name.
    """

    second: int
    kind: EventKind
    verdict: Verdict
    rule: str
    link: int | None = None
    via: Via | None = None
    dup: bool = False
    probe: bool = False
    forged: bool = False
    no_opens: bool = False


def pack(judged: Iterable[Judged]) -> bytes:
    """The marks of these judged events. Deliveries and opt-outs are skipped.

    Raises `ValueError` when more than 64 different rules decided on one message, or a
    link number needs more than 16 bits.
    """
    rules: dict[str, int] = {}
    numbers: list[int] = []
    for each in judged:
        event = each.event
        kind = event.kind
        if kind is _CLICK:
            link = event.link or 0
            if link > LINK_MASK:
                raise ValueError(f"a link number must not exceed {LINK_MASK}")
            code = _CLICK_BIT | _VERDICT_BITS[each.verdict] | link << LINK_SHIFT
        elif kind is _OPEN:
            code = _VERDICT_BITS[each.verdict]
        else:
            continue
        if each.via is not None:
            code |= _VIA_BITS[each.via]
        if each.dup:
            code |= DUP
        if event.method != "GET":
            code |= PROBE
        facts = event.facts._value_
        if facts & _ODD_FACTS:
            code |= _odd_bits(facts, code)
        second = event.received_at_ms // 1000
        if not FIRST_SECOND <= second <= LAST_SECOND:
            second = min(max(second, FIRST_SECOND), LAST_SECOND)
        numbers.append(second)
        numbers.append(code | rules.setdefault(each.rule, len(rules)) << RULE_SHIFT)
    if len(rules) > MAX_RULES:
        raise ValueError(f"more than {MAX_RULES} rules decided on one message")
    return ",".join(rules).encode() + b"\n" + struct.pack(f"<{len(numbers)}I", *numbers)


def _odd_bits(facts: int, code: int) -> int:
    """What rare facts add to the code of a hit."""
    unseen = facts & _UNSEEN_FACT and code & _CLICK_BIT and not code & NO_OPENS
    return (NO_OPENS if unseen else 0) | (FORGED if facts & _FORGED_FACT else 0)


def codes(marks: bytes) -> Sequence[int]:
    """The numbers of the marks: second, code, second, code and so on."""
    start = marks.find(b"\n") + 1
    return struct.unpack_from(f"<{(len(marks) - start) // 4}I", marks, start)


def pairs(marks: bytes) -> Iterator[tuple[int, int]]:
    """The second and the code of each mark."""
    return _PAIR.iter_unpack(marks[marks.find(b"\n") + 1 :])


def unpack(marks: bytes) -> tuple[VerdictCode, ...]:
    """The marks as plain values, in the order judged."""
    rules = marks[: max(marks.find(b"\n"), 0)].decode().split(",")
    return tuple(_mark(second, code, rules) for second, code in pairs(marks))


def _mark(second: int, code: int, rules: Sequence[str]) -> VerdictCode:
    return VerdictCode(
        second,
        KINDS[code & 1],
        VERDICTS[code >> VERDICT_SHIFT & 7],
        rules[code >> RULE_SHIFT],
        (code >> LINK_SHIFT & LINK_MASK) or None,
        None if code & NO_OPENS == NO_OPENS else VIAS[code >> VIA_SHIFT & 7],
        bool(code & DUP),
        bool(code & PROBE),
        bool(code & FORGED),
        code & NO_OPENS == NO_OPENS,
    )
