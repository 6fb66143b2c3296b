"""Posts under way, and how far the log is done with. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailpixel.store.consumers import Entry
from mailpixel.store.webhooks import PostOutcome


@dataclass(slots=True, eq=False)
class Slot:
    """A post: its events and its body, the position behind it, and what came of it. Without events it is done.

    `began` is the number of the acceptances before it was sent.
    """

    position: str
    entries: Sequence[Entry] = ()
    body: bytes = b""
    done: bool = False
    failed: PostOutcome | None = None
    status: int | None = None
    began: int = 0


@dataclass(slots=True)
class Window:
    """Slots in the order of the log. `accepted` counts what the receiver accepted."""

    size: int
    slots: deque[Slot] = field(default_factory=deque)
    accepted: int = 0

    def add(self, slot: Slot) -> None:
        """Add a post behind all others."""
        slot.began = self.accepted
        self.slots.append(slot)

    @property
    def waiting(self) -> int:
        """How many posts are not done."""
        return sum(not slot.done for slot in self.slots)

    @property
    def has_room(self) -> bool:
        """Whether another post may be sent. Done ones behind one that is not count, too, up to four windows."""
        return self.waiting < self.size and len(self.slots) < 4 * self.size

    def pop_done(self) -> str | None:
        """The position behind the posts that are done, from the first on; None when the first is not done."""
        position = None
        while self.slots and self.slots[0].done:
            position = self.slots.popleft().position
        return position

    def outlived(self) -> list[Slot]:
        """Failed posts after whose beginning the receiver accepted another: the fault is theirs."""
        return [each for each in self.slots if each.failed and not each.done and self.accepted > each.began]

    @property
    def has_failed(self) -> bool:
        """Whether every post that is not done has failed, and there is one."""
        waiting = [slot for slot in self.slots if not slot.done]
        return bool(waiting) and all(slot.failed for slot in waiting)
