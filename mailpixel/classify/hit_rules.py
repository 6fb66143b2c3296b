"""Rules 1 to 6: what a single event reveals."""

from collections.abc import Callable

from msgspec import Struct

from mailpixel.classify.appearance import Appearance, Ruling
from mailpixel.classify.headers import has_gesture, lacks, strength
from mailpixel.classify.observation import (
    FORGED,
    OWN_NETWORK,
    PREFETCH,
    PREVIEW,
    REFERER,
)
from mailpixel.classify.origins import own_network
from mailpixel.classify.rules import Rules
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Verdict, Via
from mailpixel.traffic.agents import Agent, AgentKind, read_agent
from mailpixel.traffic.facts import is_countable

INTERNAL = Ruling("internal", Verdict.INTERNAL)
METHOD_CLICK = Ruling("method", Verdict.SCANNER)
METHOD_OPEN = Ruling("method", Verdict.BOT)
PURPOSE = Ruling("purpose", Verdict.PREFETCH)
PROXY_CLICK = Ruling("mail_proxy", Verdict.SCANNER)
PROXY_OPEN = {via: Ruling("mail_proxy", Verdict.HUMAN, via) for via in Via}
PROXY_EARLY = {via: Ruling("mail_proxy", Verdict.PREFETCH, via) for via in Via}
APPLE_OPEN = Ruling("apple_mpp", Verdict.PRIVACY_PREFETCH, Via.APPLE)
APPLE_CLICK = Ruling("apple_mpp", Verdict.SCANNER)
GMAIL_OPEN = Ruling("gmail_prefetch", Verdict.PREFETCH, Via.GMAIL)
GMAIL_CLICK = Ruling("gmail_prefetch", Verdict.SCANNER)
DECLARED_SCANNER = Ruling("declared", Verdict.SCANNER)
DECLARED_BOT = Ruling("declared", Verdict.BOT)
DECLARED_EARLY = Ruling("declared", Verdict.PREFETCH)

_OWN = PREVIEW | OWN_NETWORK


_IMAGE_PROXIES = (AgentKind.MAIL_PROXY, AgentKind.PRIVACY_PREFETCH, AgentKind.GMAIL_PREFETCH)


class Single(Struct, frozen=True, gc=False):
    """A hit by itself. `early` says that, by time alone, the mailbox may have fetched it by itself."""

    event: Event
    click: bool
    bits: int
    agent: Agent
    early: bool


def is_own(event: Event, rules: Rules) -> bool:
    """Whether a hit is the sender's by who was written to, or by the address."""
    if event.recipient in rules.seeds:
        return True
    found = rules.operator.lookup(event.address) if not event.tag else own_network(event, rules)
    return found is not None


def internal(hit: Single, rules: Rules) -> Ruling | None:
    """A hit of the sender by its facts; `is_own` has the other signs."""
    return INTERNAL if hit.bits & _OWN else None


def method(hit: Single, rules: Rules) -> Ruling | None:
    """A method other than GET."""
    if hit.event.method == "GET":
        return None
    return METHOD_CLICK if hit.click else METHOD_OPEN


def purpose(hit: Single, rules: Rules) -> Ruling | None:
    """Loaded ahead of the reader, as the browser says itself."""
    return PURPOSE if hit.bits & PREFETCH else None


def mail_proxy(hit: Single, rules: Rules) -> Ruling | None:
    """An image proxy: on an image a reader, except in the first moments; on a link never."""
    if hit.agent.kind is not AgentKind.MAIL_PROXY or hit.agent.via is None:
        return None
    if hit.click:
        return PROXY_CLICK
    if hit.bits & FORGED:
        return None
    return PROXY_EARLY[hit.agent.via] if hit.early else PROXY_OPEN[hit.agent.via]


def apple_mpp(hit: Single, rules: Rules) -> Ruling | None:
    """Apple's privacy protection: its exact agent, without a Referer."""
    if hit.agent.kind is not AgentKind.PRIVACY_PREFETCH:
        return None
    if hit.click:
        return APPLE_CLICK
    return None if hit.bits & REFERER else APPLE_OPEN


def gmail_prefetch(hit: Single, rules: Rules) -> Ruling | None:
    """Gmail's prefetch: its exact agent."""
    if hit.agent.kind is not AgentKind.GMAIL_PREFETCH:
        return None
    return GMAIL_CLICK if hit.click else GMAIL_OPEN


def declared(hit: Single, rules: Rules) -> Ruling | None:
    """A machine that its agent names; None when it may be a person."""
    for known in rules.agents:
        if known.contains in hit.event.agent.lower():
            return None if known.verdict is Verdict.HUMAN else Ruling("declared", known.verdict)
    reading = _DECLARED.get(hit.agent.kind)
    return reading(hit) if reading is not None else None


def _early_open(hit: Single) -> Ruling | None:
    return DECLARED_EARLY if hit.early and not hit.click else None


def _empty(hit: Single) -> Ruling | None:
    return DECLARED_BOT if hit.click else _early_open(hit)


def _app(hit: Single) -> Ruling | None:
    return DECLARED_BOT if hit.click else None


_DECLARED: dict[AgentKind, Callable[[Single], Ruling | None]] = {
    AgentKind.SCANNER: lambda hit: DECLARED_SCANNER,
    AgentKind.ROBOT: lambda hit: DECLARED_BOT,
    AgentKind.BARE_WEBKIT: _early_open,
    AgentKind.EMPTY: _empty,
    AgentKind.APP: _app,
    AgentKind.UNKNOWN: lambda hit: DECLARED_BOT,
}

EventRule = Callable[[Single, Rules], Ruling | None]

EVENT_RULES: tuple[tuple[EventRule, frozenset[AgentKind]], ...] = (
    (internal, frozenset(AgentKind)),
    (method, frozenset(AgentKind)),
    (purpose, frozenset(AgentKind)),
    (mail_proxy, frozenset({AgentKind.MAIL_PROXY})),
    (apple_mpp, frozenset({AgentKind.PRIVACY_PREFETCH})),
    (gmail_prefetch, frozenset({AgentKind.GMAIL_PREFETCH})),
    (declared, frozenset(_DECLARED)),
)
"""In the order of `RULES`, each with the kinds of agents that it can decide."""

_ALL = tuple(rule for rule, _ in EVENT_RULES)
_BY_KIND = {kind: tuple(rule for rule, kinds in EVENT_RULES if kind in kinds) for kind in AgentKind}


def appearance_of(event: Event, rules: Rules) -> Appearance:
    """What a hit shows by itself."""
    click, bits, agent = event.kind is EventKind.CLICK, event.facts._value_, read_agent(event.agent)
    return Appearance(
        click,
        bits,
        agent,
        is_countable(event.method, bits),
        has_gesture(click, bits),
        agent.kind in _IMAGE_PROXIES,
        _first_ruling(Single(event, click, bits, agent, early=True), rules),
        _first_ruling(Single(event, click, bits, agent, early=False), rules),
        lacks(click, bits, agent.claim),
        strength(click, bits, agent.claim),
    )


def _first_ruling(hit: Single, rules: Rules) -> Ruling | None:
    """The ruling of the first rule that matches; None leaves the event to rules that need its neighbours."""
    for rule in _ALL if rules.agents else _BY_KIND[hit.agent.kind]:
        ruling = rule(hit, rules)
        if ruling is not None:
            return ruling
    return None
