"""How many new user agents a process takes into its log in a day, so that a flood of made-up ones does not fill it.

An agent past the bounds is kept as one seen before that reads the same: of the same kind, system and promises of its
browser. So no verdict of ours changes. What is lost is its exact text, and with it a list of the operator's that names
it.
"""

from collections.abc import Callable

from mailpixel.ingest.caps import DailyCaps
from mailpixel.traffic.agents import Agent, read_agent

NEW_A_DAY = 20_000
"""New agents of one day and process. A mailing to millions brings a few thousand."""
NEW_OF_A_MESSAGE = 50
"""New agents of one message in one day and process. A person has a few, and a message that is shared some dozens."""
REMEMBERED = 50_000
"""Agents that are known, in each of two generations, by their hashes: some megabytes."""
MESSAGES_REMEMBERED = 10_000
MOST_READINGS = 1_000
"""Ways in which agents read. There are some hundreds."""

Reading = tuple[object, ...]


class AgentBounds:
    """Decides which agent is kept of a hit; `on_replaced` is called for each that is not its own."""

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
        """How many agents it remembers."""
        return len(self._young) + len(self._old)

    def kept(self, agent: str, campaign: str, recipient: str, day: int) -> str:
        """The agent, or one that reads the same when too many new ones came today, of this message or altogether."""
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
        too_many = self._new >= self._new_a_day or self._of_messages.past(campaign, recipient, day)
        self._new += not too_many
        reading = _reading(
            read_agent.__wrapped__(agent)
        )  # not cached: whoever floods us brings each agent once
        if len(self._alike) < MOST_READINGS:
            self._alike.setdefault(reading, agent)
        return self._alike.get(reading, "") if too_many else agent

    def _remember(self, mark: int) -> None:
        self._young.add(mark)
        if len(self._young) > REMEMBERED:
            self._young, self._old = set(), self._young


def _reading(agent: Agent) -> Reading:
    """All that the rules ask of an agent."""
    claim = agent.claim
    promises = claim and (claim.name, claim.click, claim.image, claim.fresh, claim.foreign, claim.silent)
    return agent.kind, agent.via, agent.system, promises
