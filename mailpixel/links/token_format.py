"""The signed part of a token: claims as a few bytes, and those bytes as text.

    byte 0      version, 1
    byte 1      id of the key, 1 to 255
    byte 2      form: low half the kind (1 open, 2 click, 3 message, 4 campaign, 5 choice), + 16 preview,
                + 32 embedded destination, + 64 modes
    modes       1 byte, only with + 64: opens in bits 0 to 2, clicks in bits 3 to 5, each 0 (off) to 4 (full)
    then        length (1 byte) and campaign; length (1 byte) and recipient, 0 for kind 4 alone
    a click     link number as a varint; or length as a varint and the destination in UTF-8

A varint is little-endian in groups of seven bits, the high bit set in all but the last (LEB128), as short as
possible. Modes are allowed for kinds 1 to 3; kind 1 has 0 for clicks, kind 2 has 0 for opens.

The bytes are written as base64url without padding. The first three bytes make exactly four characters, so that
form and key are known before anything else is read.
"""

from binascii import Error, a2b_base64, b2a_base64
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from mailpixel.claims import (
    ALPHANUMERIC,
    CAMPAIGN_ALPHABET,
    CAMPAIGN_CHARS,
    DESTINATION_BYTES,
    LAST_LINK,
    RECIPIENT_ALPHABET,
    RECIPIENT_CHARS,
    Claims,
    TokenKind,
    check_campaign_id,
    check_link_number,
    modes_in_token,
)
from mailpixel.errors import InvalidInput
from mailpixel.links.destination import check_destination
from mailpixel.modes import MODES_OF_BYTE, Modes

