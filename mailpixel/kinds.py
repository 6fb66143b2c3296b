"""The kinds of events of messages, visits and orders, and the reasons of bounces and complaints.

They are not in `model` because `links` may load only the standard library.
"""

from enum import StrEnum


class EventKind(StrEnum):
    """What an event says about its message, visit or order."""

    OPEN = "open"
    CLICK = "click"
    DELIVERY = "delivery"
    """The receiving server accepted the message at `received_at_ms`."""
    OPTOUT = "optout"
    """The recipient asked not to be tracked."""
    BOUNCE = "bounce"
    """The message did not arrive, as the ESP reported it for `received_at_ms`."""
    COMPLAINT = "complaint"
    """The recipient reported the message as spam."""
    STEP = "step"
    """Something happened in a visit: a page was viewed, something was put into a cart."""
    CONSENT = "consent"
    """What the visitor agrees to changed: purposes were granted, or withdrawn."""
    PURCHASE = "purchase"
    """A browser or the shop's server reports an order."""
    REFUND = "refund"
    """The shop's server reports that money of an order was paid back."""
    CANCEL = "cancel"
    """The shop's server reports that an order was cancelled."""


class Reason(StrEnum):
    """Why a message bounced or was complained about, in the words of django-anymail 15 (November 2026)."""

    # Stored by position: add new members at the end.
    INVALID = "invalid"
    """The address is wrong or does not exist."""
    BOUNCED = "bounced"
    """The receiving server refused the message, or the address bounced before."""
    TIMED_OUT = "timed_out"
    """The ESP gave up after it had tried for hours or days."""
    BLOCKED = "blocked"
    """The receiving server or the ESP blocks the sender or the address."""
    SPAM = "spam"
    """The message was taken for spam, by a program or by its recipient."""
    UNSUBSCRIBED = "unsubscribed"
    """The recipient had unsubscribed at the ESP, which sent nothing."""
    OTHER = "other"


REPORTED = {
    "delivered": EventKind.DELIVERY,
    "bounced": EventKind.BOUNCE,
    "complained": EventKind.COMPLAINT,
}
"""The kinds that others report, by django-anymail's word for each."""
USUAL_REASONS = {EventKind.BOUNCE: Reason.OTHER, EventKind.COMPLAINT: Reason.SPAM}
"""The reason of a report that gives none."""
HIT_KINDS = (EventKind.OPEN, EventKind.CLICK)
"""The kinds of events that are hits, and so are judged."""
