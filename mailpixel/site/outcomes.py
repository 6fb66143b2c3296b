"""What becomes of an envelope: the words of its outcome, and what is kept of each event.

An envelope is what a page or a GIF of a site sends: a few events with the consent that they came under.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from mailpixel.site_model import OrderClaim, Step


class Outcome(StrEnum):
    """What became of an envelope."""

    LOGGED = "logged"
    """At least one event is kept."""
    NOTHING = "nothing"
    """It is well formed, and none of its events is kept."""
    NO_CONSENT = "no_consent"
    WITHDRAWN = "withdrawn"
    """Consent to measure was withdrawn: that is kept, and nothing else."""
    MALFORMED = "malformed"
    UNKNOWN_VERSION = "unknown_version"
    TOO_MANY = "too_many"
    """More than 20 events: none is taken."""
    TOO_LARGE = "too_large"
    UNKNOWN_SITE = "unknown_site"
    """No site has this key. Whoever looks up the key says so, not the reader of the envelope."""


def no_clicks(_text: str) -> bytes | None:
    """The reader of carried clicks that knows none."""
    return None


class Signals(Struct, frozen=True, gc=False):
    """What the reader of an envelope must know of the request and of its surroundings.

    `origin` is the `Origin` header, empty without one. `gpc` says that the header `Sec-GPC` was `1`. `read_click`
    gives the event id (16 bytes) of a carried click of 43 characters, None for a forged one.
    """

    now_ms: int
    origin: str = ""
    gpc: bool = False
    read_click: Callable[[str], bytes | None] = no_clicks


def signals_of(
    headers: Mapping[str, str], now_ms: int, read_click: Callable[[str], bytes | None] = no_clicks
) -> Signals:
    """The signals of a request with these headers, their names in small letters. Of `Sec-GPC`, only `1` counts."""
    return Signals(now_ms, headers.get("origin", ""), headers.get("sec-gpc", "").strip() == "1", read_click)


class ReadEvent(Struct, frozen=True):
    """One event as it was read. `problems` holds words in the order in which they were met.

    `name` is as sent, empty where it is unfit to be shown. An event that is refused has no `step`. A purchase with
    a usable order id has an `order`, which belongs to the case of `order_id`.
    """

    name: str
    logged: bool
    problems: tuple[str, ...] = ()
    step: Step | None = None
    order: OrderClaim | None = None
    order_id: str = ""


class Reading(Struct, frozen=True):
    """An envelope as it was read: its outcome, its own problems, and its events in the order sent.

    `withdrawal` is the step of a `CONSENT` event, and stands in a `withdrawn` envelope only. `consent` holds the
    purposes in force and `source` where they came from. `sent_ms` is the browser's clock: show it, trust it never.
    """

    outcome: Outcome
    problems: tuple[str, ...] = ()
    events: tuple[ReadEvent, ...] = ()
    withdrawal: Step | None = None
    consent: tuple[str, ...] = ()
    source: str = ""
    sent_ms: int | None = None
