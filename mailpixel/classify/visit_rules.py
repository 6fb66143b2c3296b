"""The rules of visits to web sites: what each of them looks at. `VISIT_RULES` is their table.

The rules of mail that speak of one message (a delivery, its links, its images) have no place here. All others hold
for a site as well. A visit is judged as a whole: what proves a machine once proves it for the whole day.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import Struct

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.observation import (
    FRAMED,
    NAVIGATE,
    OWN_NETWORK,
    PLAIN_HTTP,
    PREFETCH,
    PREVIEW,
    UNSEEN,
    USER_ACTIVATED,
)
from mailpixel.classify.rules import Rules
from mailpixel.classify.thresholds import VisitThresholds
from mailpixel.model import Certainty, Event, Network, Scope, Verdict
from mailpixel.site_model import Step
from mailpixel.traffic.agents import Agent, AgentKind, read_agent

PAGE_VIEW, PURCHASE = "page_view", "purchase"

NEEDED = 2
"""Families of soft evidence that decide."""

LEFT_OUT = frozenset({"method", "purpose"})
"""Rules that leave out a single event. What remains of the visit is judged without it."""


class SeenStep(Struct, frozen=True, gc=False):
    """An event of a visit with what it says."""

    event: Event
    step: Step


@dataclass(frozen=True, slots=True)
class Look:
    """What one kind of request of a visit looks like. Most visits have one."""

    method: str
    bits: int
    agent: Agent
    network: Network | None

    @property
    def speaks(self) -> Certainty | None:
        """What the network proves about a visitor of a site."""
        network = self.network
        if network is None or network.scope is not Scope.ALL or network.certainty is Certainty.PEOPLE:
            return None
        return network.certainty


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as its rules see it.

    `steps` are in order of time, without repeats and without what single rules leave out. `looks` are the different
    requests that still have their details, `carried` the rulings of those that lost them, by rule.
    """

    steps: Sequence[SeenStep]
    looks: Sequence[Look]
    carried: Mapping[str, Ruling]


INTERNAL = Ruling("internal", Verdict.INTERNAL)
METHOD = Ruling("method", Verdict.BOT)
PURPOSE = Ruling("purpose", Verdict.PREFETCH)
SCANNER = Ruling("declared", Verdict.SCANNER)
BOT = Ruling("declared", Verdict.BOT)
AUTOMATED = Ruling("automated", Verdict.BOT)
FLOOD = Ruling("flood", Verdict.BOT)
NETWORK = Ruling("network", Verdict.SCANNER)
CLAIMED = Ruling("claimed", Verdict.HUMAN)
DEFAULT = Ruling("default", Verdict.HUMAN)

_OWN = PREVIEW | OWN_NETWORK
_NO_FETCH = NAVIGATE | FRAMED | USER_ACTIVATED
"""What a browser says of a page or a frame that it opens, and never of an image or of what a script sends."""

_DECLARED: Mapping[AgentKind, Ruling] = {
    AgentKind.SCANNER: SCANNER,
    AgentKind.ROBOT: BOT,
    AgentKind.EMPTY: BOT,
    AgentKind.APP: BOT,
    AgentKind.UNKNOWN: BOT,
    AgentKind.MAIL_PROXY: BOT,
    AgentKind.PRIVACY_PREFETCH: BOT,
    AgentKind.GMAIL_PREFETCH: BOT,
}
"""Mailboxes that fetch images for a reader visit no site, so their agents are machines here."""


def internal(look: Look, rules: Rules) -> Ruling | None:
    """A visit of the operator's own."""
    return INTERNAL if look.bits & _OWN else None


def declared(look: Look, rules: Rules) -> Ruling | None:
    """A machine that its agent names; None when it may be a person."""
    if rules.agents:
        lower = look.agent.text.lower()
        for known in rules.agents:
            if known.contains in lower:
                return None if known.verdict is Verdict.HUMAN else Ruling("declared", known.verdict)
    return _DECLARED.get(look.agent.kind)


def automated(visit: SeenVisit, rules: Rules) -> Ruling | None:
    """A browser that a program controls."""
    return AUTOMATED if any(seen.step.automated for seen in visit.steps) else None


def flood(visit: SeenVisit, rules: Rules) -> Ruling | None:
    """More page views in a span than a person looks at."""
    return FLOOD if flooded(visit, rules.visits) is not None else None


def network(visit: SeenVisit, rules: Rules) -> Ruling | None:
    """A network that only machines use."""
    return NETWORK if any(look.speaks is Certainty.CERTAIN for look in visit.looks) else None


def soft(visit: SeenVisit, rules: Rules) -> Ruling | None:
    """Two families of weak evidence; the first of them names the verdict."""
    found = families(visit, rules.visits)
    return Ruling(found[0], Verdict.BOT) if len(found) >= NEEDED else None


