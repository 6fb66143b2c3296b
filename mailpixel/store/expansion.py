"""What a store offers to whoever moves spooled hits into the log: exactly once, by cursors moved with the events.

One contract suite (`tests/integration/test_expansion_contract.py`) runs on every store.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from mailpixel.model import Event
from mailpixel.store.log import Overflow


class SpoolCursor(NamedTuple):
    """How far the files of one writer were moved into the log: the number of a file, and a position in it in bytes."""

    number: int = 0
    position: int = 0


BEGINNING = SpoolCursor()
"""The cursor of a writer that is not known."""


class CursorMove(NamedTuple):
    """The cursor of a writer (`edge`) moves from where it must be now to where it is then."""

    edge: str
    since: SpoolCursor
    until: SpoolCursor


class Expansion(NamedTuple):
    """What moves into the log together with cursors.

    `evidence` are hits with a broken signature, which are logged only where their message has events.
    """

    moves: Sequence[CursorMove]
    events: Sequence[Event] = ()
    evidence: Sequence[Event] = ()
    overflow: Sequence[Overflow] = ()


class Expansions(Protocol):
    """Takes spooled hits."""

    def expand(self, expansion: Expansion) -> bool:
        """Log the events and move the cursors, in one transaction that is durable on return.

        The events are checked and kept out as by `append`, and the others as by `append_evidence` and
        `raise_overflow`. Returns False, and changes nothing, when a cursor is not where a move begins: then another
        process moved it. Raises what `append` raises.
        """
        ...

    def spool_cursors(self) -> Mapping[str, SpoolCursor]:
        """The cursors, by the `edge` of the writer."""
        ...

    def forget_spool_cursors(self, edges: Collection[str]) -> None:
        """Forget the cursors of writers whose files are all gone. This may be lost in a power cut."""
        ...
