"""How a user agent is judged by itself, hours after delivery: the twin of the judgement for `mailpixel agents`."""

from dataclasses import dataclass

from mailpixel.classify.message import DEFAULT
from mailpixel.classify.one_event import first_ruling
from mailpixel.classify.rules import Rules
from mailpixel.classify.sight import sight_of
from mailpixel.model import Event, EventKind, Verdict, Via


@dataclass(frozen=True, slots=True)
class AgentVerdict:
    """The verdict of one hit with this agent and nothing else to go by; `sign` is what in the agent decided."""

    verdict: Verdict
    rule: str
    via: Via | None
    sign: str


def judge_agent(agent: str, kind: EventKind, rules: Rules) -> AgentVerdict:
    """The verdict of a single GET with this agent, long after delivery; any length and any text will do."""
    event = Event(kind, "", "", 0, agent=agent)
    sight = sight_of(event)
    ruling = first_ruling(sight, rules) or DEFAULT
    return AgentVerdict(ruling.verdict, ruling.rule, ruling.via, sight.agent.sign)
