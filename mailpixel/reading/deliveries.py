"""Reads lines that report deliveries, bounces and complaints, as events."""

from collections.abc import Callable, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from mailpixel.claims import RECIPIENT_PATTERN, check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.event_ids import reported_event
from mailpixel.kinds import REPORTED, USUAL_REASONS, EventKind, Reason
from mailpixel.model import Event
from mailpixel.reading.lines import LINE_BYTES, Numbered, read_line
from mailpixel.reading.shapes import Moment, Shape, Text
from mailpixel.times import to_ms


class Recipient(Text, check=check_recipient, pattern=f"^{RECIPIENT_PATTERN}$"):
    """The id of a recipient."""


class Delivery(Shape, frozen=True):
    """One message that was delivered, bounced or complained about."""

    recipient: Annotated[
        Recipient,
        Meta(description="The sender's opaque id for a person, never an address.", examples=["r-1001"]),
    ]
    delivered_at: Annotated[
        Moment,
        Meta(
            description="When the receiving server accepted the message, or when it bounced or was complained about.",
            examples=["2026-09-21T14:13:21Z"],
        ),
    ]
    event_type: Annotated[
        Literal["delivered", "bounced", "complained"], Meta(description="What became of the message.")
    ] = "delivered"
    reason: Annotated[
        Literal["", "invalid", "bounced", "timed_out", "blocked", "spam", "unsubscribed", "other"],
        Meta(description="Why it bounced or was complained about. Empty: `other` for a bounce, else `spam`."),
    ] = ""


def delivery_event(campaign: str, delivery: Delivery, latest_ms: int) -> Event:
    """The event of a report, which may be no later than `latest_ms`. Raises `InvalidInput`."""
    at_ms = to_ms(delivery.delivered_at)
    if at_ms > latest_ms:
        raise InvalidInput(
            "delivered_at",
            "is more than a day in the future; check the clock, and send numbers in milliseconds",
        )
    kind = REPORTED[delivery.event_type]
    return reported_event(kind, campaign, delivery.recipient, at_ms, _reason(kind, delivery.reason))


def _reason(kind: EventKind, said: str) -> Reason | None:
    usual = USUAL_REASONS.get(kind)
    if usual is None and said:
        raise InvalidInput("reason", "is for `bounced` and `complained`; leave it empty")
    return Reason(said) if said else usual


class OptedOut(NamedTuple):
    """A report of a recipient who opted out. It is counted, and not logged."""

    event: Event


class DeliveryReader:
    """Reads lines of {"recipient","delivered_at"} of one campaign; none may be later than `latest_ms`.

    A line may also have "event_type" and "reason".
    """

    def __init__(self, campaign: str, latest_ms: int, opted_out: Callable[[str], bool]) -> None:
        self._campaign = campaign
        self._latest_ms = latest_ms
        self._opted_out = opted_out

    def read(self, lines: Sequence[Numbered]) -> list[Event | InvalidInput | OptedOut]:
        """For each line its event, or its fault."""
        return [self._read(line) for _, line in lines]

    def _read(self, line: bytes | None) -> Event | InvalidInput | OptedOut:
        try:
            delivery = read_line(line, Delivery, LINE_BYTES, "delivery")
            event = delivery_event(self._campaign, delivery, self._latest_ms)
        except InvalidInput as fault:
            return fault
        return OptedOut(event) if self._opted_out(event.recipient) else event
