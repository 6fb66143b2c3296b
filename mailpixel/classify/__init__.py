"""Telling people from machines: a pure function from the events of a message to verdicts, and why.

judge(message, campaign, rules)     verdicts, in order of time
explain(message, campaign, rules)   the same, with the reasons in words
judge_agent(agent, kind, rules)     how a user agent is judged by itself
facts_of(headers)                   what the rules want to know of a request
"""

from mailpixel.classify.explain import explain
from mailpixel.classify.judge import AgentVerdict, judge, judge_agent
from mailpixel.classify.rules import RULES, KnownAgent, Rule, Rules
from mailpixel.classify.thresholds import Thresholds
from mailpixel.traffic.facts import facts_of
from mailpixel.traffic.networks import Certainty, Network, NetworkTable, Scope

__all__ = [
    "RULES",
    "AgentVerdict",
    "Certainty",
    "KnownAgent",
    "Network",
    "NetworkTable",
    "Rule",
    "Rules",
    "Scope",
    "Thresholds",
    "explain",
    "facts_of",
    "judge",
    "judge_agent",
]
