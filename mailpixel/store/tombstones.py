"""Tombstones: what a store keeps of an erased person, so that nothing received before the erasure comes back.

A tombstone is a moment and eight bytes of a keyed hash of the recipient; the recipient itself is not kept. The key is
a secret of the store: a store may be opened without a key file, and the key has to outlive every change of signing
keys, or the tombstones would no longer be found. Who holds the whole store can test whether an id they guess was
erased, and can read no id from it.
"""

from collections.abc import Iterable
from hashlib import blake2b

from mailpixel.store.projections import Folded, MessageState
from mailpixel.times import DAY_MS

SECRET_BYTES = 32
"""The length of a store's secret."""


def person8(secret: bytes, recipient: str) -> bytes:
    """Eight bytes that stand for a recipient, and that nobody without the secret can compute."""
    return blake2b(recipient.encode(), digest_size=8, key=secret).digest()


def moment_of_erasure(now_ms: int, received_at_ms: Iterable[int]) -> int:
    """Up to when an erasure holds: now, or the last moment of what it deletes, as a clock may be ahead of ours.

    A clock ahead by more than a day is not followed, or the person would stay out for years.
    """
    return min(max((now_ms, *received_at_ms)), now_ms + DAY_MS)


def day_of(at_ms: int) -> int:
    """Days since 1970. Hits past the cap are counted by day, so those of the day of the erasure stay out as a whole."""
    return at_ms // DAY_MS


def last_ms(folded: Folded) -> int:
    """When the last event was received that a state knows of; -1 where it does not say, and for what was put aside."""
    known = folded.last_event_at_ms if isinstance(folded, MessageState) else None
    return -1 if known is None else known
