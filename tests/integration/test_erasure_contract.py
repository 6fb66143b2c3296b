"""What an erasure promises in every store: hidden at once, out for good what was received before, counted what comes
after."""

from pathlib import Path

import pytest

from mailpixel.errors import Conflict
from mailpixel.event_ids import reported_event
from mailpixel.kinds import EventKind
from mailpixel.model import Facts
from mailpixel.store.consumers import News, Waiting
from mailpixel.store.erasure import Ahead, Erased, Suppression
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.memory import MemoryStore
from mailpixel.store.projections import FOLD
from mailpixel.store.store import Store
from mailpixel.store.tombstones import person8
from mailpixel.times import DAY_MS
from tests.support.builders import EDGE, a_click, an_open, at_ms
from tests.support.folding import NOW_MS, catch_up, fold, logged, totals

ERASED_MS = at_ms(100)


def test_erasing_a_person_leaves_what_would_be_there_without_them(store: Store, tmp_path: Path) -> None:
    others = [an_open(1, recipient="r-2"), a_click(2, recipient="r-2", campaign="autumn")]
    store.append([an_open(3), a_click(4), an_open(5, campaign="autumn"), *others])
    store.raise_overflow([Overflow("spring", "r-1", 1, EDGE, 5), Overflow("spring", "r-2", 1, EDGE, 7)])
    catch_up(store)
    assert store.erase("r-1", NOW_MS) == 3
    alone = MemoryStore()
    alone.append(others)
    alone.raise_overflow([Overflow("spring", "r-2", 1, EDGE, 7)])
    catch_up(alone)
    for campaign in ("autumn", "spring"):
        assert store.figures(campaign, NOW_MS, 0) == alone.figures(campaign, NOW_MS, 0)
        assert store.timeline(campaign) == alone.timeline(campaign)
        assert store.recipients(campaign, "", 10) == alone.recipients(campaign, "", 10)
        assert logged(store, campaign) == logged(alone, campaign)
    assert store.erase("r-1", NOW_MS) == 0


def test_forgetting_a_campaign_leaves_what_would_be_there_without_it(store: Store) -> None:
    others = [an_open(1, campaign="autumn"), a_click(2, recipient="r-2", campaign="autumn")]
    store.append([an_open(3), a_click(4), an_open(5, recipient="r-3"), *others])
    store.raise_overflow([Overflow("spring", "r-1", 1, EDGE, 5), Overflow("autumn", "r-2", 1, EDGE, 7)])
    catch_up(store)
    assert store.forget_campaign("spring") == 3
    alone = MemoryStore()
    alone.append(others)
    alone.raise_overflow([Overflow("autumn", "r-2", 1, EDGE, 7)])
    catch_up(alone)
    for campaign in ("autumn", "spring"):
        assert store.figures(campaign, NOW_MS, 0) == alone.figures(campaign, NOW_MS, 0)
        assert store.timeline(campaign) == alone.timeline(campaign)
        assert store.recipients(campaign, "", 10) == alone.recipients(campaign, "", 10)
        assert logged(store, campaign) == logged(alone, campaign)
    assert [message.campaign for message in store.person("r-1")] == ["autumn"]
    assert store.forget_campaign("spring") == 0


