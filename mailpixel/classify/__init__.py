"""Tells people from machines: a pure function from a message's events to verdicts, with reasons.

judge(message, campaign, rules)     the verdicts, in order of time
explain(message, campaign, rules)   the same, with the reasons in words
judge_agent(agent, kind, rules)     the verdict on a user agent alone
"""

from mailpixel.classify.explain import explain
from mailpixel.classify.judge import judge, judge_agent
from mailpixel.classify.rules import RULES, KnownAgent, Rules
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Certainty, Network, Scope
from mailpixel.traffic.networks import NetworkTable

__all__ = [
    "RULES",
    "Certainty",
    "KnownAgent",
    "Network",
    "NetworkTable",
    "Rules",
    "Scope",
    "Thresholds",
    "explain",
    "judge",
    "judge_agent",
]
