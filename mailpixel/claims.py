"""What a token says, and its bounds: alphabets, lengths, and a refusal of ids that look personal."""

import re
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from mailpixel.errors import InvalidInput
from mailpixel.modes import Mode, Modes

LAST_LINK = 65_535
"""The highest link number: a token has 16 bits for it. The lowest is 1."""
CAMPAIGN_CHARS = 64
"""The longest campaign id."""
RECIPIENT_CHARS = 128
"""The longest recipient id."""
DESTINATION_BYTES = 65_536
"""The longest destination, in bytes of UTF-8."""

ALPHANUMERIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
CAMPAIGN_ALPHABET = ALPHANUMERIC + b"._-"
RECIPIENT_ALPHABET = ALPHANUMERIC + b"._:~+=/-"

CAMPAIGN_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_CAMPAIGN = re.compile(CAMPAIGN_PATTERN)
RECIPIENT_PATTERN = r"[A-Za-z0-9._:~+=/-]{1,128}"
"""Regular expressions of ids, also for the JSON schemas of the API."""
_RECIPIENT = re.compile(RECIPIENT_PATTERN)
_ADDRESS = re.compile(r"@|%40")


class TokenKind(StrEnum):
    """What a token is good for. A token of one kind is never accepted as another."""

    OPEN = "open"
    """The pixel of one message."""
    CLICK = "click"
    """One link of one message."""
    MESSAGE = "message"
    """The pixel and every registered link of one message: the merge-field token."""
    CAMPAIGN = "campaign"
    """The pixel and every registered link of a campaign, the same in every mail: it names no recipient."""
    CHOICE = "choice"
    """The page where one recipient decides about measurement, and nothing else."""


MODELESS = frozenset({TokenKind.CAMPAIGN, TokenKind.CHOICE})
"""The kinds whose tokens carry no modes: their kind says already what may be recorded."""


class Claims(NamedTuple):
    """What a token says: a message, and what the token is good for.

    A click has either a `link` number (1 to 65,535) or an embedded `destination`. The other kinds have
    neither. A campaign's token has an empty `recipient`.

    `modes` is the most that may be recorded, as it was decided when the token was signed. An open's token has
    `off` for clicks and the reverse. None says nothing, as in tokens of the first form: then what is in force at
    the hit decides alone. Campaign and choice tokens have none.
    """

    kind: TokenKind
    campaign: str
    recipient: str
    link: int | None = None
    destination: str | None = None
    preview: bool = False
    modes: Modes | None = None


def modes_in_token(kind: TokenKind, modes: Modes | None) -> Modes | None:
    """The part of the modes that a token of this kind carries: an open's that of opens, and so on."""
    if modes is None or kind in MODELESS:
        return None
    opens = Mode.OFF if kind is TokenKind.CLICK else modes.opens
    clicks = Mode.OFF if kind is TokenKind.OPEN else modes.clicks
    return Modes(opens, clicks)


def check_campaign_id(text: str, field: str = "campaign") -> str:
    """Return the id: 1 to 64 of `A-Z a-z 0-9 . _ -`, first a letter or digit. Raises `InvalidInput`."""
    if _CAMPAIGN.fullmatch(text):
        return text
    raise InvalidInput(
        field, "must be 1 to 64 letters, digits, `.`, `_` or `-`, and begin with a letter or digit"
    )


def check_recipient(text: str, field: str = "recipient") -> str:
    """Return the id: 1 to 128 of `A-Z a-z 0-9 . _ : ~ + = / -`, and nothing like an e-mail address.

    Raises `InvalidInput`.
    """
    if _RECIPIENT.fullmatch(text):
        return text
    raise recipient_fault(text, field)


def are_recipients(texts: Collection[str]) -> bool:
    """Whether all of these texts are recipient ids. Use it for many texts at once, or for one on the hot path."""
    whole = "".join(texts)
    return (
        whole.isascii()
        and not whole.encode().translate(None, RECIPIENT_ALPHABET)
        and min(map(len, texts), default=1) > 0
        and max(map(len, texts), default=1) <= RECIPIENT_CHARS
    )


def recipient_fault(text: str, field: str = "recipient") -> InvalidInput:
    """The error that says why a text is not a recipient id. Its message never holds the text."""
    if not text:
        return InvalidInput(field, "is empty; give every recipient an id of 1 to 128 characters")
    if _ADDRESS.search(text):
        return InvalidInput(
            field,
            "looks like an e-mail address, which must not be readable in a link; "
            "use an opaque id, or the keyed pseudonym of the address",
        )
    if len(text) > RECIPIENT_CHARS:
        return InvalidInput(field, f"has {len(text):,} characters; at most {RECIPIENT_CHARS} are allowed")
    return InvalidInput(
        field,
        "may hold only letters, digits and `. _ : ~ + = / -`; use such an id, or a keyed pseudonym",
    )


def check_link_number(number: int, field: str = "link") -> int:
    """Return the number, 1 to 65,535. Raises `InvalidInput`."""
    if not isinstance(number, bool) and 1 <= number <= LAST_LINK:
        return number
    raise InvalidInput(field, f"must be a link number from 1 to {LAST_LINK:,}")
