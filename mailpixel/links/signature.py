"""Signatures: HMAC-SHA-256 cut to 16 bytes, as an algorithm and a signer of itsdangerous."""

import hashlib
import hmac
from collections.abc import Callable

from itsdangerous import Signer
from itsdangerous.signer import SigningAlgorithm

from mailpixel.claims import TokenKind
from mailpixel.links.token_format import encode

SIGNATURE_BYTES = 16
SIGNATURE_CHARS = -(-4 * SIGNATURE_BYTES // 3)
"""22: as base64url without padding."""

_BLOCK_BYTES = 64
_INNER, _OUTER = bytes(n ^ 0x36 for n in range(256)), bytes(n ^ 0x5C for n in range(256))


class KeyedHMAC(SigningAlgorithm):
    """HMAC-SHA-256 (RFC 2104) of one key, cut to 16 bytes.

    The two hash states that depend only on the key are made once and copied for each signature. That
    halves the time of a whole HMAC.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK_BYTES:
            raise ValueError("a key of more than 64 bytes would have to be hashed first")
        self._key = key
        padded = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        """The 16 bytes for a value. Fast for the key that this was made for, correct for any other."""
        if key != self._key:
            return hmac.digest(key, value, "sha256")[:SIGNATURE_BYTES]
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(value)
        outer.update(inner.digest())
        return outer.digest()[:SIGNATURE_BYTES]

    def after(self, prefix: bytes) -> Callable[[bytes], bytes]:
        """A function that gives the 16 bytes of `prefix + rest` for a rest: for many values with one beginning."""
        begun = self._inner.copy()
        begun.update(prefix)
        begin, finish = begun.copy, self._outer.copy

        def signature(rest: bytes) -> bytes:
            inner, outer = begin(), finish()
            inner.update(rest)
            outer.update(inner.digest())
            return outer.digest()[:SIGNATURE_BYTES]

        return signature


class KindSigner(Signer):
    """The itsdangerous signer of one kind of token. Each kind has a key derived from the signing key."""

    algorithm: KeyedHMAC

    def __init__(self, secret: bytes, kind: TokenKind) -> None:
        key = derived_key(secret, kind)
        super().__init__(key, key_derivation="none", algorithm=KeyedHMAC(key))
        self._key = key

    def get_signature(self, value: str | bytes) -> bytes:
        """22 characters of base64url: the same as itsdangerous' signer gives, computed faster."""
        text = value.encode() if isinstance(value, str) else value
        return encode(self.algorithm.get_signature(self._key, text))


def derived_key(secret: bytes, kind: str) -> bytes:
    """The key that signs one kind of token or id: HMAC-SHA-256 of `mailpixel.v1.` and the kind."""
    return hmac.digest(secret, f"mailpixel.v1.{kind}".encode(), "sha256")