VERSION = 1
HEAD_BYTES, HEAD_CHARS, FORM_AT = 3, 4, 2
BODY_CHARS = -(-4 * (HEAD_BYTES + 2 + CAMPAIGN_CHARS + 1 + RECIPIENT_CHARS + 3 + DESTINATION_BYTES) // 3)
"""The longest signed part in characters."""
CODES = {
    TokenKind.OPEN: 1,
    TokenKind.CLICK: 2,
    TokenKind.MESSAGE: 3,
    TokenKind.CAMPAIGN: 4,
    TokenKind.CHOICE: 5,
}
PREVIEW, EMBEDDED, MODED = 16, 32, 64
MODES = {
    kind: {byte: modes for byte, modes in MODES_OF_BYTE.items() if modes_in_token(kind, modes) == modes}
    for kind in TokenKind
}
"""The mode bytes that a token of each kind may have, with their modes."""

OPENINGS_KEPT = 4_096
"""How many beginnings of tokens are remembered: one for each campaign, kind and mode in use."""

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/...")
"""To the plain alphabet. Its own signs become one that nothing is encoded to."""
_PADDING = (b"", b"", b"==", b"=")


@dataclass(frozen=True, slots=True)
class TokenForm:
    """What the third byte of a token says."""

    kind: TokenKind
    preview: bool
    embedded: bool
    moded: bool = False

    @property
    def byte(self) -> int:
        """The form as that byte."""
        flags = PREVIEW * self.preview + EMBEDDED * self.embedded + MODED * self.moded
        return CODES[self.kind] + flags


FORMS = {
    form.byte: form
    for kind in TokenKind
    for preview in (False, True)
    for embedded in ((False, True) if kind is TokenKind.CLICK else (False,))
    for moded in ((False, True) if MODES[kind] else (False,))
    for form in [TokenForm(kind, preview, embedded, moded)]
}
"""All forms, by their byte."""


def encode(data: bytes) -> bytes:
    """Bytes as base64url without padding."""
    return b2a_base64(data, newline=False).translate(_TO_URL, b"=")


def decode(text: bytes) -> bytes | None:
    """The bytes of a base64url text; None unless `encode` writes them as exactly this text."""
    padded = text.translate(_FROM_URL) + _PADDING[len(text) & 3]
    try:
        data = a2b_base64(padded)
    except Error:
        return None
    return data if b2a_base64(data, newline=False) == padded else None


def varint(number: int) -> bytes:
    """A non-negative number as a varint."""
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def read_varint(data: bytes) -> tuple[int, bytes]:
    """The varint of at most 3 bytes at the beginning of the data, and the rest.

    Raises `ValueError` for one that is cut off or longer than necessary.
    """
    number = 0
    for at, byte in enumerate(data[:3]):
        number |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            if at and not byte:
                break
            return number, data[at + 1 :]
    raise ValueError("no varint")


_LINKS = {varint(number): number for number in range(1, 1_000)}
"""Link numbers that are read with one look."""


def form_of(claims: Claims) -> TokenForm:
    """The form for these claims. Raises `InvalidInput` for a link or modes where none are allowed."""
    embedded = claims.destination is not None
    destinations = embedded + (claims.link is not None)
    if destinations != (claims.kind is TokenKind.CLICK):
        raise InvalidInput(
            "link", "a click needs a link number or a destination, not both; the other kinds have neither"
        )
    moded = claims.modes is not None
    if claims.modes is not None and claims.modes.byte not in MODES[claims.kind]:
        raise InvalidInput(
            "modes", "an open has none but for opens, a click none but for clicks, a campaign or choice none"
        )
    return TokenForm(claims.kind, claims.preview, embedded, moded)


def opening(claims: Claims, key_id: int) -> bytes:
    """The bytes up to the recipient. Raises `InvalidInput` for claims out of bounds."""
    head = bytes((VERSION, key_id, form_of(claims).byte))
    modes = b"" if claims.modes is None else bytes((claims.modes.byte,))
    written = check_campaign_id(claims.campaign).encode()
    return head + modes + bytes((len(written),)) + written


def ending(claims: Claims) -> bytes:
    """The bytes after the recipient. Raises `InvalidInput` for a bad link number or destination."""
    if claims.link is not None:
        return varint(check_link_number(claims.link))
    if claims.destination is None:
        return b""
    check_destination(claims.destination, "destination")
    written = claims.destination.encode()
    if len(written) > DESTINATION_BYTES:
        raise InvalidInput("destination", f"is longer than {DESTINATION_BYTES:,} bytes; shorten it")
    return varint(len(written)) + written


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """What the tokens of one form of a campaign say alike. They share one such object, as long as it is remembered."""

    form: TokenForm
    campaign: str
    modes: Modes | None


class Parts(NamedTuple):
    """What a token says, in parts.

    `message` is the campaign and the recipient as they stand in the token, with their lengths: the same bytes in every
    token of a message.
    """

    opening: Opening
    message: bytes
    recipient: str
    link: int | None
    destination: str | None

    @property
    def claims(self) -> Claims:
        """The same as claims."""
        form, campaign, modes = self.opening.form, self.opening.campaign, self.opening.modes
        return Claims(form.kind, campaign, self.recipient, self.link, self.destination, form.preview, modes)


def unpack(form: TokenForm, text: bytes) -> Parts | None:
    """The parts in base64url text of a known form; None when out of bounds or not in canonical spelling.

    The bounds are checked even after a valid signature, because programs in other
    languages also sign with our keys.
    """
    data = decode(text)
    if data is None:
        return None
    try:
        begin = HEAD_BYTES + form.moded
        end = begin + 1 + data[begin]
        stop = end + 1 + data[end]
        opening = _read_opening(data[FORM_AT:end])
        recipient = data[end + 1 : stop]
        if (
            opening is None
            or stop > len(data)
            or (form.kind is TokenKind.CAMPAIGN) == bool(recipient)
            or len(recipient) > RECIPIENT_CHARS
            or recipient.translate(None, RECIPIENT_ALPHABET)
        ):
            return None
        link = destination = None
        if form.kind is TokenKind.CLICK:
            link, destination = _read_ending(form, data[stop:])
        elif stop < len(data):
            return None
    except (LookupError, ValueError):
        return None
    return Parts(opening, data[begin:stop], recipient.decode(), link, destination)


@lru_cache(maxsize=OPENINGS_KEPT)
def _read_opening(data: bytes) -> Opening | None:
    """The opening in the bytes from the form to the recipient; None when out of bounds.

    It is the same for all recipients of a campaign, so it is remembered.
    """
    form = FORMS[data[0]]
    campaign = data[2 + form.moded :]
    modes = MODES[form.kind].get(data[1]) if form.moded else None
    is_fit = (
        0 < len(campaign) <= CAMPAIGN_CHARS
        and campaign[0] in ALPHANUMERIC
        and not campaign.translate(None, CAMPAIGN_ALPHABET)
    )
    return Opening(form, campaign.decode(), modes) if is_fit and (modes is not None) == form.moded else None


def _read_ending(form: TokenForm, data: bytes) -> tuple[int | None, str | None]:
    """(link, destination) of a click. Raises `ValueError` unless it is exactly what the form requires."""
    if not form.embedded and data in _LINKS:
        return _LINKS[data], None
    number, rest = read_varint(data)
    if not form.embedded:
        if rest or not 1 <= number <= LAST_LINK:
            raise ValueError("no link number")
        return number, None
    if number != len(rest) or number > DESTINATION_BYTES:
        raise ValueError("another length than announced")
    return None, rest.decode()
