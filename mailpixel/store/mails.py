"""The mail of a campaign as it was registered, for the click map.

One contract suite (`tests/integration/test_mails_contract.py`) runs on every registry.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

MAIL_BYTES = 1_048_576
"""The largest mail that is kept: 1 MiB."""


class KeptPlace(NamedTuple):
    """A tracked link of a kept mail.

    `start` and `end` say where its href stands in the decoded text (code points, the end not included). `number` is
    the link's; None where its destination was no link of the campaign when the mail was kept.
    """

    start: int
    end: int
    number: int | None
    url: str


class LeftAlone(NamedTuple):
    """A link of a kept mail that is not tracked, and why: a `mailpixel.links.splicing.link_policy.Reason`."""

    href: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeptMail:
    """The HTML of a campaign's mail: its bytes as they came, at most `MAIL_BYTES`, and where its links stand.

    `charset` is the Python codec that decodes them. Of a message, these are the bytes of its HTML part. `by_place`
    says that the places of one destination have numbers of their own. `registered_by` names an API key, or is `cli`.
    """

    campaign: str
    html: bytes
    charset: str
    places: tuple[KeptPlace, ...]
    left_alone: tuple[LeftAlone, ...]
    by_place: bool
    registered_at: datetime
    registered_by: str

    @property
    def text(self) -> str:
        """The decoded HTML."""
        return self.html.decode(self.charset)

    @property
    def sha256(self) -> bytes:
        """The SHA-256 of the bytes: 32 bytes."""
        return hashlib.sha256(self.html).digest()


class Mails(Protocol):
    """The kept mails, at most one a campaign. A deleted campaign leaves none."""

    def keep_mail(self, mail: KeptMail) -> None:
        """Keep the mail of a campaign, in place of the one that is kept. Raises `NotFound` for no such campaign."""
        ...

    def kept_mail(self, campaign: str) -> KeptMail | None:
        """The mail of a campaign; None when none is kept. Raises `NotFound` for no such campaign."""
        ...

    def drop_mail(self, campaign: str) -> None:
        """Delete the mail of a campaign, also from the file. Nothing happens when there is none. Raises `NotFound`."""
        ...

    def campaigns_with_mail(self) -> Sequence[str]:
        """The ids of the campaigns whose mail is kept, in order."""
        ...
