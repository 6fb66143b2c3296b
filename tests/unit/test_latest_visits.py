"""From when on visits are read, so that at most some are: exact to a second, over days and inside of one."""

import pytest

from mailpixel.measure.evidence import gather
from mailpixel.measure.latest import begin_of_latest
from mailpixel.store.memory import MemoryStore
from tests.support.builders import at_ms
from tests.support.shop import A_SITE, Shop
from tests.support.site_cases import SITE, a_step

DAY_S = 86_400
MOMENTS = [*(10 * number for number in range(6)), *(DAY_S + 10 * number for number in range(4))]


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    made = MemoryStore()
    Shop(made).receive([a_step(at, visitor=f"v-{at}") for at in MOMENTS])
    return made


@pytest.mark.parametrize("most", [1, 3, 4, 5, 9, 10, 11])
def test_at_most_so_many_are_left_and_they_are_the_latest(store: MemoryStore, most: int) -> None:
    begin_ms, total = begin_of_latest(store, A_SITE, at_ms(0), at_ms(2 * DAY_S), most)
    left = [visit.first_ms for visit in store.visits(SITE, begin_ms)]
    assert total == len(MOMENTS)
    assert left == [at_ms(at) for at in MOMENTS[-most:]]


def test_evidence_of_a_small_site_is_of_all_its_visits(store: MemoryStore) -> None:
    found = gather(store, A_SITE, at_ms(0), at_ms(2 * DAY_S))
    assert (found.known, found.visits, found.fully_read, found.from_ms) == (10, 10, 10, at_ms(0))
