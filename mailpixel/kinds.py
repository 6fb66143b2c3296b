"""The kinds of events, apart from `model`: links name them too, and may load no more than the standard library."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event tells about its message."""

    OPEN = "open"
    CLICK = "click"
    DELIVERY = "delivery"
    """The receiving server took the message; `received_at_ms` is that moment."""
    OPTOUT = "optout"
    """The recipient asked not to be tracked."""
