"""The time limit of groups: each is answered at its own time, by one timer for all."""

from typing import Any, cast

from mailpixel.ingest.group import TimeLimit
from tests.support.turns import Turns


class Answers(list[tuple[str, bool]]):
    """Who was answered, in order, and whether after the commit."""

    def of(self, name: str) -> Any:
        return lambda durable: self.append((name, durable))


def test_each_group_is_answered_at_its_own_time_unless_it_was_written_before() -> None:
    turns, answers = Turns(), Answers()
    limit = TimeLimit(cast(Any, turns), 1.0, late=lambda group: group.answer(False))
    groups = []
    for name in ("first", "second", "third"):
        groups.append(limit.open_group())
        groups[-1].answers.append(answers.of(name))
        turns.pass_time(0.4)
    assert (answers, turns.calls_to_come) == ([("first", False)], 1)
    groups[1].answer(True)
    turns.pass_time(0.3)
    assert answers == [("first", False), ("second", True)]
    turns.pass_time(0.5)
    assert (answers[2:], turns.calls_to_come) == ([("third", False)], 0)


def test_groups_that_are_written_in_time_share_one_timer() -> None:
    turns, answers = Turns(), Answers()
    limit = TimeLimit(cast(Any, turns), 1.0, late=lambda group: group.answer(False))
    for _ in range(100):
        group = limit.open_group()
        group.answers.append(answers.of("a hit"))
        group.answer(True)
        assert turns.calls_to_come == 1
    turns.pass_time(2.0)
    assert (answers, turns.calls_to_come) == ([("a hit", True)] * 100, 0)
