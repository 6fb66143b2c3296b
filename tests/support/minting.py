"""Tokens made by the published recipe alone, as a program in another language would: nothing of mailpixel is used.

Each step can be done wrongly on purpose, with the right key behind it.
"""

import base64
import hashlib
import hmac

CODES = {"open": 1, "click": 2, "message": 3, "campaign": 4, "choice": 5}


def text_of(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def leb128(number: int) -> bytes:
    """A varint."""
    groups = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])


def mode_byte(modes: object) -> int:
    """Both modes in one byte."""
    assert isinstance(modes, dict)
    return int(modes["opens"]) + 8 * int(modes["clicks"])


def body_of(key_id: int, claims: dict[str, object]) -> bytes:
    """The signed bytes of claims, as JSON holds them."""
    campaign, recipient = str(claims["campaign"]).encode(), str(claims["recipient"]).encode()
    destination = claims.get("destination")
    modes = claims.get("modes")
    form = CODES[str(claims["kind"])] + 16 * bool(claims.get("preview")) + 32 * (destination is not None)
    head = bytes([1, key_id, form]) if modes is None else bytes([1, key_id, form + 64, mode_byte(modes)])
    body = head + bytes([len(campaign)]) + campaign + bytes([len(recipient)]) + recipient
    if destination is not None:
        written = str(destination).encode()
        return body + leb128(len(written)) + written
    link = claims.get("link")
    return body if link is None else body + leb128(int(str(link)))


def signature_of(secret: bytes, kind: str, text: str) -> str:
    """The signature over the text of a body."""
    key = hmac.new(secret, b"mailpixel.v1." + kind.encode(), hashlib.sha256).digest()
    return text_of(hmac.new(key, text.encode(), hashlib.sha256).digest()[:16])


def signed(secret: bytes, kind: str, text: str) -> str:
    """Text with its signature, whatever the text may be."""
    return text + signature_of(secret, kind, text)


def minted(secret: bytes, key_id: int, claims: dict[str, object]) -> str:
    """The token of claims."""
    return signed(secret, str(claims["kind"]), text_of(body_of(key_id, claims)))
