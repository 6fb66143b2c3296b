"""How far counting is behind, as readiness and `doctor` say it."""

import pytest

from mailpixel.projections.lag import fold_lag_ms, lags_ms
from mailpixel.store.consumers import SITE
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.projections import FOLD
from tests.support.builders import a_campaign, a_step, an_open, at_ms

NOW_MS = at_ms(1_000)
ALIVE_MS = 60_000


def lag_ms(store: MemoryStore, caught_up_ms: int, stale: bool = False) -> int | None:
    """The lag of a log whose fold last noted at this moment that nothing was left."""
    registry = MemoryRegistry()
    registry.take_lease(FOLD, "one", caught_up_ms, 500)
    registry.caught_up(FOLD, "one", caught_up_ms)
    if stale:
        registry.add_campaign(a_campaign())
    return fold_lag_ms(store, registry, NOW_MS, ALIVE_MS)


def waiting(*seconds: float) -> MemoryStore:
    store = MemoryStore()
    store.append([an_open(second) for second in seconds])
    return store


def test_a_fold_that_never_looked_or_looked_in_the_future_proves_nothing() -> None:
    assert fold_lag_ms(MemoryStore(), MemoryRegistry(), NOW_MS, ALIVE_MS) is None
    assert lag_ms(MemoryStore(), NOW_MS + 1_001) is None
    assert lag_ms(waiting(999), NOW_MS + 10**12) is None


def test_a_clock_set_back_by_a_moment_changes_nothing() -> None:
    assert lag_ms(MemoryStore(), NOW_MS + 1_000) == 0


@pytest.mark.parametrize(("looked_ms_ago", "lag"), [(0, 0), (ALIVE_MS, 0), (ALIVE_MS + 1, ALIVE_MS + 1)])
def test_when_nothing_waits_the_fold_is_behind_only_if_it_no_longer_looks(
    looked_ms_ago: int, lag: int
) -> None:
    assert lag_ms(MemoryStore(), NOW_MS - looked_ms_ago) == lag


def test_the_lag_is_since_the_first_event_that_waits_or_since_the_last_look() -> None:
    assert lag_ms(waiting(990, 995), NOW_MS - 20_000) == 10_000
    assert lag_ms(waiting(-86_400), NOW_MS - 20_000) == 20_000  # a delivery reported late


def test_an_event_of_the_future_does_not_hide_the_lag() -> None:
    assert lag_ms(waiting(10**8), NOW_MS - 90_000) == 90_000


def test_a_campaign_that_waits_to_be_judged_again_is_waited_for_since_the_last_look() -> None:
    assert lag_ms(MemoryStore(), NOW_MS - 20_000, stale=True) == 20_000


def test_each_consumer_that_ever_ran_has_a_lag_of_its_own_by_its_name() -> None:
    store, registry = waiting(990), MemoryRegistry()
    for name, caught_up_ms in (("hooks", NOW_MS - 20_000), ("hooks 1/2", NOW_MS), ("spool", NOW_MS + 10**9)):
        registry.take_lease(name, "one", caught_up_ms, 500)
        registry.caught_up(name, "one", caught_up_ms)
    registry.take_lease("new", "one", NOW_MS, 500)
    store.consumer("hooks 1/2").done(store.consumer("hooks 1/2").news(10).position)
    registry.add_campaign(a_campaign())
    assert lags_ms(store, registry, NOW_MS, ALIVE_MS) == {
        "fold": None,
        "hooks": 10_000,
        "hooks 1/2": 0,
        "new": None,
        "spool": None,
    }


def test_mail_does_not_wait_for_sites_nor_sites_for_mail() -> None:
    store, registry = waiting(), MemoryRegistry()
    for name in (FOLD, SITE):
        registry.take_lease(name, "one", at_ms(900), 500)
        registry.caught_up(name, "one", at_ms(900))
    store.append([a_step(990)])
    assert lags_ms(store, registry, NOW_MS, 200_000) == {FOLD: 0, SITE: 10_000}
    store.append([an_open(995)])
    assert lags_ms(store, registry, NOW_MS, 200_000) == {FOLD: 5_000, SITE: 10_000}
