"""What every store does with spooled hits, run on each of them."""

import pytest
from msgspec.structs import replace

from mailpixel.errors import InvalidInput
from mailpixel.model import Facts
from mailpixel.store.expansion import BEGINNING, CursorMove, Expansion, SpoolCursor
from mailpixel.store.log import Overflow
from mailpixel.store.store import Store
from tests.support.builders import EDGE, a_delivery, an_open, at_ms
from tests.support.folding import NOW_MS, logged

FIRST = CursorMove("a", BEGINNING, SpoolCursor(1, 100))
DAY = NOW_MS // 86_400_000


def test_events_and_cursors_move_together(store: Store) -> None:
    assert store.expand(Expansion([FIRST], [an_open(1), an_open(2, recipient="r-2")]))
    assert (len(logged(store)), store.spool_cursors()) == (2, {"a": SpoolCursor(1, 100)})


def test_what_was_moved_already_is_refused_and_changes_nothing(store: Store) -> None:
    store.expand(Expansion([FIRST], [an_open(1)]))
    other = CursorMove("b", BEGINNING, SpoolCursor(1, 50))
    assert not store.expand(Expansion([other, FIRST], [an_open(2)]))
    assert (len(logged(store)), store.spool_cursors()) == (1, {"a": SpoolCursor(1, 100)})


def test_cursors_of_several_writers_move_at_once_and_are_forgotten_by_name(store: Store) -> None:
    second = CursorMove("b", BEGINNING, SpoolCursor(7, 50))
    store.expand(Expansion([FIRST, second]))
    store.expand(Expansion([CursorMove("b", SpoolCursor(7, 50), SpoolCursor(8, 20))]))
    assert store.spool_cursors() == {"a": SpoolCursor(1, 100), "b": SpoolCursor(8, 20)}
    store.forget_spool_cursors(["a", "never seen"])
    assert store.spool_cursors() == {"b": SpoolCursor(8, 20)}


def test_an_event_that_is_refused_keeps_the_cursor_where_it_was(store: Store) -> None:
    with pytest.raises(InvalidInput, match="id"):
        store.expand(Expansion([FIRST], [an_open(1), replace(an_open(2), id=b"short")]))
    assert (logged(store), store.spool_cursors()) == ([], {})


def test_an_event_that_is_logged_already_is_logged_once(store: Store) -> None:
    first = an_open(1)
    store.append([first])
    assert store.expand(Expansion([FIRST], [first, an_open(2)]))
    assert len(logged(store)) == 2


def test_what_was_received_of_an_erased_person_stays_out(store: Store) -> None:
    store.append([an_open(1)])
    store.erase("r-1", at_ms(100))
    store.expand(Expansion([FIRST], [an_open(2), an_open(3, recipient="r-2")]))
    assert [event.recipient for event in logged(store)] == ["r-2"]


def test_evidence_is_logged_where_its_message_has_events_also_those_of_the_same_expansion(
    store: Store,
) -> None:
    forged = replace(an_open(5), agent="never seen", facts=Facts.FORGED)
    unknown = replace(an_open(6, recipient="r-9"), facts=Facts.FORGED)
    store.expand(Expansion([FIRST], [an_open(1)], [forged, unknown]))
    assert [(event.recipient, event.agent) for event in logged(store)] == [
        ("r-1", an_open(1).agent),
        ("r-1", ""),
    ]


def test_counts_past_the_cap_are_raised(store: Store) -> None:
    store.append([a_delivery(1)])
    store.expand(Expansion([FIRST], overflow=[Overflow("spring", "r-1", DAY, EDGE, 7)]))
    store.expand(
        Expansion([CursorMove("b", BEGINNING, BEGINNING)], overflow=[Overflow("spring", "r-1", DAY, EDGE, 3)])
    )
    assert store.figures("spring", NOW_MS, 0).overflow == 7
