"""Click ids: a click of a mail as the site that it led to carries it on.

    mp_cid = base64url of the click's event id (16 bytes) and of a signature over it (16 bytes): 43 characters

A click id names nobody, and nothing of it is stored: whoever has the log finds the click by its event id. When the
click is erased, its id names nothing any more. It has a key of its own, derived from each signing key, so no token can
stand in for a click id, nor the reverse.
"""

import hmac
from typing import NamedTuple

from mailpixel.links.keyring import Keyring
from mailpixel.links.signature import SIGNATURE_BYTES, KeyedHMAC, derived_key
from mailpixel.links.token import Problem
from mailpixel.links.token_format import decode, encode

PARAMETER = "mp_cid"
"""The query parameter that holds a click id."""
EVENT_ID_BYTES = 16
CLICK_ID_CHARS = -(-4 * (EVENT_ID_BYTES + SIGNATURE_BYTES) // 3)
"""43: as base64url without padding."""
KIND = "click_id"
"""What the key is derived for."""


class ClickReading(NamedTuple):
    """The result of reading a click id: the event id of the click, or the problem.

    A click id does not say which key signed it. So `UNKNOWN_KEY` means that no key of the keyring did: the id is
    invented, its key was removed, or another process has a newer key that this one does not know yet. A fresh look at
    the key file tells the last case apart.
    """

    click: bytes | None
    problem: Problem | None = None


MALFORMED = ClickReading(None, Problem.MALFORMED)
UNKNOWN_KEY = ClickReading(None, Problem.UNKNOWN_KEY)


class ClickIds:
    """Signs click ids with the newest key of a keyring, and reads those of all its keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._signatures = [
            KeyedHMAC(derived_key(key.secret, KIND)).after(b"") for key in reversed(keyring.keys)
        ]
        self._newest = self._signatures[0]

    def sign(self, click: bytes) -> str:
        """The click id of an event id of 16 bytes."""
        return encode(click + self._newest(click)).decode()

    def read(self, text: str) -> ClickReading:
        """The click that a text names. Another spelling of a click id is malformed. Never raises."""
        if len(text) != CLICK_ID_CHARS or not text.isascii():
            return MALFORMED
        data = decode(text.encode())
        if data is None:
            return MALFORMED
        click, signature = data[:EVENT_ID_BYTES], data[EVENT_ID_BYTES:]
        for sign in self._signatures:
            if hmac.compare_digest(sign(click), signature):
                return ClickReading(click)
        return UNKNOWN_KEY
