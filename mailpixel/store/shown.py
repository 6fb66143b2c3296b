"""What hits and reports show: the measures that each hit counts for, and bits for the whole message."""

from collections.abc import Iterable
from typing import Protocol

from mailpixel.kinds import EventKind
from mailpixel.model import Verdict
from mailpixel.store.verdict_codes import (
    CODE_MASK,
    DUP,
    FLAGS_MASK,
    FORGED,
    KINDS,
    LINK_SHIFT,
    NO_OPENS,
    PROBE,
    VERDICT_SHIFT,
    VERDICTS,
    VIA_SHIFT,
    codes,
)

EMBEDDED = -1
"""The number under which clicks on embedded destinations are counted."""

# Each hit shows some of these bits; its message shows their union.
SHOWN_BITS = 11
"""The number of bits for what a message showed."""
(
    OPENED,
    OPENED_HUMAN,
    PRIVACY,
    CLICKED,
    CLICKED_HUMAN,
    SEEN,
    DELIVERED,
    OPTED_OUT,
    BOUNCED,
    COMPLAINED,
    IMPLIES_OPEN,
) = (1 << n for n in range(SHOWN_BITS))
PEOPLE = OPENED_HUMAN | CLICKED_HUMAN
"""`IMPLIES_OPEN` is shown by a human click while opens of its message were recorded by name."""

_GROUPS = {EventKind.OPEN: "opens", EventKind.CLICK: "clicks"}


class Judgement(Protocol):
    """The part of a message's state that the counters are made from."""

    @property
    def marks(self) -> bytes:
        """One entry for each hit; see `mailpixel.store.verdict_codes`."""
        ...

    @property
    def delivered_at_ms(self) -> int | None:
        """When it was delivered, in milliseconds since 1970; None when not known."""
        ...

    @property
    def opted_out(self) -> bool:
        """Whether the recipient asked not to be tracked."""
        ...

    @property
    def bounced_at_ms(self) -> int | None:
        """When it last bounced; None when it did not, or when a later delivery is known."""
        ...

    @property
    def complained_at_ms(self) -> int | None:
        """When it was reported as spam; None when it was not."""
        ...

    @property
    def client(self) -> int:
        """The program and device that read the mail; see `mailpixel.traffic.programs`."""
        ...


def shown_by(marks: bytes) -> int:
    """What the hits of a message show of it, as bits."""
    shown = 0
    for code in codes(marks)[1::2]:
        shown |= SHOWN[code & FLAGS_MASK]
    return shown


def with_reports(state: Judgement, shown: int) -> int:
    """What a message showed when reports and opt-out are added to what its hits `shown`, as bits.

    A message that bounced is not delivered, unless a person opened or clicked it: then it has
    arrived, whatever the bounce said.
    """
    if state.delivered_at_ms is not None:
        shown |= DELIVERED | SEEN
    if state.opted_out:
        shown |= OPTED_OUT | SEEN
    if state.bounced_at_ms is not None:
        shown = shown | SEEN if shown & PEOPLE else (shown | BOUNCED | SEEN) & ~DELIVERED
    if state.complained_at_ms is not None:
        shown |= COMPLAINED | SEEN
    return shown


def links_people_followed(marks: bytes) -> frozenset[int]:
    """The numbers of the links with a human click."""
    followed = (code for code in codes(marks)[1::2] if SHOWN[code & FLAGS_MASK] & CLICKED_HUMAN)
    return frozenset(link_of(code) for code in followed)


def link_of(code: int) -> int:
    """The link number of a mark; `EMBEDDED` when it has none."""
    return (code & CODE_MASK) >> LINK_SHIFT or EMBEDDED


def _counts_as(flags: int) -> tuple[str, ...]:
    """The measures of the whole campaign that a hit with these flags adds to."""
    if flags & FORGED:
        return ()
    kind, verdict = KINDS[flags & 1], _verdict(flags)
    if flags & PROBE or verdict is Verdict.INTERNAL:
        named = (("probes", flags & PROBE), ("internal", verdict is Verdict.INTERNAL))
        return tuple(measure for measure, yes in named if yes)
    if flags & DUP:
        return (f"{_GROUPS[kind]}.events",)
    parts = ["events", "deduplicated", _part(kind, verdict)]
    if verdict is Verdict.HUMAN and kind is EventKind.OPEN and flags >> VIA_SHIFT & 7:
        parts.append("proxied")
    return tuple(f"{_GROUPS[kind]}.{part}" for part in parts)


def _verdict(flags: int) -> Verdict | None:
    bits = flags >> VERDICT_SHIFT & 7
    return VERDICTS[bits] if bits < len(VERDICTS) else None


def _part(kind: EventKind, verdict: Verdict | None) -> str:
    if verdict is Verdict.HUMAN:
        return "human"
    privacy = verdict is Verdict.PRIVACY_PREFETCH and kind is EventKind.OPEN
    return "privacy_prefetch" if privacy else "machine"


_BITS = {
    "opens.deduplicated": OPENED,
    "opens.human": OPENED_HUMAN,
    "opens.privacy_prefetch": PRIVACY,
    "clicks.deduplicated": CLICKED,
    "clicks.human": CLICKED_HUMAN,
}


def _shows(flags: int) -> int:
    """What a hit with these flags shows of its message."""
    shown = _union((0 if flags & FORGED else SEEN, *(_BITS.get(measure, 0) for measure in COUNTS_AS[flags])))
    return shown | IMPLIES_OPEN if shown & CLICKED_HUMAN and flags & NO_OPENS != NO_OPENS else shown


def _union(bits: Iterable[int]) -> int:
    shown = 0
    for each in bits:
        shown |= each
    return shown


COUNTS_AS = tuple(_counts_as(flags) for flags in range(FLAGS_MASK + 1))
"""Measures of the whole campaign that a hit adds to, by its flags."""
SHOWN = tuple(_shows(flags) for flags in range(FLAGS_MASK + 1))
"""What a hit shows of its message as bits, by its flags."""
