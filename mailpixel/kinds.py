"""The kinds of events. They are not in `model` because `links` may load only the standard library."""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event says about its message."""

    OPEN = "open"
    CLICK = "click"
    DELIVERY = "delivery"
    """The receiving server accepted the message at `received_at_ms`."""
    OPTOUT = "optout"
    """The recipient asked not to be tracked."""


HIT_KINDS = (EventKind.OPEN, EventKind.CLICK)
"""The kinds of events that are hits, and so are judged."""
