"""What a new generation of a campaign's states promises in every store: all that is in the log, at once, or nothing."""

from collections.abc import Sequence
from contextlib import suppress

import pytest

from mailpixel.errors import Conflict
from mailpixel.model import Message
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.projections import FOLD, Folded
from mailpixel.store.store import Store
from tests.support.builders import APPLE, a_click, a_message, an_open
from tests.support.folding import NOW_MS, catch_up, fold, totals


def prefetched(recipient: str = "r-1") -> Folded:
    """A state that is not what the log says, so that it shows where it came from."""
    return fold(a_message(an_open(1, recipient=recipient, agent=APPLE)))


def names(store: Store) -> Sequence[str]:
    return [state.recipient for state in store.recipients("spring", "", 10)]


def test_the_edition_of_a_generation_holds_from_the_moment_on_in_which_it_is_live(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    store.note_edition("1-a", ["spring"])
    with suppress(ZeroDivisionError), store.new_generation("spring", fold, "2-b") as generation:
        generation.put([prefetched()])
        assert store.figures("spring", NOW_MS, 0).edition == "1-a"
        raise ZeroDivisionError
    assert store.figures("spring", NOW_MS, 0).edition == "1-a"
    with store.new_generation("spring", fold, "2-b") as generation:
        generation.put([prefetched()])
    assert store.figures("spring", NOW_MS, 0).edition == "2-b"
    with store.new_generation("spring", fold) as generation:
        generation.put([prefetched()])
    assert store.figures("spring", NOW_MS, 0).edition == "2-b"


def test_a_generation_takes_the_place_of_all_states(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2"), an_open(3, campaign="autumn")])
    catch_up(store)
    with store.new_generation("spring", fold) as generation:
        generation.put([prefetched()])
    assert names(store) == ["r-1"]
    assert totals(store)["opens.privacy_prefetch"] == 1
    assert "opens.human" not in totals(store)
    assert totals(store, "autumn")["opens.human"] == 1


def test_an_empty_generation_takes_all_states_away(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    with store.new_generation("spring", fold):
        pass
    assert (names(store), totals(store)) == ([], {})


@pytest.mark.parametrize("folded", [True, False])
def test_what_is_logged_while_a_generation_is_filled_is_in_it_folded_or_not(
    store: Store, folded: bool
) -> None:
    store.append([an_open(1)])
    catch_up(store)
    with store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
        store.append([an_open(3, campaign="autumn"), an_open(100), an_open(2, recipient="r-2")])
        if folded:
            catch_up(store)
    assert (names(store), totals(store)["opens.human"]) == (["r-1", "r-2"], 3)
    store.append([an_open(200)])
    catch_up(store)
    assert totals(store)["opens.human"] == 4


def test_what_was_judged_after_the_generation_was_asked_for_may_be_put_there(store: Store) -> None:
    store.append([an_open(1)])
    asked_for = store.new_generation("spring", fold)
    judged = fold(store.message("spring", "r-1"))
    store.append([an_open(100)])
    catch_up(store)
    with asked_for as generation:
        generation.put([judged])
    assert totals(store)["opens.human"] == 2


def test_readers_see_the_former_figures_until_a_generation_is_complete(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    seen = []
    with store.new_generation("spring", fold) as generation:
        for recipient in ("r-1", "r-2"):
            generation.put([prefetched(recipient)])
            seen.append(totals(store)["opens.human"])
    assert seen == [2, 2]
    assert totals(store)["opens.privacy_prefetch"] == 2


def test_a_message_put_twice_is_there_once(store: Store) -> None:
    with store.new_generation("spring", fold) as generation:
        generation.put([prefetched(), prefetched("r-2")])
        generation.put([fold(a_message(an_open(1)))])
    assert (names(store), totals(store)["opens.human"]) == (["r-1", "r-2"], 1)


def test_a_generation_that_fails_changes_nothing(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    before = (store.cursor(), totals(store), store.recipients("spring", "", 10))
    with suppress(ZeroDivisionError), store.new_generation("spring", fold) as generation:
        generation.put([prefetched()])
        raise ZeroDivisionError
    assert (store.cursor(), totals(store), store.recipients("spring", "", 10)) == before
    with store.new_generation("spring", fold) as generation:
        generation.put([prefetched()])
    assert totals(store)["opens.privacy_prefetch"] == 1


def test_a_judge_that_fails_at_the_end_changes_nothing(store: Store) -> None:
    def broken(message: Message) -> Folded:
        raise ZeroDivisionError

    store.append([an_open(1)])
    catch_up(store)
    with suppress(ZeroDivisionError), store.new_generation("spring", broken) as generation:
        generation.put([prefetched()])
        store.append([an_open(100)])
    catch_up(store)
    assert totals(store)["opens.human"] == 2


def test_a_person_erased_while_a_generation_is_filled_does_not_come_back(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    late = store.new_generation("spring", fold)
    with suppress(Conflict), store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
        store.erase("r-1", NOW_MS)
        generation.put([fold(store.message("spring", "r-2"))])
    with pytest.raises(Conflict), late:
        pass
    assert (names(store), totals(store)["opens.human"]) == (["r-2"], 1)


def test_of_two_generations_at_once_the_later_wins_whole(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    with suppress(Conflict), store.new_generation("spring", fold) as first:
        first.put([prefetched()])
        with store.new_generation("spring", fold) as second:
            second.put([fold(a_message(a_click(5, recipient="r-2")))])
        first.put([prefetched("r-2")])
    assert (names(store), totals(store)["clicks.human"]) == (["r-2"], 1)
    assert "opens.privacy_prefetch" not in totals(store)


def test_a_slow_fold_that_read_before_a_generation_takes_nothing_from_it(store: Store) -> None:
    store.append([an_open(1)])
    news = store.consumer(FOLD).news(10)
    slow = [fold(message) for message in news.messages]
    store.append([an_open(100)])
    with store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
    with pytest.raises(Conflict):
        store.save(slow, news)
    assert totals(store)["opens.human"] == 2
    catch_up(store)
    assert totals(store)["opens.human"] == 2


def test_a_generation_says_anew_which_messages_are_put_aside(store: Store) -> None:
    store.append([an_open(n, recipient=f"r-{n}") for n in (1, 2, 3)])
    catch_up(store)
    formerly = [PutAside("spring", "r-1", "TypeError"), PutAside("winter", "r-3", "TypeError")]
    store.save(formerly, News(store.cursor(), store.cursor(), ()))
    aside = PutAside("spring", "r-2", "KeyError")
    with store.new_generation("spring", fold) as generation:
        generation.put([fold(store.message("spring", "r-1")), aside])
        generation.put([fold(store.message("spring", "r-3"))])
    assert store.put_aside() == [aside, formerly[1]]
    assert names(store) == ["r-1", "r-3"]


def test_a_message_logged_while_a_generation_is_filled_may_be_put_aside(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)

    def aside(message: Message) -> Folded:
        return PutAside("spring", message.recipient, "KeyError")

    with store.new_generation("spring", aside) as generation:
        generation.put([fold(store.message("spring", "r-1"))])
        store.append([an_open(2, recipient="r-2")])
    assert store.put_aside() == [PutAside("spring", "r-2", "KeyError")]
    assert totals(store)["opens.human"] == 1
