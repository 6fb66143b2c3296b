"""Lines that say when messages were delivered, read as events."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mailpixel.claims import RECIPIENT_PATTERN, check_recipient
from mailpixel.errors import InvalidInput
from mailpixel.event_ids import reported_event
from mailpixel.kinds import EventKind
from mailpixel.model import Event, to_ms
from mailpixel.reading.fields import MOMENT, Field, moment, text
from mailpixel.reading.lines import LINE_BYTES, Numbered, read_line

RECIPIENT = Field(
    "recipient",
    {"type": "string", "pattern": f"^{RECIPIENT_PATTERN}$", "examples": ["r-1001"]},
    text(check_recipient),
    required=True,
    help="The sender's opaque id of a person, never an address.",
)
DELIVERED_AT = Field(
    "delivered_at",
    {**MOMENT, "examples": ["2026-09-21T14:13:21Z"]},
    moment,
    required=True,
    help="When the receiving server took the message.",
)
DELIVERY = (RECIPIENT, DELIVERED_AT)


def delivery_event(campaign: str, fields: Mapping[str, Any], latest_ms: int) -> Event:
    """The event of a delivery, which may be no later than `latest_ms`. Raises `InvalidInput`."""
    at_ms = to_ms(fields["delivered_at"])
    if at_ms > latest_ms:
        raise InvalidInput(
            "delivered_at", "lies more than a day ahead; is it in milliseconds, is the clock right?"
        )
    return reported_event(EventKind.DELIVERY, campaign, fields["recipient"], at_ms)


class DeliveryReader:
    """Reads lines of {"recipient","delivered_at"} of one campaign; none may be later than `latest_ms`."""

    def __init__(self, campaign: str, latest_ms: int, opted_out: Callable[[str], bool]) -> None:
        self._campaign = campaign
        self._latest_ms = latest_ms
        self._opted_out = opted_out

    def read(self, lines: Sequence[Numbered]) -> list[Event | InvalidInput | None]:
        """Of each line its event, what is wrong with it, or None: nothing is kept of a person who asked for that."""
        return [self._read(line) for _, line in lines]

    def _read(self, line: bytes | None) -> Event | InvalidInput | None:
        try:
            fields = read_line(line, DELIVERY, LINE_BYTES, "delivery")
            event = delivery_event(self._campaign, fields, self._latest_ms)
        except InvalidInput as fault:
            return fault
        return None if self._opted_out(event.recipient) else event
