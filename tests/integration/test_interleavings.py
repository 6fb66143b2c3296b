"""What every store promises after any interleaving: nothing is lost, doubled or brought back.

Each actor is a generator that stops between what it read and what it writes. Every order of their steps is played on a
store of its own; then the log is folded to its end, and the store must say what a store says that saw the outcome's
events alone, in order, and was folded once.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest

from mailpixel.errors import Conflict
from mailpixel.model import Event
from mailpixel.store.consumers import News
from mailpixel.store.log import Overflow
from mailpixel.store.memory import MemoryStore
from mailpixel.store.projections import FOLD
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS
from tests.support.builders import EDGE, a_click, a_delivery, an_open, at_ms
from tests.support.folding import catch_up, fold, logged
from tests.support.stores import STORES, a_store
from tests.support.tallying import all_states, assert_figures_are_the_tally

Actor = Callable[[Store], Iterator[None]]
ERASED_MS = at_ms(100)
BEFORE, THEIRS, LATE, AFTER = an_open(60), an_open(61, recipient="r-2"), a_click(90), an_open(150)


@pytest.fixture(params=sorted(STORES))
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Makes empty stores of one kind, each a copy of the first."""
    made: list[Store] = []
    numbers = count()
    empty = tmp_path / "empty"
    empty.mkdir()
    with a_store(request.param, empty):
        pass

    def another() -> Store:
        folder = tmp_path / str(next(numbers))
        shutil.copytree(empty, folder)
        made.append(STORES[request.param](folder))
        return made[-1]

    yield another
    for store in made:
        store.close()


def orders(steps: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every order of the steps of actors, by the actors' numbers."""
    if not any(steps):
        yield ()
    for actor, left in enumerate(steps):
        if left:
            rest = [each - (number == actor) for number, each in enumerate(steps)]
            yield from ((actor, *order) for order in orders(rest))


def play(another: Callable[[], Store], given: Sequence[Event], *actors: tuple[int, Actor]) -> Iterator[Store]:
    """A store for every order in which these actors, each with its number of steps, did their work on what was
    given; folded to the end."""
    for order in orders([steps for steps, _ in actors]):
        store = another()
        store.append(given)
        at_work = [actor(store) for _, actor in actors]
        for number in order:
            next(at_work[number], None)
        catch_up(store)
        assert_figures_are_the_tally(store, "spring")
        yield store


def says(store: Store) -> object:
    return logged(store), list(all_states(store, "spring")), store.figures("spring", ERASED_MS, 0).totals


def what_is_said_of(*events: Event) -> object:
    """What a store says that saw these events alone."""
    alone = MemoryStore()
    alone.append(events)
    catch_up(alone)
    return says(alone)


def appends(*groups: Sequence[Event]) -> tuple[int, Actor]:
    """Each group is a step."""

    def actor(store: Store) -> Iterator[None]:
        for group in groups:
            store.append(group)
            yield

    return len(groups), actor


def erases(at_ms: int = ERASED_MS) -> tuple[int, Actor]:
    """Hides the person, then sweeps."""

    def actor(store: Store) -> Iterator[None]:
        store.erase("r-1", at_ms)
        yield
        store.sweep()

    return 2, actor


def _folds(store: Store) -> Iterator[None]:
    news = store.consumer(FOLD).news(100)
    states = [fold(message) for message in news.messages]
    yield
    with suppress(Conflict):
        store.save(states, news)


def _saves_stubbornly(store: Store) -> Iterator[None]:
    """A fold that heeds no `Conflict`: it saves what it judged as if it had read just now."""
    states = [fold(message) for message in store.messages("spring")]
    yield
    store.save(states, News(store.cursor(), store.cursor(), ()))


def _begins_and_is_killed(store: Store) -> Iterator[None]:
    """A fold that saved a part, and did not live to move its position."""
    news = store.consumer(FOLD).news(100)
    states = [fold(message) for message in news.messages]
    yield
    with suppress(Conflict):
        store.save(states, News(news.since, news.since, ()))


def _rebuilds(store: Store) -> Iterator[None]:
    asked_for = store.new_generation("spring", fold)
    states = [fold(message) for message in store.messages("spring")]
    yield
    with suppress(Conflict), asked_for as generation:
        generation.put(states)
        yield


FOLDS = (2, _folds)
SAVES_STUBBORNLY = (2, _saves_stubbornly)
IS_KILLED = (2, _begins_and_is_killed)
REBUILDS = (3, _rebuilds)
REBUILD_IS_KILLED = (2, _rebuilds)


def test_what_was_received_before_an_erasure_stays_out(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE, THEIRS], erases(), appends([LATE], [BEFORE, THEIRS])):
        assert says(store) == what_is_said_of(THEIRS)


def test_what_is_received_after_an_erasure_counts(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE, THEIRS], erases(), appends([AFTER]), FOLDS):
        outcomes = [what_is_said_of(THEIRS, AFTER), what_is_said_of(THEIRS)]
        assert says(store) in outcomes


def test_a_state_that_does_not_know_of_an_erasure_is_invisible(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE, THEIRS], erases(), SAVES_STUBBORNLY, FOLDS):
        assert says(store) == what_is_said_of(THEIRS)


def test_a_save_takes_no_knowledge_away(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE], appends([LATE], [AFTER]), SAVES_STUBBORNLY, FOLDS):
        assert says(store) == what_is_said_of(BEFORE, LATE, AFTER)


def test_states_of_equal_hits_are_told_apart_by_what_they_know(stores: Callable[[], Store]) -> None:
    first, second = a_delivery(5), a_delivery(3)
    for store in play(stores, [BEFORE, first], appends([second]), SAVES_STUBBORNLY, FOLDS):
        assert says(store) == what_is_said_of(BEFORE, first, second)


def test_an_exchange_within_a_slow_save_loses_nothing(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE], appends([LATE]), FOLDS, REBUILDS):
        assert says(store) == what_is_said_of(BEFORE, LATE)


def test_a_new_generation_has_nobody_who_was_erased_meanwhile(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE, THEIRS], erases(), REBUILDS, appends([LATE])):
        assert says(store) == what_is_said_of(THEIRS)


def test_of_two_generations_one_is_there_whole(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE, THEIRS], REBUILDS, REBUILDS):
        assert says(store) == what_is_said_of(BEFORE, THEIRS)


def test_who_is_killed_halfway_leaves_nothing_behind(stores: Callable[[], Store]) -> None:
    for store in play(stores, [BEFORE], IS_KILLED, REBUILD_IS_KILLED, appends([LATE])):
        assert says(store) == what_is_said_of(BEFORE, LATE)


def test_a_position_that_steps_back_costs_no_figure(stores: Callable[[], Store]) -> None:
    def steps_back(store: Store) -> Iterator[None]:
        catch_up(store)
        yield
        store.consumer(FOLD).done("")

    for store in play(stores, [BEFORE], (2, steps_back), FOLDS, appends([LATE])):
        assert says(store) == what_is_said_of(BEFORE, LATE)


def test_hits_past_the_cap_of_before_an_erasure_stay_out(stores: Callable[[], Store]) -> None:
    def overflows(store: Store) -> Iterator[None]:
        for hits in (5, 9):
            store.raise_overflow([Overflow("spring", "r-1", ERASED_MS // DAY_MS, EDGE, hits)])
            yield

    for store in play(stores, [BEFORE], (2, overflows), erases()):
        assert store.figures("spring", ERASED_MS, 0).overflow == 0
