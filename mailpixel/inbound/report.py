"""What a post of an ESP is, what proves it, and what it reports."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from mailpixel.kinds import EventKind, Reason


class Refusal(StrEnum):
    """Why a whole post is refused."""

    FORGED = "forged"
    """Its signature, topic or secret is wrong or missing."""
    STALE = "stale"
    """It was signed too long ago, or in the future."""
    REPLAYED = "replayed"
    """What may come only once came again with another body."""
    UNREADABLE = "unreadable"
    """It is proved, but it is not what this ESP documents."""


class Post(Struct, frozen=True):
    """One request: its headers by lower-case name, its body as it came, and when (milliseconds since 1970)."""

    headers: Mapping[str, str]
    body: bytes
    now_ms: int


class Proof(Struct, frozen=True):
    """What a post must prove.

    `secret` is the key of the ESP's signature: text for HMAC, a public key for SendGrid, a topic ARN for SES; empty
    where nothing is signed. `certificate` gives the PEM certificate at an address that was checked, for SNS.
    Raises `OSError` when it cannot be had now.
    """

    secret: str = ""
    certificate: Callable[[str], bytes] | None = None


class Report(Struct, frozen=True):
    """What an ESP says of one message: delivered, bounced or complained about at `at_ms` (since 1970).

    The message is named by its `token`, or by campaign and recipient. All are empty when the report names none.
    """

    kind: EventKind
    at_ms: int
    token: str = ""
    campaign: str = ""
    recipient: str = ""
    reason: Reason | None = None


class Found(Struct, frozen=True):
    """The reports of a post.

    `ignored` counts what is no report, such as opens and deferrals. `once` is empty, or what the ESP sends only
    once. `confirm_url` is the address that confirms a subscription, empty in all other posts.
    """

    reports: tuple[Report, ...] = ()
    ignored: int = 0
    once: str = ""
    confirm_url: str = ""


Reader = Callable[[Post, Proof], Found | Refusal]
