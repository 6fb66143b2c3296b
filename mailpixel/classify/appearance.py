"""What a hit shows by itself: by its method, agent and facts, whatever its time, address and neighbours.

Few differ, so each is looked at once and remembered with the rules.
"""

from dataclasses import dataclass

from msgspec import Struct

from mailpixel.kinds import EventKind
from mailpixel.model import Facts, Verdict, Via
from mailpixel.traffic.agents import Agent

REMEMBERED = 32_768
"""Appearances kept. A mailing to millions shows a few thousand; past this number they are looked at again."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The decision of a rule about an event."""

    rule: str
    verdict: Verdict
    via: Via | None = None


class Appearance(Struct, frozen=True, gc=False):
    """What a hit shows by itself.

    `bits` are its facts as a plain number. `countable` says whether it can count at all: a GET on a valid token
    that is not a preview. `gesture` is that the browser reports that a person followed the link. `of_proxy`
    says that an image proxy sent it, whose address is not part of its source.

    `early` is the ruling of rules 1 to 6 within the time in which mailboxes fetch images by themselves, `late`
    that at any other time; None where they leave it to other rules. `lacks` are the facts that are missing or
    surplus for the browser that it claims to be, and `strength` is how strongly its headers indicate a person.
    """

    click: bool
    bits: int
    agent: Agent
    countable: bool
    gesture: bool
    of_proxy: bool
    early: Ruling | None
    late: Ruling | None
    lacks: int
    strength: int


AppearanceKey = tuple[str, Facts, EventKind, str]
"""Agent, facts, kind and method of a hit."""


class Appearances(dict[AppearanceKey, Appearance]):
    """What was looked at so far. Another process begins anew."""

    def __reduce__(self) -> tuple[type["Appearances"], tuple[()]]:
        return Appearances, ()

    def remember(self, key: AppearanceKey, found: Appearance) -> Appearance:
        """Keep an appearance, and forget all others when they are too many."""
        if len(self) >= REMEMBERED:
            self.clear()
        self[key] = found
        return found
