"""Tags: eight bytes that stand for an address within a message and a UTC day.

Four stand for the address and four for its /24 or /48. They cannot be compared with those of another message or day,
and not computed without the salt of the day.
"""

from collections.abc import Callable
from hashlib import blake2b

from mailpixel.classify.origins import EXACT
from mailpixel.traffic.networks import packed

CAMPAIGNS_KEPT = 4_096
"""How many campaigns are remembered, each with a begun hash."""


class Tags:
    """Makes the tags of one day. It begins both hashes once: copies of them take half the time.

    What it holds stands for the salt, so keep it no longer than that.
    """

    def __init__(self, salt: bytes) -> None:
        self._begun = blake2b(digest_size=EXACT, key=salt)
        self._of_campaigns: dict[str, Callable[[], blake2b]] = {}

    def _of(self, campaign: str) -> Callable[[], blake2b]:
        """What begins both hashes of a message of this campaign: the salt and the campaign are hashed once."""
        if len(self._of_campaigns) >= CAMPAIGNS_KEPT:
            self._of_campaigns.clear()
        begun = self._begun.copy()
        begun.update(f"{campaign}\n".encode())
        begin = self._of_campaigns[campaign] = begun.copy
        return begin

    def tag(self, campaign: str, recipient: str, number: bytes, near: bytes) -> bytes:
        """The tag of an address, as `parts_of` cuts it."""
        begin = self._of_campaigns.get(campaign) or self._of(campaign)
        person = recipient.encode() + b"\n"
        exact, neighbourhood = begin(), begin()
        exact.update(person + number)
        neighbourhood.update(person + near)
        return exact.digest() + neighbourhood.digest()


def parts_of(address: str) -> tuple[bytes, bytes]:
    """An address as bytes, and the bytes of its /24 or /48; both empty when the text is not an address."""
    size, number = packed(address)
    whole = number.to_bytes(size, "big")
    return whole, whole[: 3 if size == 4 else 6]


def tag_of(salt: bytes, campaign: str, recipient: str, address: str) -> bytes:
    """The tag of an address under the salt of a day."""
    return Tags(salt).tag(campaign, recipient, *parts_of(address))
