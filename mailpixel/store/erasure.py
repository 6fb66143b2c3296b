"""What a store offers for erasing a person.

One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Ahead:
    """Erasures noted by a clock that was more than a day ahead.

    `people` counts them. From the moment `until_ms`, the last of these people is counted again (-1 without any).
    """

    people: int = 0
    until_ms: int = -1


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure deleted: of how many people it was asked, and the events and states that were theirs.

    `events` are those of messages, visits and orders; `visits` and `orders` count cases of which there was anything.
    """

    people: int = 0
    events: int = 0
    states: int = 0
    visits: int = 0
    orders: int = 0


Case = tuple[str, str]
"""The two texts that name a visit or an order in the log, such as `site:shop` and the key of its visitor."""


class TheirCases(NamedTuple):
    """The visits and orders of people, to be deleted as a whole, and what their browsers reported of others' orders.

    Each of `reports` names an order in the log and a visitor: its reports by this visitor go, and the others stay.
    """

    whole: Sequence[Case] = ()
    reports: Sequence[tuple[Case, str]] = ()


NO_CASES = TheirCases()


@dataclass(frozen=True, slots=True)
class Scanned:
    """How many files were searched, and the places where something was found: tables, or names of files."""

    files: int
    found: tuple[str, ...] = ()


class Suppression(NamedTuple):
    """A tombstone: `person8` of a person, the moment up to which they stay out, and when that was lifted (-1: not)."""

    person8: bytes
    at_ms: int
    lifted_ms: int = -1

    def is_news_to(self, known: "Suppression | None") -> bool:
        """Whether this is of a later erasure than what is known, or says that the same one was lifted."""
        return known is None or (self.at_ms, self.lifted_ms) > (known.at_ms, known.lifted_ms)


class Erasure(Protocol):
    """Hides a person at once, and overwrites what files still hold of them."""

    def erase_all(self, recipients: Sequence[str], now_ms: int, cases: TheirCases = NO_CASES) -> Erased:
        """Erase several people in one transaction, each as `erase` does. A hundred at a time is a good number.

        `cases` are their visits and orders: events and what was folded of them go, too. A visit or order is theirs only
        where it is named here, whatever its id looks like. An order that lost only reports is news for the fold again.
        """
        ...

    def erase(self, recipient: str, now_ms: int) -> int:
        """Delete everything stored about a person and correct the counters. Returns the number of events deleted.

        What was received up to `now_ms` stays out for good, however late it arrives: by a retry, a spool, a
        late commit of another worker, or a state that was folded before. What is received later counts. Where
        a clock was ahead, the moment of the last deleted event takes the place of `now_ms`, up to a day
        ahead. Hits past the cap stay out for the whole day. A moment
        that an earlier erasure took from a clock far ahead gives way to `now_ms`.
        Whoever returned after `now_ms` loses everything, too, but is not left out again.

        From here on nothing of the person can be read. `sweep` overwrites what the files still hold.
        Opt-outs stay: they are in the registry.
        """
        ...

    def forget_campaign(self, campaign: str) -> int:
        """Delete all events, states and counts of a campaign. Returns the number of events deleted.

        For a demonstration, which was sent to nobody. The registry keeps the campaign, and events that
        arrive later count.
        """
        ...

    def erased_ahead(self, now_ms: int) -> Ahead:
        """The erasures whose moment is still more than a day ahead."""
        ...

    def traces(self) -> Sequence[str]:
        """What the next sweep looks for: ids of erased people, and addresses and destinations that nobody else has."""
        ...

    def overwrites(self) -> bool:
        """Whether what is deleted is overwritten, not only unlinked. The connection that deletes is asked."""
        ...

    def sweep(self) -> None:
        """Overwrite deleted data that is still in files, and remove agents that no event uses any more.

        Raises `ErasureUnfinished` when traces are left; call it again then.
        """
        ...

    def scan(self, texts: Sequence[str]) -> Scanned:
        """Search all files of the store for these texts."""
        ...

    def person_secret(self) -> bytes:
        """The key of the tombstones. It never changes."""
        ...

    def suppressions(self) -> Sequence[Suppression]:
        """All tombstones, in order of `person8`."""
        ...

    def take_suppressions(self, entries: Sequence[Suppression]) -> None:
        """Add these tombstones. Of two for a person the later moment stays; who returned is not left out any more."""
        ...

    def suppressions_version(self) -> str:
        """A text that differs whenever the tombstones differ. Cheap."""
        ...

    def people_of(self, persons: Collection[bytes]) -> Sequence[str]:
        """The ids of these people (by `person8`) of whom something is stored, in order.

        It reads all states and events.
        """
        ...
