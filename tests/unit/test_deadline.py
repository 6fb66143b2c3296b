"""By when something must have happened: one timer, whatever is expected meanwhile."""

from typing import Any, cast

import pytest

from mailpixel.server.deadline import Deadline
from tests.support.turns import Turns


class Watched:
    """A deadline that writes down when it was missed."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.start = self.turns.now
        self.late: list[float] = []
        self.deadline = Deadline(cast(Any, self.turns), lambda: self.late.append(self.turns.now - self.start))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_what_does_not_happen_in_time_is_late_once(watched: Watched) -> None:
    watched.deadline.expect(10)
    watched.turns.pass_time(100)
    assert watched.late == [10]


@pytest.mark.parametrize("then", [1, 10, 100])
def test_only_what_is_expected_last_counts(watched: Watched, then: int) -> None:
    watched.deadline.expect(10)
    watched.turns.pass_time(5)
    watched.deadline.expect(then)
    assert watched.deadline.since == watched.start + 5
    watched.turns.pass_time(200)
    assert watched.late == [5 + then]


def test_however_often_it_changes_there_is_one_timer(watched: Watched) -> None:
    for _ in range(100):
        watched.deadline.expect(10)
        watched.turns.pass_time(1)
    assert (watched.late, watched.turns.calls_to_come) == ([], 1)


def test_after_a_miss_it_can_expect_again(watched: Watched) -> None:
    watched.deadline.expect(10)
    watched.turns.pass_time(20)
    watched.deadline.expect(10)
    watched.turns.pass_time(20)
    assert watched.late == [10, 30]


def test_what_has_ended_expects_nothing_more(watched: Watched) -> None:
    watched.deadline.expect(10)
    watched.deadline.end()
    watched.turns.pass_time(20)
    watched.deadline.expect(10)
    watched.turns.pass_time(20)
    assert watched.late == []
