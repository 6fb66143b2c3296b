"""The visitor of a day: a key that stands for one address and browser on one site, as long as its salt is kept.

Whoever shares an address and a browser is one visitor; a phone that changes its network is two. Two sites, or two days,
cannot be compared.
"""

import hashlib
import hmac
from binascii import b2a_base64

KEY_BYTES, KEY_CHARS = 16, 22
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BLOCK_BYTES = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))


class VisitorKeys:
    """Makes the keys of visitors under one salt, that of the UTC day on which their requests were received.

    It begins the HMAC once (RFC 2104): copies of its two hashes take a third of the time of a whole HMAC. What it
    holds stands for the salt, so keep it no longer than that. `salt` has at most 64 bytes.
    """

    def __init__(self, salt: bytes) -> None:
        padded = salt.ljust(_BLOCK_BYTES, b"\0")
        self._begin = hashlib.sha256(padded.translate(_INNER)).copy
        self._finish = hashlib.sha256(padded.translate(_OUTER)).copy

    def key(self, site: str, address: str, agent: str) -> str:
        """The key of a visitor, as `visitor_key` gives it."""
        inner, outer = self._begin(), self._finish()
        inner.update(_told(site, address, agent))
        outer.update(inner.digest())
        return _text(outer.digest())


def visitor_key(salt: bytes, site: str, address: str, agent: str) -> str:
    """The key of a visitor: 22 characters of base64url.

    `salt` is that of the UTC day on which the request was received, `site` the id of the site. `address` is
    canonical text, empty where it is not known.
    """
    return _text(hmac.digest(salt, _told(site, address, agent), "sha256"))


def _told(site: str, address: str, agent: str) -> bytes:
    return f"{site}\n{address}\n{agent}".encode()


def _text(digest: bytes) -> str:
    found = b2a_base64(digest[:KEY_BYTES], newline=False)
    return found[:KEY_CHARS].translate(_URL_SAFE).decode("ascii")
