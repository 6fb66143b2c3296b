"""Who is erased moves from those recorded by name to those erased, in the counts of their campaigns; on both stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.folder.opening import begin
from mailpixel.model import Facts
from mailpixel.modes import OFF, Mode, Modes, Treatment, Untracked, both
from mailpixel.report.signed_people import signed_people
from mailpixel.report.summary import RecipientCounts, summarise
from mailpixel.settings import Settings
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from tests.support.api import PERSON
from tests.support.builders import a_campaign, a_click, an_open, at_ms

NAMED = Treatment(both(Mode.INDIVIDUAL))
LINKS_ALONE = Treatment(Modes(Mode.AGGREGATE, Mode.INDIVIDUAL), Untracked.REFUSED, None)
NOBODY = Treatment(OFF, Untracked.UNKNOWN, Untracked.UNKNOWN)

Stores = tuple[Store, Registry]


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    if request.param == "memory":
        registry = MemoryRegistry()
        pair: Stores = MemoryStore(registry), registry
    else:
        pair = begin(Settings(data=tmp_path / "data"))[:2]
    yield pair
    for each in reversed(pair):
        each.close()


def people(stores: Stores) -> RecipientCounts:
    store, registry = stores
    signed = signed_people(registry.signings("spring"))
    return summarise(a_campaign(sent=100), store.figures("spring", 0, 0), "r", signed).recipients


def test_an_erased_person_moves_from_tracked_to_erased(stores: Stores) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(sent=100))
    registry.note_signings("spring", "list", {NAMED: 60, LINKS_ALONE: 30, NOBODY: 10}, replace=True)
    store.append(
        [
            an_open(60, recipient="r-1", facts=PERSON),
            a_click(90, recipient="r-2", facts=PERSON | Facts.OPENS_UNSEEN),
        ]
    )
    before = people(stores)
    assert (before.tracked_opens, before.tracked_clicks, before.untracked) == (60, 90, 40)
    store.erase_all(["r-1"], at_ms(200))
    found = people(stores)
    assert (found.tracked_opens, found.tracked_clicks) == (59, 89)
    assert found.untracked_by == {"mode": 0, "refused": 30, "unknown": 10, "erased": 1}
    store.erase_all(["r-2", "r-1", "nobody"], at_ms(300))
    found = people(stores)
    assert (found.tracked_opens, found.tracked_clicks) == (59, 88)
    assert found.untracked_by == {"mode": 0, "refused": 29, "unknown": 10, "erased": 2}


def test_signing_the_list_again_counts_nobody_twice(stores: Stores) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(sent=100))
    registry.note_signings("spring", "list", {NAMED: 100}, replace=True)
    store.append([an_open(60, recipient="r-1", facts=PERSON)])
    store.erase_all(["r-1"], at_ms(200))
    gone = Treatment(OFF, Untracked.ERASED, Untracked.ERASED)
    registry.note_signings("spring", "list", {NAMED: 99, gone: 1}, replace=True)
    assert (people(stores).tracked, people(stores).untracked) == (99, 1)


def test_without_counts_of_signers_an_erasure_makes_none(stores: Stores) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(sent=100))
    store.append([an_open(60, recipient="r-1", facts=PERSON)])
    store.erase_all(["r-1"], at_ms(200))
    assert (registry.signings("spring"), people(stores).untracked_by) == ([], None)
