"""The fold of sites over a store in memory: its lease, what it puts aside, and how it goes on after trouble."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from mailpixel.classify import KnownAgent, Rules
from mailpixel.errors import StoreUnavailable
from mailpixel.model import Event, Verdict
from mailpixel.projections.lag import lags_ms
from mailpixel.projections.lease import Stop
from mailpixel.projections.site_fold import TURN_MS, SiteFold, SiteFoldOptions
from mailpixel.site_model import SITE_CASES
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.site_projections import SITE_FOLD, FoldedCase, VisitState
from mailpixel.work.site_folding import giving_way
from tests.support.builders import an_open, at_ms, plain_rules
from tests.support.folding import catch_up
from tests.support.shop import A_SITE
from tests.support.site_cases import SITE, a_purchase, a_step

NOW_MS, LEASE_MS = at_ms(1_000), 5_000
CASE = f"site:{SITE}"


def now() -> int:
    return NOW_MS


def a_fold(store: MemoryStore, registry: MemoryRegistry, holder: str = "one", **options: Any) -> SiteFold:
    return SiteFold(store, registry, plain_rules, holder, SiteFoldOptions(**options))


def broken(event: Event) -> Event:
    """The event with a body that nobody can read."""
    return replace(event, body="{")


def visitors(store: MemoryStore) -> Sequence[str]:
    return sorted(visit.visitor for visit in store.visits(SITE))


def test_catching_up_folds_everything_and_says_so() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([a_step(1), a_step(2), a_purchase(3), an_open(4)])
    fold = a_fold(store, registry)
    assert (fold.catch_up(now, LEASE_MS), fold.catch_up(now, LEASE_MS)) == (2, 0)
    assert registry.lease(SITE_FOLD).caught_up_at_ms == NOW_MS
    assert lags_ms(store, registry, NOW_MS, 60_000)[SITE_FOLD] == 0


def test_the_lag_is_that_of_events_of_sites() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    a_fold(store, registry).catch_up(now, LEASE_MS)
    store.append([an_open(1)])
    assert lags_ms(store, registry, NOW_MS + 100, 60_000)[SITE_FOLD] == 0
    store.append([a_step(1)])
    assert lags_ms(store, registry, NOW_MS + 100, 60_000)[SITE_FOLD] == 100


def test_of_two_folds_one_works_until_the_other_leaves() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    one, other = a_fold(store, registry), a_fold(store, registry, "other")
    store.append([a_step(1)])
    assert one.catch_up(now, LEASE_MS) == 1
    store.append([a_step(2)])
    assert other.catch_up(now, LEASE_MS) is None
    one.leave()
    assert other.catch_up(now, LEASE_MS) == 1


def test_a_clock_that_stops_the_work_loses_nothing() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([a_step(1, visitor=f"v-{number}") for number in range(5)])
    moments = iter([NOW_MS] * 5)

    def clock() -> int:
        for moment in moments:
            return moment
        raise Stop

    fold = a_fold(store, registry, part=1)
    with pytest.raises(Stop):
        fold.catch_up(clock, LEASE_MS)
    assert len(visitors(store)) < 5
    fold.catch_up(now, LEASE_MS)
    assert visitors(store) == [f"v-{number}" for number in range(5)]


def test_a_call_ends_after_its_turn_and_others_get_theirs_between_parts() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([a_step(1, visitor=f"v-{number}") for number in range(7)])
    given: list[int] = []
    fold = a_fold(store, registry, part=2, news=4, between=lambda: given.append(len(visitors(store))))
    times = iter([NOW_MS, NOW_MS, NOW_MS, NOW_MS, NOW_MS, *[NOW_MS + TURN_MS + 1] * 9])
    assert fold.catch_up(lambda: next(times), LEASE_MS * 10) == 4
    assert (len(visitors(store)), given) == (4, [2, 4])


def test_a_case_that_cannot_be_folded_is_put_aside_and_all_others_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([broken(a_step(1, visitor="bad")), a_step(1, visitor="good"), broken(a_purchase(2))])
    with caplog.at_level(logging.ERROR):
        assert a_fold(store, registry).catch_up(now, LEASE_MS) == 3
    assert visitors(store) == ["good"]
    assert store.site_cases_aside() == [
        PutAside(f"order:{SITE}", "A-1", "DecodeError"),
        PutAside(CASE, "bad", "DecodeError"),
    ]
    assert store.count_cases_aside() == 2
    assert sorted(record.getMessage() for record in caplog.records) == [
        "a case of 'order:shop' cannot be folded (DecodeError) and is put aside",
        "a case of 'site:shop' cannot be folded (DecodeError) and is put aside",
    ]


def test_what_was_put_aside_is_tried_again_by_a_new_fold_and_after_new_rules() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([a_step(1, visitor="good")])
    fold = a_fold(store, registry)
    fold.catch_up(now, LEASE_MS)
    since = store.consumer(SITE_FOLD, cases=SITE_CASES).news(0).since
    aside = PutAside(CASE, "good", "SomeError")
    store.save_site([aside], News(since, since, ()))
    fold.catch_up(now, LEASE_MS)
    assert store.site_cases_aside() == [aside]
    fold.rules_changed()
    fold.catch_up(now, LEASE_MS)
    assert store.site_cases_aside() == []


class Choosy(MemoryStore):
    """A store that cannot save one visitor."""

    def save_site(self, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
        """See `SiteProjections`."""
        if any(isinstance(each, VisitState) and each.visit.visitor == "v-3" for each in folded):
            raise ValueError("cannot be saved")
        super().save_site(folded, news, again=again)


def test_what_the_store_cannot_take_is_found_and_put_aside() -> None:
    store, registry = Choosy(), MemoryRegistry()
    store.append([a_step(1, visitor=f"v-{number}") for number in range(7)])
    assert a_fold(store, registry).catch_up(now, LEASE_MS) == 7
    assert visitors(store) == [f"v-{number}" for number in range(7) if number != 3]
    assert store.site_cases_aside() == [PutAside(CASE, "v-3", "ValueError")]
    assert store.consumer(SITE_FOLD, cases=SITE_CASES).waiting().events == 0


class Down(MemoryStore):
    """A store that is down."""

    def save_site(self, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
        """See `SiteProjections`."""
        raise StoreUnavailable("it is down")


def test_a_store_that_is_down_puts_nothing_aside() -> None:
    store, registry = Down(), MemoryRegistry()
    store.append([a_step(1)])
    with pytest.raises(StoreUnavailable):
        a_fold(store, registry).catch_up(now, LEASE_MS)
    assert store.site_cases_aside() == []
    assert store.consumer(SITE_FOLD, cases=SITE_CASES).waiting().events == 1


def test_the_rules_in_force_judge() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    store.append([a_step(1, visitor="one")])
    rules = [Rules()]
    fold = SiteFold(store, registry, lambda: rules[0], "one")
    fold.catch_up(now, LEASE_MS)
    rules[0] = Rules(agents=(KnownAgent("chrome/151", Verdict.BOT),))
    store.append([a_step(2, visitor="two")])
    fold.catch_up(now, LEASE_MS)
    assert {visit.visitor: str(visit.verdict) for visit in store.visits(SITE)} == {
        "one": "human",
        "two": "bot",
    }


def test_a_referrer_among_the_hosts_of_the_site_led_nobody_there() -> None:
    store, registry = MemoryStore(), MemoryRegistry()
    registry.add_site(A_SITE)
    store.append(
        [
            a_step(1, visitor="own", url="https://pay.shop.example/x", referrer="https://www.shop.example"),
            a_step(1, visitor="searched", referrer="https://www.google.com"),
        ]
    )
    a_fold(store, registry).catch_up(now, LEASE_MS)
    assert {visit.visitor: visit.channel for visit in store.visits(SITE)} == {
        "own": "direct",
        "searched": "search",
    }


def test_a_fold_of_sites_gives_way_until_mail_is_folded() -> None:
    store = MemoryStore()
    give_way = giving_way(store)
    give_way()
    store.append([an_open(1)])
    waits = threading.Thread(target=give_way)
    waits.start()
    catch_up(store)
    waits.join(60)
    assert not waits.is_alive()
