"""Which modes are in force: when a message is signed, and again at every hit. Only the least of several ever holds.

    ceiling   = least of (installation, campaign)
    person    = granted: full | denied: what refusing means | unknown: what silence means | erased: off
    signed    = least of (ceiling, person)                                       goes into the token
    in force  = least of (token, ceiling now, person now, refusal by the browser)     decides about the hit

Two things lie outside of these lines. A campaign of fewer than five people cannot be counted without telling of one
of them, so `aggregate` is `off` there. And what the sender sends to himself, a preview or to a seed recipient, is
`individual` unless that person refused.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple, Protocol

from mailpixel.modes import FULL, OFF, Consent, Mode, Modes, Statement, both, lesser
from mailpixel.traffic.facts import DNT, GPC

SURE_FOR_S = 30.0
"""How long what people said is relied on after it was read last. Then nobody is recorded by name."""
ENOUGH = 5
"""The fewest recipients of a campaign whose hits may be counted without naming them."""
REMEMBERED = 4_096
"""How many results of each kind are remembered."""
NOBODY = Consent(Statement.GRANTED, Statement.GRANTED)
"""Stands for a person where there is none: only the installation and the campaign decide."""
INDIVIDUAL = both(Mode.INDIVIDUAL)
AGGREGATE = both(Mode.AGGREGATE)


class Policy(NamedTuple):
    """What the operator chose.

    `mode` is the most that is recorded. `unknown` is the most of those who said nothing, `refused` of those who
    refused. `gpc` and `dnt` say whether these headers refuse. `seeds` are the sender's own recipients. `legacy` is
    an installation of an earlier release whose operator did not choose yet: it records as that release did.
    """

    mode: Modes = INDIVIDUAL
    unknown: Modes = INDIVIDUAL
    refused: Mode = Mode.OFF
    gpc: bool = True
    dnt: bool = False
    seeds: frozenset[str] = frozenset()
    legacy: bool = False

    @property
    def statements(self) -> Mapping[Statement, Modes]:
        """The most that is recorded of a person, by what the person said."""
        return {
            Statement.GRANTED: FULL,
            Statement.DENIED: both(self.refused),
            Statement.UNKNOWN: self.unknown,
        }


LEGACY = Policy(FULL, FULL, gpc=False, legacy=True)
"""As releases without modes: whoever opted out is not recorded, everybody else is."""


class Stated(Protocol):
    """What a campaign says. `sent` is the number of messages sent. None where it is not known."""

    @property
    def mode(self) -> Modes | None:
        """The most that may be recorded of it."""

    @property
    def sent(self) -> int | None:
        """How many messages went out."""


def ceiling(policy: Policy, campaign: Stated) -> Modes:
    """The most that may be recorded of anybody in a campaign."""
    return _with_enough(lesser(policy.mode, campaign.mode or FULL), campaign)


def of_person(policy: Policy, consent: Consent) -> Modes:
    """The most that may be recorded of a person, whatever the campaign."""
    if consent.erased:
        return OFF
    said = policy.statements
    return Modes(said[consent.opens].opens, said[consent.clicks].clicks)


def signed(policy: Policy, campaign: Stated, consent: Consent) -> Modes:
    """The modes that a message is signed with."""
    return _with_enough(lesser(ceiling(policy, campaign), of_person(policy, consent)), campaign)


class Signals(NamedTuple):
    """What else is known at a hit.

    `token` holds the modes in the token, None where it has none. `refuses`: the browser sent a header that refuses.
    `own`: the hit is of a preview or a seed recipient. `sure` is False while what people said cannot be read.
    """

    token: Modes | None = None
    refuses: bool = False
    own: bool = False
    sure: bool = True


NO_SIGNALS = Signals()
PlainSignals = tuple[Modes | None, bool, bool, bool]
"""The same four in their order: a plain tuple is made faster, and each hit makes one."""


def in_force(policy: Policy, campaign: Stated, consent: Consent, signals: Signals = NO_SIGNALS) -> Modes:
    """The modes that decide about a hit."""
    if signals.own:
        return lesser(
            FULL if policy.legacy else INDIVIDUAL, of_person(policy._replace(unknown=FULL), consent)
        )
    limits = [signals.token or FULL, ceiling(policy, campaign), of_person(policy, consent)]
    if signals.refuses:
        limits.append(both(policy.refused))
    if not signals.sure and not policy.legacy:
        limits.append(AGGREGATE)
    return _with_enough(lesser(*limits), campaign)


def _at_hit(policy: Policy, campaign: Stated, consent: Consent, signals: PlainSignals) -> Modes:
    return in_force(policy, campaign, consent, Signals(*signals))


def _with_enough(modes: Modes, campaign: Stated) -> Modes:
    if campaign.sent is None or campaign.sent >= ENOUGH:
        return modes
    return Modes(_unless_aggregate(modes.opens), _unless_aggregate(modes.clicks))


def _unless_aggregate(mode: Mode) -> Mode:
    return Mode.OFF if mode is Mode.AGGREGATE else mode


class Limits(NamedTuple):
    """A `Stated` campaign as it is kept in memory: `sent` is None where it is enough."""

    mode: Modes | None = None
    sent: int | None = None


def limits_of(campaign: Stated) -> Limits:
    """What decides of a campaign. Campaigns that resolve alike have the same limits."""
    return Limits(campaign.mode, None if campaign.sent is None or campaign.sent >= ENOUGH else campaign.sent)


NO_LIMITS = Limits()
"""Those of a campaign that is not known."""


class Resolver:
    """`ceiling`, `signed` and `in_force` by one policy, remembered: few combinations occur, and a hit waits for it."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.refusals = GPC * policy.gpc | DNT * policy.dnt
        """The bits of the facts that refuse."""
        self.ceiling: Callable[[Limits], Modes] = lru_cache(REMEMBERED)(partial(ceiling, policy))
        self.signed: Callable[[Limits, Consent], Modes] = lru_cache(REMEMBERED)(partial(signed, policy))
        self.in_force: Callable[[Limits, Consent, PlainSignals], Modes] = lru_cache(REMEMBERED)(
            partial(_at_hit, policy)
        )
