"""What every store, and whatever takes events for a store, refuses of an event."""

from mailpixel.errors import InvalidInput
from mailpixel.model import Event
from mailpixel.site_model import is_of_site


def check_event(event: Event) -> None:
    """Raises `InvalidInput` when the id is not 16 bytes that begin with the event's moment.

    So it does when a message has a body, which would not be stored.
    """
    id = event.id
    if len(id) != 16 or int.from_bytes(id[:6], "big") != event.received_at_ms:
        raise InvalidInput(
            "id", "must be 16 bytes that begin with received_at_ms; use ids made by `EventIds`"
        )
    if event.body and not is_of_site(event.campaign):
        raise InvalidInput("body", "belongs to events of visits and orders only; leave it empty")
