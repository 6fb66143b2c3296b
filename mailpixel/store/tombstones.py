"""Tombstones: what a store keeps of an erased person, so that nothing received before the erasure comes back.

A tombstone is a moment and eight bytes of a keyed hash of the recipient; the recipient itself is not kept.
The key is a secret of the store. It does not depend on the signing keys: a store can be opened without a key
file, and tombstones must still be found after a change of signing keys. Someone with the whole store can test
whether an id that they guess was erased, but cannot read any id from it.
"""

from collections.abc import Iterable
from hashlib import blake2b

from mailpixel.store.projections import Folded, MessageState
from mailpixel.times import DAY_MS

SECRET_BYTES = 32
"""The length of a store's secret, in bytes."""


def person8(secret: bytes, recipient: str) -> bytes:
    """Eight bytes that stand for a recipient. They cannot be computed without the secret."""
    return blake2b(recipient.encode(), digest_size=8, key=secret).digest()


def moment_of_erasure(now_ms: int, received_at_ms: Iterable[int]) -> int:
    """The moment up to which an erasure holds: now, or the last deleted event if its clock was ahead.

    A clock ahead by more than a day is ignored, because the person would stay out for years.
    """
    return min(max((now_ms, *received_at_ms)), now_ms + DAY_MS)


def moment_kept(former_ms: int, at_ms: int, logged_ms: int) -> int:
    """The moment up to which a person stays out who is erased again at `at_ms`: the later of the two moments.

    A former moment more than a day after both `at_ms` and the last logged event (`logged_ms`) came from a clock
    that was ahead. It is replaced, because the person would stay out until then.
    """
    if former_ms > max(at_ms, logged_ms) + DAY_MS:
        return at_ms
    return max(former_ms, at_ms)


def day_of(at_ms: int) -> int:
    """Days since 1970. Hits past the cap are counted by day, so the whole day of an erasure stays out."""
    return at_ms // DAY_MS


def last_ms(folded: Folded) -> int:
    """When the last event that a state knows of was received; -1 when unknown and for messages put aside."""
    known = folded.last_event_at_ms if isinstance(folded, MessageState) else None
    return -1 if known is None else known