def claimed(visit: SeenVisit, rules: Rules) -> Ruling | None:
    """A purchase before any page of the visit was viewed."""
    return CLAIMED if unseen_purchase(visit.steps) else None


def flooded(visit: SeenVisit, thresholds: VisitThresholds) -> tuple[int, int] | None:
    """Page views, and the milliseconds in which they came, of the first span with too many; None without one."""
    moments = [seen.step.at_ms for seen in visit.steps if seen.step.name == PAGE_VIEW]
    spans = ((thresholds.rush_views, thresholds.rush_ms), (thresholds.flood_views, thresholds.flood_ms))
    for most, length_ms in spans:
        for first, last in zip(moments, moments[most:], strict=False):
            if last - first <= length_ms:
                return most + 1, last - first
    return None


def families(visit: SeenVisit, thresholds: VisitThresholds) -> tuple[str, ...]:
    """The families of soft evidence against a visitor, in the order of `VISIT_RULES`."""
    found = []
    if any(look.speaks is not None for look in visit.looks):
        found.append("network")
    if any(wrong_facts(look) for look in visit.looks):
        found.append("client")
    if len(spin_signs(visit, thresholds)) >= NEEDED:
        found.append("spin")
    return tuple(found)


def spin_signs(visit: SeenVisit, thresholds: VisitThresholds) -> tuple[str, ...]:
    """What makes a visit look like a page that a program loaded and left: `glance`, `single`, `hosted`."""
    steps = visit.steps
    found = []
    if steps and steps[-1].step.at_ms - steps[0].step.at_ms <= thresholds.glance_ms:
        found.append("glance")
    if len(steps) < 2:
        found.append("single")
    if any(look.agent.system in ("windows", "mac") and look.speaks is not None for look in visit.looks):
        found.append("hosted")
    return tuple(found)


def wrong_facts(look: Look) -> int:
    """The facts that are missing, or surplus, for the browser that the agent claims to be; 0 when none is.

    A browser sends an event by `fetch` without a preflight and loads the image like any image. With both it says its
    languages and, where it can, how and for what it fetches. Tried in Chromium 156 and Firefox 153, 2026-11.
    """
    claim = look.agent.claim
    if claim is None or look.bits & UNSEEN:
        return 0
    promised = claim.image & ~claim.fresh if look.bits & PLAIN_HTTP else claim.image
    return promised & ~look.bits | (claim.foreign | _NO_FETCH) & look.bits


def unseen_purchase(steps: Iterable[SeenStep]) -> SeenStep | None:
    """The first purchase before which no page was viewed. Steps of one moment count as in order."""
    viewed_ms = min((seen.step.at_ms for seen in steps if seen.step.name == PAGE_VIEW), default=None)
    for seen in steps:
        if seen.step.name == PURCHASE and (viewed_ms is None or seen.step.at_ms < viewed_ms):
            return seen
    return None


def look_of(event: Event, rules: Rules) -> Look:
    """What a request of a visit looks like."""
    entry = event.network if event.network is not None and rules.counts(event.network) else None
    return Look(event.method, event.facts._value_, read_agent(event.agent), entry)


def left_out(event: Event) -> Ruling | None:
    """The ruling that leaves this event out of its visit; None for one that counts."""
    if event.decided is not None:
        decided = event.decided
        return Ruling(decided.rule, decided.verdict) if decided.rule in LEFT_OUT else None
    bits = event.facts._value_
    if bits & _OWN:
        return None
    if event.method not in ("GET", "POST"):
        return METHOD
    return PURPOSE if bits & PREFETCH else None


def _any_look(rule: Callable[[Look, Rules], Ruling | None]) -> Callable[[SeenVisit, Rules], Ruling | None]:
    def of_visit(visit: SeenVisit, rules: Rules) -> Ruling | None:
        return next((found for look in visit.looks if (found := rule(look, rules)) is not None), None)

    return of_visit


DECIDING: tuple[tuple[tuple[str, ...], Callable[[SeenVisit, Rules], Ruling | None]], ...] = (
    (("internal",), _any_look(internal)),
    (("declared",), _any_look(declared)),
    (("automated",), automated),
    (("flood",), flood),
    (("network",), network),
    (("client", "spin"), soft),
    (("claimed",), claimed),
)
"""What decides about a whole visit, in the order of `VISIT_RULES`, each with the rules that it may name. The two rules
of `LEFT_OUT` look at single events before."""


def first_ruling(visit: SeenVisit, rules: Rules) -> Ruling:
    """The first match. An event without details brings the ruling that it carries, at the place of its rule."""
    for names, decide in DECIDING:
        carried = next((visit.carried[name] for name in names if name in visit.carried), None)
        found = decide(visit, rules) if carried is None else carried
        if found is not None:
            return found
    machines = (ruling for ruling in visit.carried.values() if ruling.verdict is not Verdict.HUMAN)
    return next(machines, DEFAULT)
