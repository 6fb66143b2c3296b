"""Repeats erasures in a database that was restored from before them, by the list beside the key file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailpixel.folder.suppressed import read_suppressed
from mailpixel.privacy.erasure import Erasing, Outcome, erase_people
from mailpixel.store.erasure import Erasure, Suppression


@dataclass(frozen=True, slots=True)
class Replayed:
    """What was repeated: for how many entries of the list, and the erasure of those of whom something was stored."""

    entries: int
    outcome: Outcome | None = None


def behind(store: Erasure, listed: Path) -> Sequence[Suppression]:
    """The entries of the list that the database does not know, or knows as they were before."""
    entries = read_suppressed(listed, store.person_secret())
    known = {each.person8: each for each in store.suppressions()} if entries else {}
    return [each for key, each in entries.items() if each.is_news_to(known.get(key))]


def replay_erasures(erasing: Erasing) -> Replayed:
    """Erase again whoever the list names. Who returned since is erased up to then, and counted from now on.

    Raises `StoreUnavailable` when the list cannot be read.
    """
    entries = behind(erasing.store, erasing.listed)
    if not entries:
        return Replayed(0)
    known = {each.person8: each for each in erasing.store.suppressions()}
    erased = [
        each.person8
        for each in entries
        if each.person8 not in known or each.at_ms > known[each.person8].at_ms
    ]
    people = erasing.store.people_of(erased)
    outcome = erase_people(erasing, people) if people else None
    erasing.store.take_suppressions(entries)
    return Replayed(len(entries), outcome)
