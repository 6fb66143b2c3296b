"""What a registry promises for erasures that are not finished, and for the workers that must know of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.errors import NotFound
from mailpixel.store.campaigns import Sighting
from mailpixel.store.erasures import ErasureRecord, ErasureState, Worker
from mailpixel.store.registry import Registry
from mailpixel.store.webhooks import Letter, Webhook
from tests.support.builders import a_campaign
from tests.support.stores import REGISTRIES, a_registry

ASKED = ErasureRecord("e-1", 1_000, 2)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def test_who_is_to_be_erased_is_known_until_everything_is_deleted(registry: Registry) -> None:
    registry.begin_erasure(ASKED, ["r-2", "r-1"])
    assert (registry.erasing("e-1"), registry.erasure("e-1")) == (["r-1", "r-2"], ASKED)
    counted = replace(ASKED, events=3)
    registry.note_erasure(counted)
    assert (list(registry.erasing("e-1")), registry.erasure("e-1")) == (["r-1", "r-2"], counted)
    erased = replace(counted, state=ErasureState.ERASED)
    registry.note_erasure(erased)
    assert (list(registry.erasing("e-1")), registry.unfinished_erasures()) == ([], [erased])


def test_erasures_are_unfinished_until_they_are_done_the_first_one_first(registry: Registry) -> None:
    later = ErasureRecord("e-0", 2_000, 1)
    for each in (later, ASKED):
        registry.begin_erasure(each, ["r-1"])
    assert registry.unfinished_erasures() == [ASKED, later]
    done = replace(ASKED, state=ErasureState.DONE, done_at_ms=3_000, files_scanned=4)
    registry.note_erasure(done)
    assert (registry.unfinished_erasures(), registry.erasure("e-1")) == ([later], done)


def test_an_unknown_erasure_is_not_found(registry: Registry) -> None:
    assert list(registry.erasing("e-9")) == []
    with pytest.raises(NotFound, match="'e-9'"):
        registry.erasure("e-9")


def test_forgetting_people_deletes_their_letters_and_all_sightings(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    registry.add_webhook(Webhook("crm", "https://crm.example/", ("opened",), 1))
    letters = [Letter("crm", bytes([n]) * 16, "spring", f"r-{n}", 1, 1) for n in (1, 2, 3)]
    registry.put_letters(letters)
    seen = Sighting("https://shop.example/1", 1, b"a mark", b"r1")
    registry.meet_links("spring", [seen])
    assert registry.forget_people(["r-1", "r-3", "r-9"]) == 2
    assert registry.letters("crm") == [letters[1]]
    assert registry.meet_links("spring", [replace(seen, reader=b"r2")]) == {}


def test_workers_are_known_by_what_they_said_last(registry: Registry) -> None:
    for worker in (Worker("w-2", 1, 10), Worker("w-1", 4, 10), Worker("w-2", 5, 20)):
        registry.note_worker(worker)
    assert registry.workers() == [Worker("w-1", 4, 10), Worker("w-2", 5, 20)]
    registry.forget_worker("w-1")
    registry.forget_worker("w-9")
    assert registry.workers() == [Worker("w-2", 5, 20)]
