"""Which hits repeat one that counted."""

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.model import Facts
from tests.support.builders import APPLE, GMAIL, a_click, a_message, an_open
from tests.support.judging import ELSEWHERE, MAC, PERSON, PREFETCHER, TRAPPED, rulings


@pytest.mark.parametrize(
    ("seconds", "dups"),
    [((500.0, 530.0, 530.1), [False, True, False]), ((500.0, 520.0, 540.0), [False, True, False])],
)
def test_an_open_repeats_the_one_that_counted_for_thirty_seconds(
    seconds: tuple[float, ...], dups: list[bool]
) -> None:
    judged = judge(a_message(*(an_open(second) for second in seconds)), TRAPPED, Rules())
    assert [hit.dup for hit in judged] == dups


@pytest.mark.parametrize(("second", "dup"), [(505.0, True), (505.001, False)])
def test_a_click_repeats_the_one_that_counted_for_five_seconds(second: float, dup: bool) -> None:
    hits = (a_click(500.0, facts=PERSON), a_click(second, facts=PERSON))
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False, dup]


def test_what_is_the_senders_own_repeats_nothing() -> None:
    hits = (a_click(500.0, facts=PERSON), a_click(500.2, facts=PERSON))
    rules = Rules(seeds=frozenset({"r-1"}))
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, rules)] == [False, False]


@pytest.mark.parametrize("agent", [GMAIL, PREFETCHER, APPLE])
def test_an_image_proxy_repeats_itself_from_any_address(agent: str) -> None:
    hits = [an_open(500.0, agent=agent), an_open(504.0, agent=agent, address=ELSEWHERE)]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False, True]


@pytest.mark.parametrize("change", [{"link": 2}, {"address": ELSEWHERE}, {"agent": MAC}])
def test_another_link_address_or_agent_is_no_repeat(change: dict[str, object]) -> None:
    hits = [a_click(500.0, facts=PERSON), a_click(**({"second": 502.0, "facts": PERSON} | change))]  # type: ignore[arg-type]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False, False]


def test_what_does_not_count_is_never_repeated() -> None:
    hits = [
        a_click(500.0, method="HEAD"),
        a_click(500.1, facts=Facts.FORGED),
        a_click(500.2, facts=PERSON),
        a_click(500.3, method="HEAD"),
        a_click(500.4, facts=Facts.PREVIEW),
        a_click(500.5, facts=Facts.PREVIEW),
    ]
    assert [hit.dup for hit in judge(a_message(*hits), TRAPPED, Rules())] == [False] * 6


def test_a_later_fetch_of_a_proxy_that_was_early_counts() -> None:
    hits = [an_open(30.0, agent=GMAIL), an_open(35.0, agent=GMAIL)]
    assert rulings(hits) == ["prefetch mail_proxy", "human mail_proxy"]
