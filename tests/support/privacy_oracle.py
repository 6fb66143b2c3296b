"""What must be written of a hit, as a reading of the privacy rules of its own: tables of words, without mailpixel's.

It decides what the product's tables and its files are compared with.
"""

from collections.abc import Mapping
from typing import NamedTuple

ORDER = ("off", "aggregate", "deliverability", "individual", "full")
KINDS = ("opens", "clicks")
STATES = ("granted", "denied", "unknown", "erased")

WRITTEN: Mapping[tuple[str, str], str] = {
    ("off", "opens"): "",
    ("off", "clicks"): "",
    ("aggregate", "opens"): "counted",
    ("aggregate", "clicks"): "counted",
    ("deliverability", "opens"): "counted day",
    ("deliverability", "clicks"): "counted",
    ("individual", "opens"): "event",
    ("individual", "clicks"): "event",
    ("full", "opens"): "event network",
    ("full", "clicks"): "event network",
}
"""What is written of a hit by its mode and purpose."""

LATER: Mapping[tuple[str, str], str] = {
    ("off", "granted"): "off",
    ("off", "denied"): "off",
    ("off", "erased"): "off",
    ("deliverability", "granted"): "deliverability",
    ("deliverability", "denied"): "off",
    ("deliverability", "erased"): "off",
    ("individual", "granted"): "individual",
    ("individual", "denied"): "off",
    ("individual", "erased"): "off",
    ("full", "granted"): "full",
    ("full", "denied"): "off",
    ("full", "erased"): "off",
}
"""What is in force for the mail of a person that was signed with one mode when the person says something later."""

LEAVES: Mapping[str, frozenset[str]] = {
    "granted": frozenset(),
    "unknown": frozenset(),
    "denied": frozenset({"day"}),
    "erased": frozenset({"day", "event", "network"}),
}
"""What is deleted of earlier hits when a person says this. Counts without names stay always."""


class Rules(NamedTuple):
    """What an operator chose, for one purpose: the ceiling, and what the silent and the refusing allow."""

    ceiling: str
    unknown: str
    refused: str


def least(*modes: str) -> str:
    """The least of several modes."""
    return min(modes, key=ORDER.index)


def of_person(rules: Rules, state: str) -> str:
    """The most that may be recorded of a person who said this."""
    return {"granted": "full", "denied": rules.refused, "unknown": rules.unknown, "erased": "off"}[state]


def signed(rules: Rules, state: str) -> str:
    """The mode a mail is signed with."""
    return least(rules.ceiling, of_person(rules, state))


def in_force(rules: Rules, token: str, state: str) -> str:
    """The mode at a hit on a token that says a mode."""
    return least(token, rules.ceiling, of_person(rules, state))


def written(mode: str, purpose: str, afterwards: str = "granted", few: bool = False) -> frozenset[str]:
    """What stands on disk of a hit in this mode, after the person said something later.

    The count of a campaign of `few` people would tell of one of them.
    """
    counted = {"counted"} if few else set()
    return frozenset(WRITTEN[mode, purpose].split()) - LEAVES[afterwards] - counted


def untracked(mode: str, ceiling: str, state: str) -> str:
    """Why a person is not recorded by name whose mail was signed with a mode, under a ceiling; empty: they are."""
    if ORDER.index(mode) >= ORDER.index("individual"):
        return ""
    if state == "erased":
        return "erased"
    if ORDER.index(ceiling) < ORDER.index("individual"):
        return "mode"
    return {"denied": "refused", "unknown": "unknown"}[state]
