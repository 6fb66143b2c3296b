"""What the registry offers for erasures: which are not finished, and which workers know whom to leave out.

One contract suite (`tests/integration/test_erasures_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ErasureState(StrEnum):
    """How far an erasure is."""

    ASKED = "asked"
    """These people are left out from now on; what is stored of them is not all deleted."""
    ERASED = "erased"
    """Everything is deleted; bytes of it may remain in files."""
    DONE = "done"
    """No file holds anything of these people."""


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """An erasure of one or more people. Nothing in it says who they are. Moments are milliseconds since 1970.

    It counts what was deleted, the statements on consent that are kept as proof, the files that were searched
    afterwards, and the places in them where something was found. `visits` and `orders` are those of web sites; their
    events are among the `events`.
    """

    id: str
    asked_at_ms: int
    people: int
    state: ErasureState = ErasureState.ASKED
    done_at_ms: int | None = None
    events: int = 0
    states: int = 0
    letters: int = 0
    consents_kept: int = 0
    files_scanned: int = 0
    bytes_found: int = 0
    visits: int = 0
    orders: int = 0


class Erasures(Protocol):
    """The erasures that were asked for."""

    def begin_erasure(self, erasure: ErasureRecord, recipients: Sequence[str]) -> None:
        """Note an erasure, and whom to erase, until it is no longer `ASKED`."""
        ...

    def erasing(self, id: str) -> Sequence[str]:
        """The people of an erasure that is `ASKED`, in order of their ids; none of any other."""
        ...

    def note_erasure(self, erasure: ErasureRecord) -> None:
        """Replace what is noted of an erasure. Its people are forgotten when it is no longer `ASKED`."""
        ...

    def erasure(self, id: str) -> ErasureRecord:
        """One erasure. Raises `NotFound`."""
        ...

    def unfinished_erasures(self) -> Sequence[ErasureRecord]:
        """The erasures that are not `DONE`, the first one first."""
        ...

    def forget_people(self, recipients: Sequence[str]) -> int:
        """Delete what the registry holds of these people. Returns how many letters it had of them.

        Their consent is not touched: `note_erased` takes their ids out of it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that answers hits: its id, the revision of the registry it knows, and when it last said so."""

    id: str
    revision: int
    at_ms: int


class Workers(Protocol):
    """The processes that answer hits."""

    def note_worker(self, worker: Worker) -> None:
        """Note what a process knows. It may be lost in a power cut."""
        ...

    def workers(self) -> Sequence[Worker]:
        """What the processes know, in order of their ids."""
        ...

    def forget_worker(self, id: str) -> None:
        """Forget a process that has ended. Nothing happens when it is not known."""
        ...
