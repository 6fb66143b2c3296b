"""Clicks that were carried on to a site are found by their event ids in every store, as they were judged last."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from mailpixel.kinds import EventKind
from mailpixel.model import Decision, Event, Facts, Verdict
from mailpixel.site_model import Click
from mailpixel.store.consumers import News
from mailpixel.store.store import Store
from tests.support.builders import ROBOT, a_click, a_delivery, an_event, an_open, at_ms
from tests.support.folding import catch_up, fold
from tests.support.stores import STORES, a_store


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


def carried(second: float, link: int | None = 1, **fields: object) -> Event:
    """A click that was carried on to a site."""
    return a_click(second, link, facts=Facts.CARRIED | Facts.ACCEPT, **fields)


def clicks(store: Store, *events: Event) -> Mapping[bytes, Click]:
    return store.clicks_by_id([event.id for event in events])


def as_click(event: Event, verdict: Verdict = Verdict.HUMAN) -> Click:
    return Click(event.id, event.campaign, event.recipient, event.link, event.received_at_ms, verdict)


def test_a_carried_click_is_found_by_its_id_once_it_is_folded(store: Store) -> None:
    person = carried(90)
    robot = carried(95, 2, agent=ROBOT, recipient="r-2", campaign="autumn")
    embedded = carried(100, None, destination="https://shop.example/x", recipient="r-3")
    store.append([person, robot, embedded])
    assert clicks(store, person, robot, embedded) == {}
    catch_up(store)
    assert clicks(store, person, robot, embedded) == {
        person.id: as_click(person),
        robot.id: as_click(robot, Verdict.BOT),
        embedded.id: as_click(embedded),
    }
    assert [each.is_human for each in clicks(store, person, robot).values()] == [True, False]


def test_only_what_was_carried_is_found_and_only_what_was_asked_for(store: Store) -> None:
    plain, first, second = a_click(80), carried(90), carried(200)
    store.append([an_open(70), plain, first, second, a_delivery()])
    catch_up(store)
    assert clicks(store, plain, second, carried(300)) == {second.id: as_click(second)}
    assert store.clicks_by_id([]) == {}


def test_hundreds_are_found_by_one_question(store: Store) -> None:
    events = [carried(90 + at, recipient=f"r-{at % 70}") for at in range(0, 20_000, 100)]
    store.append(events)
    catch_up(store)
    assert clicks(store, *events) == {event.id: as_click(event) for event in events}


def test_a_click_that_is_judged_again_says_so(store: Store) -> None:
    first = carried(90)
    store.append([first])
    catch_up(store)
    assert clicks(store, first)[first.id].is_human
    store.append([carried(91, 2), carried(92, 3)])
    catch_up(store)
    assert clicks(store, first) == {first.id: as_click(first, Verdict.SCANNER)}


def test_a_rebuild_finds_the_same_clicks_and_readers_see_the_former_until_it_is_done(store: Store) -> None:
    first, second = carried(90), carried(95, 2, recipient="r-2", agent=ROBOT)
    store.append([first, second])
    catch_up(store)
    before = clicks(store, first, second)
    turned = fold(next(iter(store.messages("spring"))))
    with suppress(ZeroDivisionError), store.new_generation("spring", fold) as generation:
        generation.put([replace(turned, carried=b"", known=9)])
        assert clicks(store, first, second) == before
        raise ZeroDivisionError
    assert clicks(store, first, second) == before
    with store.new_generation("spring", fold) as generation:
        generation.put(fold(message) for message in store.messages("spring"))
    assert clicks(store, first, second) == before


def test_a_slow_fold_takes_no_click_back(store: Store) -> None:
    first, second = carried(90), carried(200)
    store.append([first])
    behind = fold(store.message("spring", "r-1"))
    store.append([second])
    catch_up(store)
    cursor = store.cursor()
    store.save([behind], News(cursor, cursor, ()))
    assert clicks(store, first, second) == {first.id: as_click(first), second.id: as_click(second)}


def test_clicks_go_with_the_person_and_nobody_elses_do(store: Store) -> None:
    mine, other, later = carried(90), carried(91, recipient="r-2"), carried(5_000)
    store.append([mine, other])
    catch_up(store)
    store.erase("r-1", at_ms(100))
    assert clicks(store, mine, other) == {other.id: as_click(other)}
    store.append([later])
    catch_up(store)
    assert clicks(store, mine, later) == {later.id: as_click(later)}


def test_clicks_go_with_the_campaign_and_with_old_messages(store: Store) -> None:
    old, young, elsewhere = carried(90), carried(900_000, recipient="r-2"), carried(91, campaign="autumn")
    store.append([old, young, elsewhere])
    catch_up(store)
    store.forget_past(at_ms(1_000))
    assert clicks(store, old, young, elsewhere) == {young.id: as_click(young)}
    store.forget_campaign("spring")
    assert clicks(store, old, young) == {}


def test_a_click_without_details_is_still_known_to_be_carried(store: Store) -> None:
    click = carried(90, tag=b"12345678")
    store.append([click])
    decided = Decision(Verdict.HUMAN, "default")
    store.drop_details(
        [replace(click, facts=Facts.CARRIED, tag=b"1234", agent="", address="", decided=decided)]
    )
    catch_up(store)
    assert clicks(store, click) == {click.id: as_click(click)}


def test_a_probe_of_a_carried_link_is_no_persons_click(store: Store) -> None:
    head = an_event(EventKind.CLICK, 90, method="HEAD", facts=Facts.CARRIED, link=1)
    store.append([head])
    catch_up(store)
    assert clicks(store, head) == {head.id: as_click(head, Verdict.SCANNER)}
