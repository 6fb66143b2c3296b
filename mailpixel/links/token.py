"""Tokens: claims signed into text, and read back from it.

A token is the claims' bytes in base64url (see `token_format`) and, directly behind them, the 22 characters of the
signature over that text. Because the text itself is signed and the signature is compared as text, a token has
one spelling; any other is refused, even where it decodes to the same claims.
"""

from collections.abc import Container, Iterable
from enum import StrEnum
from functools import lru_cache
from hmac import compare_digest
from typing import NamedTuple

from mailpixel.claims import (
    RECIPIENT_ALPHABET,
    RECIPIENT_CHARS,
    Claims,
    TokenKind,
    recipient_fault,
)
from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import Keyring
from mailpixel.links.signature import SIGNATURE_CHARS, KindSigner
from mailpixel.links.token_format import (
    BODY_CHARS,
    FORMS,
    HEAD_BYTES,
    HEAD_CHARS,
    VERSION,
    Parts,
    decode,
    encode,
    ending,
    opening,
    unpack,
)
from mailpixel.modes import Modes

TOKEN_CHARS = BODY_CHARS + SIGNATURE_CHARS
"""The longest token."""


SERIES_KEPT = 256
"""Most series that a signer caches: the campaigns and links that are signed at one time."""


class Problem(StrEnum):
    """Why a token is refused."""

    MALFORMED = "malformed"
    """Not a token, or one that is cut off or not in canonical spelling."""
    UNKNOWN_KEY = "unknown_key"
    """Signed with a key that the keyring does not hold, or no longer holds."""
    BAD_SIGNATURE = "bad_signature"
    """It is well formed, but its signature is wrong: someone changed it."""
    WRONG_KIND = "wrong_kind"
    """A valid token of a kind that is not accepted here."""


class Reading(NamedTuple):
    """The result of verifying a token. The token is good when `problem` is None.

    `claims` are set whenever they could be read, so that a forged token shows which message it names. Act on
    them only when the token is good. They are None for a malformed token.
    """

    claims: Claims | None
    problem: Problem | None = None

    @property
    def forged(self) -> bool:
        """Whether it names a message like a real token, but its signature is broken."""
        return self.problem is Problem.BAD_SIGNATURE


MALFORMED = Reading(None, Problem.MALFORMED)
_MALFORMED = (None, Problem.MALFORMED)


class Series:
    """Signs tokens that differ only in their recipient: their beginning is encoded and hashed once.

    The tokens are the same as those of `TokenSigner.sign`. `token` costs little more than the signature.
    """

    def __init__(self, signer: KindSigner, begin: bytes, end: bytes) -> None:
        aligned = len(begin) - len(begin) % 3
        prefix = encode(begin[:aligned])
        self._prefix = prefix.decode()
        self._begins = [begin[aligned:] + bytes((size,)) for size in range(RECIPIENT_CHARS + 1)]
        self._end = end
        self._signature = signer.algorithm.after(prefix)

    def token(self, recipient: str) -> str:
        """The token of one recipient. Raises `InvalidInput` for an invalid recipient id."""
        if not 0 < len(recipient) <= RECIPIENT_CHARS or not recipient.isascii():
            raise recipient_fault(recipient)
        if recipient.encode().translate(None, RECIPIENT_ALPHABET):
            raise recipient_fault(recipient)
        return self.tokens((recipient,))[0]

    def tokens(self, recipients: Iterable[str]) -> list[str]:
        """The tokens of recipients whose ids have been checked. Bulk jobs spend their time in this loop."""
        begins, end, signature, prefix = self._begins, self._end, self._signature, self._prefix
        tokens = []
        for recipient in recipients:
            raw = recipient.encode()
            text = encode(begins[len(raw)] + raw + end)
            tokens.append(prefix + (text + encode(signature(text))).decode())
        return tokens


STAND_IN = Claims(TokenKind.OPEN, "campaign", "recipient-0123456789")


class TokenSigner:
    """Signs claims with the newest key of a keyring, and verifies tokens of all its keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._signers = {
            (key.id, kind): KindSigner(key.secret, kind) for key in keyring.keys for kind in TokenKind
        }
        self._newest = keyring.keys[-1].id
        self._series = lru_cache(SERIES_KEPT)(self._begin_series)
        self._heads = {
            encode(bytes((VERSION, key.id, byte))): (
                form,
                self._signers[key.id, form.kind].algorithm.after(b""),
            )
            for key in keyring.keys
            for byte, form in FORMS.items()
        }
        self.stand_in = self.sign(STAND_IN)
        """A good token of no real message, for what must take as long as verifying one."""

    def sign(self, claims: Claims) -> str:
        """The token of these claims. Raises `InvalidInput` for claims out of bounds."""
        kind, campaign, recipient, link, destination, preview, modes = claims
        known = destination is None
        series = self._series(kind, campaign, link, preview, modes) if known else self.series(claims)
        if kind is not TokenKind.CAMPAIGN:
            return series.token(recipient)
        if recipient:
            raise InvalidInput(
                "recipient", "cannot be in the token of a campaign, which is the same in every mail"
            )
        return series.tokens((recipient,))[0]

    def series(self, claims: Claims) -> Series:
        """A signer of tokens with these claims for many recipients. The recipient in `claims` is ignored.

        Raises `InvalidInput` for claims out of bounds.
        """
        begin = opening(claims, self._newest)
        return Series(self._signers[self._newest, claims.kind], begin, ending(claims))

    def _begin_series(
        self, kind: TokenKind, campaign: str, link: int | None, preview: bool, modes: Modes | None
    ) -> Series:
        return self.series(Claims(kind, campaign, "", link, None, preview, modes))

    def verify(self, token: str, kinds: Container[TokenKind]) -> Reading:
        """Verify a token where tokens of `kinds` are accepted. A problem is part of the reading."""
        parts, problem = self.read(token, kinds)
        return MALFORMED if parts is None else Reading(parts.claims, problem)

    def read(self, token: str, kinds: Container[TokenKind]) -> tuple[Parts | None, Problem | None]:
        """The same as parts, which costs less: for the hot path."""
        if len(token) > TOKEN_CHARS or not token.isascii():
            return _MALFORMED
        text = token.encode()
        head = self._heads.get(text[:HEAD_CHARS])
        body = text[:-SIGNATURE_CHARS]
        if head is None:
            return _of_unknown_key(body)
        form, signature = head
        parts = unpack(form, body)
        if parts is None:
            return _MALFORMED
        if not compare_digest(encode(signature(body)), text[-SIGNATURE_CHARS:]):
            return parts, Problem.BAD_SIGNATURE
        return parts, None if form.kind in kinds else Problem.WRONG_KIND


def _of_unknown_key(body: bytes) -> tuple[Parts | None, Problem | None]:
    head = decode(body[:HEAD_CHARS])
    if head is None or len(head) != HEAD_BYTES or head[0] != VERSION:
        return _MALFORMED
    parts = unpack(FORMS[head[2]], body) if head[2] in FORMS else None
    return _MALFORMED if parts is None else (parts, Problem.UNKNOWN_KEY)
