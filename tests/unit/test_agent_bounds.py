"""A flood of made-up user agents: what is kept of them, and that no verdict changes by it."""

import random

import pytest

from mailpixel.classify import Rules
from mailpixel.classify.judge import judge_agent
from mailpixel.ingest.agent_bounds import MOST_READINGS, NEW_OF_A_MESSAGE, REMEMBERED, AgentBounds
from mailpixel.kinds import EventKind
from mailpixel.traffic.agents import read_agent
from tests.support.builders import APPLE, BROWSER, GMAIL, ROBOT

PHONE = (
    "Mozilla/5.0 (Linux; Android 16; Model {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/15{}.0.0.0"
    " Mobile Safari/537.36"
)
SHAPES = (
    PHONE,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:1{1}.0) Gecko/20100101 Firefox/1{1}.{0}",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 1{1}_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/{0}",
    "curl/8.{0}",
    "made-up-{0}",
    "Mozilla/5.0 (compatible; somebot/{0}; +http://bot.example/)",
    "Thunderbird/1{1}.{0}",
    "x{0} GoogleImageProxy",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.{1}; x{0})",
)


def made_up(count: int) -> list[str]:
    chance = random.Random(5)
    return [chance.choice(SHAPES).format(chance.randrange(10**9), chance.randrange(10)) for _ in range(count)]


class Counted:
    """Bounds that count the agents they replace."""

    def __init__(self, new_a_day: int = 1_000) -> None:
        self.replaced = 0
        self.bounds = AgentBounds(self._count, new_a_day)

    def _count(self) -> None:
        self.replaced += 1

    def kept(
        self, agents: list[str], recipients: int = 1_000, day: int = 1, campaign: str = "c1"
    ) -> list[str]:
        return [
            self.bounds.kept(agent, campaign, f"r-{n % recipients}", day) for n, agent in enumerate(agents)
        ]


def test_agents_within_the_bounds_are_kept_as_they_are() -> None:
    counted, agents = Counted(), made_up(900)
    assert counted.kept(agents + agents) == agents + agents
    assert counted.replaced == 0


def test_a_flood_of_new_agents_is_kept_up_to_a_number_a_day() -> None:
    counted, agents = Counted(), made_up(6_000)
    kept = counted.kept(agents)
    assert len(set(kept)) <= 1_000 + MOST_READINGS
    assert counted.replaced == sum(was != agent for was, agent in zip(kept, agents, strict=True))
    again = made_up(7_000)[6_000:]
    assert counted.kept(again[:900], day=2) == again[:900]


def test_one_message_brings_few_new_agents_and_uses_up_little_of_the_days() -> None:
    counted, agents = Counted(), made_up(500)
    assert len(set(counted.kept(agents, recipients=1))) <= NEW_OF_A_MESSAGE + len(SHAPES) * 10
    others = made_up(1_400)[500:]
    assert counted.kept(others, campaign="c2") == others


@pytest.mark.parametrize("known", [APPLE, BROWSER, GMAIL, ROBOT, ""])
def test_an_agent_that_is_known_is_kept_whatever_comes_beside_it(known: str) -> None:
    counted = Counted()
    counted.kept([known])
    counted.kept(made_up(5_000))
    assert counted.kept([known], recipients=1) == [known]


def test_an_agent_that_was_replaced_reads_and_is_judged_as_it_would_have_been() -> None:
    counted, rules = Counted(new_a_day=100), Rules()
    agents = made_up(3_000)
    for agent, was in zip(agents, counted.kept(agents), strict=True):
        for kind in (EventKind.OPEN, EventKind.CLICK):
            found, expected = judge_agent(was, kind, rules), judge_agent(agent, kind, rules)
            assert (found.verdict, found.rule, found.via) == (expected.verdict, expected.rule, expected.via)
        assert read_agent(was).system == read_agent(agent).system
    assert counted.replaced > 2_000


def test_what_is_remembered_does_not_grow() -> None:
    bounds = AgentBounds(lambda: None, new_a_day=10**9)
    for number in range(REMEMBERED * 2 + 100):
        bounds.kept(f"made-up/{number}", "c1", f"r-{number}", 1)
    assert bounds.remembered <= REMEMBERED * 2