def test_a_campaign_counts_again_after_it_was_forgotten(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    store.forget_campaign("spring")
    store.append([an_open(2, recipient="r-2")])
    catch_up(store)
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["r-2"]
    assert totals(store)["opens.human"] == 1


def test_a_campaign_forgotten_while_being_folded_stays_forgotten(store: Store) -> None:
    store.append([an_open(1)])
    news = store.consumer(FOLD).news(10)
    store.forget_campaign("spring")
    with pytest.raises(Conflict):
        store.save([fold(message) for message in news.messages], news)
    catch_up(store)
    assert (store.recipients("spring", "", 10), totals(store)) == ([], {})


def test_a_person_erased_while_being_folded_stays_erased(store: Store) -> None:
    store.append([an_open(1)])
    news = store.consumer(FOLD).news(10)
    store.erase("r-1", NOW_MS)
    with pytest.raises(Conflict):
        store.save([fold(message) for message in news.messages], news)
    catch_up(store)
    assert (store.recipients("spring", "", 10), totals(store)) == ([], {})


def test_what_was_folded_without_knowing_of_an_erasure_is_invisible_whenever_it_is_saved(
    store: Store,
) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    slow = [fold(message) for message in store.consumer(FOLD).news(10).messages]
    store.erase("r-1", ERASED_MS)
    aside = [PutAside("spring", name, "KeyError") for name in ("r-1", "r-2")]
    for folded in (slow, aside):
        store.save(folded, News(store.cursor(), store.cursor(), ()))
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["r-2"]
    assert store.put_aside() == aside[1:]


def test_what_is_folded_after_an_erasure_is_saved(store: Store) -> None:
    store.erase("r-1", ERASED_MS)
    after = an_open(200)
    store.append([after])
    position = store.cursor()
    aside = PutAside("spring", "r-1", "KeyError")
    store.save([aside], News(position, position, ()))
    assert store.put_aside() == [aside]
    store.save([fold(store.message("spring", "r-1"))], News(position, position, ()))
    assert (store.put_aside(), totals(store)["opens.human"]) == ([], 1)


def test_nothing_waits_of_a_person_erased_before_they_were_folded(store: Store) -> None:
    store.append([an_open(5)])
    catch_up(store)
    store.append([an_open(6, recipient="r-2")])
    store.erase("r-2", NOW_MS)
    assert store.consumer(FOLD).waiting() == Waiting()


def test_nothing_of_an_erased_person_stays_put_aside(store: Store) -> None:
    aside = [
        PutAside(campaign, name, "KeyError")
        for campaign, name in (("spring", "r-1"), ("spring", "r-2"), ("winter", "r-1"))
    ]
    store.save(aside, News(store.cursor(), store.cursor(), ()))
    store.erase("r-1", NOW_MS)
    assert store.put_aside() == [PutAside("spring", "r-2", "KeyError")]


def test_what_was_received_before_an_erasure_stays_out_however_late_it_arrives(store: Store) -> None:
    event, theirs = an_open(1), an_open(2, recipient="r-2")
    store.append([event, theirs])
    catch_up(store)
    assert store.erase("r-1", ERASED_MS) == 1
    retried, late, last = event, a_click(50, campaign="autumn"), an_open(100)
    for group in ([retried], [late, an_open(3, recipient="r-2")], [last], [retried, late, last]):
        store.append(group)
    catch_up(store)
    assert (list(store.person("r-1")), store.campaigns()) == ([], ["spring"])
    assert totals(store)["opens.events"] == 2


def test_what_is_received_after_an_erasure_counts_and_is_found(store: Store) -> None:
    store.append([an_open(1)])
    store.erase("r-1", ERASED_MS)
    after = an_open(100.001)
    store.append([an_open(99), after])
    catch_up(store)
    assert (logged(store), totals(store)["opens.events"]) == ([after], 1)
    assert [message.campaign for message in store.person("r-1")] == ["spring"]
    assert store.erase("r-1", at_ms(200)) == 1
    store.append([after])
    assert logged(store) == []


def test_somebody_of_whom_nothing_is_stored_yet_can_be_erased(store: Store) -> None:
    assert store.erase("r-1", ERASED_MS) == 0
    store.append([an_open(1, agent="never seen before/1.0"), an_open(2, recipient="r-2")])
    assert [event.recipient for event in logged(store)] == ["r-2"]


def test_an_earlier_moment_takes_nothing_back_from_an_erasure(store: Store) -> None:
    store.erase("r-1", ERASED_MS)
    store.erase("r-1", at_ms(10))
    store.append([an_open(50)])
    assert logged(store) == []


def test_an_event_of_a_clock_that_was_ahead_stays_out_too(store: Store) -> None:
    ahead = an_open(160)
    store.append([ahead])
    assert store.erase("r-1", ERASED_MS) == 1
    store.append([ahead])
    assert logged(store) == []


def test_a_clock_far_ahead_keeps_nobody_out_for_years(store: Store) -> None:
    day_s = DAY_MS // 1000
    store.append([an_open(1_000 * day_s)])
    assert store.erase("r-1", ERASED_MS) == 1
    after = an_open(100 + day_s + 1)
    store.append([an_open(100 + day_s), after])
    assert logged(store) == [after]


def test_a_delivery_of_before_that_is_reported_after_an_erasure_stays_out(store: Store) -> None:
    store.erase("r-1", ERASED_MS)
    store.append([reported_event(EventKind.DELIVERY, "spring", "r-1", at_ms(5))])
    assert logged(store) == []


def test_a_broken_signature_of_before_stays_out_after_an_erasure(store: Store) -> None:
    store.append([an_open(1)])
    store.erase("r-1", ERASED_MS)
    store.append([an_open(200)])
    forged = [a_click(second, facts=Facts.FORGED) for second in (50, 300)]
    store.append_evidence(forged)
    assert [event.received_at_ms for event in logged(store)] == [at_ms(200), at_ms(300)]


def test_hits_past_the_cap_stay_out_for_the_whole_day_of_an_erasure(store: Store) -> None:
    day = ERASED_MS // DAY_MS
    store.erase("r-1", ERASED_MS)
    store.raise_overflow([Overflow("spring", "r-1", day + n, EDGE, 10**n) for n in (0, 1)])
    store.raise_overflow([Overflow("spring", "r-2", day, EDGE, 100)])
    assert store.figures("spring", NOW_MS, 0).overflow == 110


def test_sweeping_without_an_erasure_changes_nothing(store: Store) -> None:
    store.append([an_open(1)])
    store.sweep()
    store.erase("r-2", ERASED_MS)
    store.sweep()
    assert len(logged(store)) == 1


def test_a_tombstone_does_not_hold_the_recipient(store: Store, tmp_path: Path) -> None:
    store.append([an_open(1, recipient="person-4711")])
    store.erase("person-4711", ERASED_MS)
    store.sweep()
    store.append([an_open(2, recipient="person-4711")])
    assert store.campaigns() == []
    assert b"person-4711" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_erasing_again_ends_the_silence_that_a_clock_ahead_began(store: Store) -> None:
    ahead_ms, right_ms = ERASED_MS + 365 * DAY_MS, at_ms(200)
    assert store.erased_ahead(ERASED_MS) == Ahead()
    store.erase("r-1", ahead_ms)
    assert store.erased_ahead(ERASED_MS) == Ahead(1, ahead_ms)
    store.append([an_open(150), an_open(160, recipient="r-2")])
    assert not store.message("spring", "r-1").events
    store.erase("r-1", right_ms)
    assert store.erased_ahead(right_ms) == Ahead()
    late, after = an_open(190), an_open(210)
    store.append([late, after])
    assert list(store.message("spring", "r-1").events) == [after]


def test_a_clock_behind_brings_back_nothing_that_an_erasure_keeps_out(store: Store) -> None:
    store.append([an_open(1, recipient="r-2")])
    store.erase("r-1", ERASED_MS)
    store.erase("r-1", ERASED_MS - 30 * DAY_MS)
    store.append([an_open(99), an_open(101)])
    assert [event.received_at_ms for event in store.message("spring", "r-1").events] == [at_ms(101)]


def test_several_people_are_erased_as_each_alone(store: Store) -> None:
    store.append([an_open(1), a_click(2, recipient="r-2"), an_open(3, recipient="r-3")])
    catch_up(store)
    assert store.erase_all(["r-1", "r-2", "r-9"], ERASED_MS) == Erased(3, 2, 2)
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["r-3"]
    assert totals(store)["opens.human"] == 1
    store.append([an_open(50), an_open(60, recipient="r-2"), an_open(70, recipient="r-9")])
    assert [event.recipient for event in logged(store)] == ["r-3"]


def test_tombstones_can_be_listed_and_taken_over(store: Store) -> None:
    before = store.suppressions_version()
    store.erase_all(["r-1", "r-2"], ERASED_MS)
    secret = store.person_secret()
    expected = sorted(Suppression(person8(secret, id), ERASED_MS) for id in ("r-1", "r-2"))
    assert list(store.suppressions()) == expected
    assert store.suppressions_version() != before
    later = Suppression(person8(secret, "r-1"), ERASED_MS + 5)
    store.take_suppressions([later, Suppression(person8(secret, "r-2"), 5)])
    store.take_suppressions([Suppression(person8(secret, "r-3"), ERASED_MS)])
    store.append([an_open(99), an_open(99, recipient="r-2"), an_open(99, recipient="r-3")])
    assert logged(store) == []
    assert dict(each[:2] for each in store.suppressions())[later.person8] == ERASED_MS + 5


def test_people_are_found_by_their_hashes_wherever_they_are_stored(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    store.raise_overflow([Overflow("spring", "r-3", 1, EDGE, 5)])
    store.save([PutAside("spring", "r-4", "KeyError")], News(store.cursor(), store.cursor(), ()))
    secret = store.person_secret()
    wanted = [person8(secret, id) for id in ("r-4", "r-1", "r-3", "r-9")]
    assert store.people_of(wanted) == ["r-1", "r-3", "r-4"]


def test_nothing_is_found_of_somebody_who_is_not_stored(store: Store) -> None:
    store.append([an_open(1)])
    assert store.scan(["r-4711"]).found == ()
    assert list(store.traces()) == []
