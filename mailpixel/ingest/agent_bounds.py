"""Bounds the new user agents that a process logs in a day, so that a flood of invented ones cannot fill the log.

Past the bounds, an agent is replaced by one seen before that the rules read the same: of the same kind and
system, with the same browser promises. So no verdict of the built-in rules changes. What is lost is the exact
text, and with it a match of an operator's own list.
"""

from collections.abc import Callable

from mailpixel.ingest.caps import DailyCaps
from mailpixel.traffic.agents import Agent, read_agent

NEW_A_DAY = 20_000
"""Most new agents per day and process. A mailing to millions brings a few thousand."""
NEW_OF_A_MESSAGE = 50
"""Most new agents of one message, per day and process. A person has a few, a shared message dozens."""
REMEMBERED = 50_000
"""Known agents in each of two generations, stored as hashes: a few megabytes."""
MESSAGES_REMEMBERED = 10_000
MOST_READINGS = 1_000
"""Most distinct readings of agents. There are a few hundred."""

Reading = tuple[object, ...]


class AgentBounds:
    """Decides which agent to keep of a hit. `on_replaced` is called for each hit that does not keep its own."""

    def __init__(self, on_replaced: Callable[[], None], new_a_day: int = NEW_A_DAY) -> None:
        self._on_replaced = on_replaced
        self._new_a_day = new_a_day
        self._of_messages = DailyCaps(NEW_OF_A_MESSAGE, MESSAGES_REMEMBERED)
        self._day = 0
        self._new = 0
        self._young: set[int] = set()
        self._old: set[int] = set()
        self._alike: dict[Reading, str] = {}

    @property
    def remembered(self) -> int:
        """The number of agents remembered."""
        return len(self._young) + len(self._old)

    def kept(self, agent: str, campaign: str, recipient: str, day: int) -> str:
        """The agent itself, or one that reads the same when too many new agents came today.

        There is a bound for each message and one for all messages.
        """
        mark = hash(agent)
        if mark in self._young:
            return agent
        if mark not in self._old:
            alike = self._of_a_new_one(agent, campaign, recipient, day)
            if alike != agent:
                self._on_replaced()
                return alike
        self._remember(mark)
        return agent

    def _of_a_new_one(self, agent: str, campaign: str, recipient: str, day: int) -> str:
        if day != self._day:
            self._day, self._new = day, 0
        too_many = self._new >= self._new_a_day or self._of_messages.past((campaign, recipient), day)
        self._new += not too_many
        reading = _reading(read_agent.__wrapped__(agent))  # not cached: a flood brings each agent once
        if len(self._alike) < MOST_READINGS:
            self._alike.setdefault(reading, agent)
        return self._alike.get(reading, "") if too_many else agent

    def _remember(self, mark: int) -> None:
        self._young.add(mark)
        if len(self._young) > REMEMBERED:
            self._young, self._old = set(), self._young


def _reading(agent: Agent) -> Reading:
    """Everything about an agent that the rules use."""
    claim = agent.claim
    promises = claim and (claim.name, claim.click, claim.image, claim.fresh, claim.foreign, claim.silent)
    return agent.kind, agent.via, agent.system, promises
