"""What holds for each person, in memory: nine bytes a person, for a million of them.

Two arrays in order of the people's keys: eight bytes of a keyed hash of the recipient, and a byte for what holds.
"""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from operator import add

from mailpixel.modes import Consent
from mailpixel.store.consents import CONSENTS

PREFIXES = 65_536
"""The numbers of the first 16 bits of a key. For each, a table has where its keys begin."""
SHIFT = 48
LEAST = PREFIXES // 2
"""Keys have a sign: the first 16 bits of the smallest one are minus this."""


class People:
    """People by key, as of one moment. It never changes, so that any thread may read it. `keys` ascend."""

    __slots__ = ("_begin", "_keys", "_secret", "_starts", "_states")

    def __init__(self, secret: bytes, keys: "array[int]", states: bytes, starts: "array[int]") -> None:
        self._secret, self._keys, self._states, self._starts = secret, keys, states, starts
        self._begin = blake2b(digest_size=8, key=secret).copy

    @classmethod
    def of(cls, secret: bytes, keys: "array[int]", states: bytes) -> "People":
        """These people, whose keys ascend, with a byte of state each."""
        return cls(secret, keys, states, _starts(keys))

    def __len__(self) -> int:
        return len(self._keys)

    def consent(self, recipient: str) -> Consent:
        """What holds for a person; `UNASKED` for one of whom nothing is known."""
        return CONSENTS[self.state(recipient)]

    def state(self, recipient: str) -> int:
        """What holds for a person, as its place in `CONSENTS`. 0 means that nothing is known."""
        if not self._keys:
            return 0
        hashed = self._begin()
        hashed.update(recipient.encode())
        key = int.from_bytes(hashed.digest(), "big", signed=True)
        prefix = (key >> SHIFT) + LEAST
        begin, end = self._starts[prefix], self._starts[prefix + 1]
        if begin == end:
            return 0  # for nearly everybody
        place = bisect_left(self._keys, key, begin, end)
        if place == end or self._keys[place] != key:
            return 0
        return self._states[place]

    def states(self, recipients: Sequence[str]) -> bytes:
        """A byte for each of many people: the place of what holds in `CONSENTS`. 0 means that nothing is known."""
        if not self._keys:
            return bytes(len(recipients))
        return bytes(map(self.state, recipients))

    def with_news(self, keys: "array[int]", states: bytes) -> "People":
        """The same people and these, whose state replaces the former one. The keys ascend."""
        if not self._keys:
            return People.of(self._secret, keys, states)
        merged_keys, merged_states, new = array("q"), bytearray(), array("q")
        former_keys, former_states, since = self._keys, self._states, 0
        for key, state in zip(keys, states, strict=True):
            place = bisect_left(former_keys, key, since)
            merged_keys.extend(former_keys[since:place])
            merged_states += former_states[since:place]
            merged_keys.append(key)
            merged_states.append(state)
            is_new = place == len(former_keys) or former_keys[place] != key
            if is_new:
                new.append(key)
            since = place + (not is_new)
        merged_keys.extend(former_keys[since:])
        merged_states += former_states[since:]
        starts = array("I", map(add, self._starts, _starts(new))) if new else self._starts
        return People(self._secret, merged_keys, bytes(merged_states), starts)


def _starts(keys: "array[int]") -> "array[int]":
    """Where the keys of each prefix begin, and the number of keys at the end."""
    numbers = array("I", bytes(4 * (PREFIXES + 1)))
    for key in keys:
        numbers[(key >> SHIFT) + LEAST + 1] += 1
    return array("I", accumulate(numbers))
