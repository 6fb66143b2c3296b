"""The course of a campaign over the hours since sending."""

from mailpixel.report.course import HOURS, Course, course
from mailpixel.times import HOUR_MS
from tests.support.builders import SENT_AT_MS

QUARTER_MS = HOUR_MS // 4
SENT_MS = SENT_AT_MS - SENT_AT_MS % QUARTER_MS


def at(quarter: int, opens: int, clicks: int = 0) -> tuple[int, dict[str, int]]:
    return SENT_MS + quarter * QUARTER_MS, {"opens.first_human": opens, "clicks.first_human": clicks}


def test_a_course_adds_up_first_opens_and_clicks_by_hours_since_sending() -> None:
    counters = dict([at(0, 1), at(3, 1, 1), at(4, 2), at(11, 0, 1)])
    assert course(counters, SENT_MS, 10, SENT_MS + 3 * HOUR_MS - 1) == Course(
        (0.2, 0.4, 0.4), (0.1, 0.1, 0.2)
    )


def test_a_quarter_that_began_before_sending_belongs_to_the_first_hour() -> None:
    assert course(dict([at(-1, 3)]), SENT_MS, 10, SENT_MS).opened == (0.3,)


def test_a_course_has_at_most_its_hours_and_none_before_sending() -> None:
    assert len(course({}, SENT_MS, 10, SENT_MS + 10**12).opened) == HOURS
    assert course(dict([at(0, 1)]), SENT_MS, 10, SENT_MS - 10 * HOUR_MS) == Course((), ())


def test_more_readers_than_recipients_are_all_of_them() -> None:
    assert course(dict([at(0, 12)]), SENT_MS, 10, SENT_MS).opened == (1.0,)
