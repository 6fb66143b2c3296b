"""Reads lines that report what people agreed to or refused."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal, cast

from msgspec import Meta

from mailpixel.errors import InvalidInput
from mailpixel.modes import Statement
from mailpixel.reading.lines import LINE_BYTES, read_line
from mailpixel.reading.shapes import Moment, Schema, Shape, Text, a_string, read_shape
from mailpixel.reading.written import Written
from mailpixel.store.consents import EVERY_PURPOSE, PURPOSES, Said
from mailpixel.times import to_ms

ALL = "all"
MASKS = {name: 1 << place for place, name in enumerate(PURPOSES)} | {ALL: EVERY_PURPOSE}
"""The set of purposes, as a number, for each word in a line."""
STATES = {state.value: state for state in Statement}
LABEL_CHARS = 200
"""The longest source and the longest wording."""


def label(text: str, name: str) -> str:
    """The name of a source or of a wording. Raises `InvalidInput` for one that may name a person or is too long."""
    found = text.strip()
    if len(found) > LABEL_CHARS or not (found.isprintable() or not found):
        raise InvalidInput(name, f"must be one line of at most {LABEL_CHARS} characters")
    if "@" in found:
        raise InvalidInput(
            name, "holds an `@`; name the form, the file or the text, never a person's address"
        )
    return found


class Label(Text, check=label, maxLength=LABEL_CHARS):
    """The name of a source or of a wording: one line without an `@`."""


class ZonedMoment(Moment):
    """A date and time with its time zone, as in RFC 3339, or whole milliseconds since 1970."""

    schema: ClassVar[Schema] = {
        **Moment.schema,
        "description": "RFC 3339 with a time zone, or milliseconds since 1970",
    }

    @classmethod
    def read(cls, value: object) -> "ZonedMoment":
        """The moment, from 2000 to 2099. Raises `InvalidInput` without a field."""
        try:
            found = super().read(value)
        except InvalidInput:
            if isinstance(value, str) and not _is_iso(value):
                raise InvalidInput("", f"must be a date and time with its time zone, {LIKE}") from None
            raise
        if isinstance(value, str) and not _has_zone(a_string(value)):
            raise InvalidInput("", f"has no time zone; write a date and time with one, {LIKE}")
        return found


LIKE = "like 2026-11-25T09:00:00+01:00"


def _is_iso(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _has_zone(text: str) -> bool:
    time = text[10:]
    return text[-1:] in "Zz" or "+" in time or "-" in time


class ReportedConsent(Shape, frozen=True):
    """What one person said about one purpose, or about all."""

    recipient: Annotated[
        Written,
        Meta(
            description="The sender's opaque id for a person, or an address with `hash_recipients`.",
            examples=["r-1001"],
        ),
    ]
    purpose: Annotated[
        Literal["opens", "clicks", "measure", "identify", "share", "personalise", "all"],
        Meta(description="What it is about: `opens` and `clicks` of mail, or `all`.", examples=["all"]),
    ]
    state: Annotated[
        Literal["granted", "denied", "unknown"],
        Meta(
            description="What the person said; `unknown` takes an earlier answer back.", examples=["granted"]
        ),
    ]
    time: Annotated[
        ZonedMoment, Meta(description="When the person said it.", examples=["2026-11-25T09:00:00+01:00"])
    ]
    source: Annotated[
        Label, Meta(description="The form, file or system that it comes from.", examples=["sign-up form"])
    ]
    wording: Annotated[
        Label,
        Meta(description="The text that was shown. Required for `granted`.", examples=["newsletter 2026-03"]),
    ] = cast("Label", "")


def said_of(row: ReportedConsent, latest_ms: int, id_of: Callable[[str], str], method: str) -> Said:
    """The statement of a row, made no later than `latest_ms`. Raises `InvalidInput`."""
    at_ms = to_ms(row.time)
    if at_ms > latest_ms:
        raise InvalidInput("time", "is more than a day in the future; check the clock and the time zone")
    if not row.source:
        raise InvalidInput("source", "is empty; name the form, file or system that it comes from")
    state = STATES[row.state]
    if state is Statement.GRANTED and not row.wording:
        raise InvalidInput(
            "wording", "is missing; a granted consent needs the text that was shown, or its name"
        )
    recipient = id_of(row.recipient)
    return Said(recipient, MASKS[row.purpose], state, at_ms, str(row.source), str(row.wording), method)


Content = bytes | Mapping[str, object] | None
"""What a line holds."""


class ConsentReader:
    """Reads lines of {"recipient","purpose","state","time","source","wording"}; none later than `latest_ms`.

    `id_of` gives the recipient id of what was written, and `method` says how the lines came here.
    """

    def __init__(self, latest_ms: int, id_of: Callable[[str], str], method: str) -> None:
        self._latest_ms = latest_ms
        self._id_of = id_of
        self._method = method

    def read(self, lines: Sequence[tuple[int, Content]]) -> list[Said | InvalidInput]:
        """For each line its statement or its fault. A line is bytes of JSON, None if it was too long, or its fields."""
        return [self._read(line) for _, line in lines]

    def _read(self, line: Content) -> Said | InvalidInput:
        try:
            if line is None or isinstance(line, bytes):
                row = read_line(line, ReportedConsent, LINE_BYTES, "statement")
            else:
                row = read_shape(line, ReportedConsent)
            return said_of(row, self._latest_ms, self._id_of, self._method)
        except InvalidInput as fault:
            return fault
