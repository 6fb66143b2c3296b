"""What hits on the tokens of one form of a campaign have in common: found once, then remembered.

The modes in force follow from the token's form, the campaign, what is known of the person, and the request. There are
few combinations, so each is resolved once.
"""

from msgspec import Struct

from mailpixel.claims import TokenKind
from mailpixel.ingest.knowledge import Knowledge
from mailpixel.ingest.registry_cache import KnownCampaign
from mailpixel.kinds import EventKind
from mailpixel.links.token_format import Opening, Parts
from mailpixel.model import Facts
from mailpixel.modes import MODES_OF_BYTE, OFF, Mode, Modes
from mailpixel.privacy.resolve import AGGREGATE, NOBODY, Resolver
from mailpixel.privacy.written import OPENS, Written, written
from mailpixel.store.consents import CONSENTS


class Decided(Struct, frozen=True, gc=False):
    """What the modes in force say of a hit: what is written of it, and the facts that follow from them."""

    keeps: Written
    facts: int


class Case(Struct, eq=False, gc=False):
    """What hits on tokens of one form of a campaign have in common, on one surface.

    `decided` remembers what the modes say of them, by what is known of a person and of a request.
    """

    kind: EventKind
    opening: Opening
    known: KnownCampaign
    resolver: Resolver
    decided: dict[int, Decided]


class Named(Struct, frozen=True, gc=False):
    """What a hit's token names: a message, and for a click its link (None: the embedded destination)."""

    case: Case
    parts: Parts
    link: int | None


PREVIEW, OPENS_UNSEEN = int(Facts.PREVIEW), int(Facts.OPENS_UNSEEN)
OF_NOBODY = CONSENTS.index(NOBODY)
CASES_KEPT = 4_096
"""How many cases are remembered of each surface: one for each campaign, form and mode in use."""


class Cases:
    """The cases in use."""

    def __init__(self, live: Knowledge) -> None:
        self._live = live
        self._cases: dict[EventKind, dict[Opening, Case]] = {EventKind.OPEN: {}, EventKind.CLICK: {}}

    def case(self, kind: EventKind, opening: Opening) -> Case:
        """The case of a token on a surface of this kind, as long as what is known of its campaign is the same."""
        known, resolver = self._live.registry.campaign(opening.campaign), self._live.resolver
        cases = self._cases[kind]
        case = cases.get(opening)
        if case is None or case.known is not known or case.resolver is not resolver:
            if len(cases) >= CASES_KEPT:
                cases.clear()
            case = cases[opening] = Case(kind, opening, known, resolver, {})
        return case


def decide(case: Case, key: int) -> Decided:
    """What the modes in force say of hits of a case.

    `key` has the place of a person's consent in `CONSENTS`, and behind it three bits: whether the browser refuses,
    whether the recipient is a seed, and whether people's consents were read of late.
    """
    form, resolver = case.opening.form, case.resolver
    refuses, is_seed, is_sure = bool(key & 4), bool(key & 2), bool(key & 1)
    if form.kind is TokenKind.CAMPAIGN:  # of nobody; a preview is not counted
        everybody = (AGGREGATE, refuses, False, True)
        modes = OFF if form.preview else resolver.in_force(case.known.limits, NOBODY, everybody)
    else:
        signals = (modes_said(case.opening), refuses, form.preview or is_seed, is_sure)
        modes = resolver.in_force(case.known.limits, CONSENTS[key >> 3], signals)
    facts = (PREVIEW if form.preview else 0) | (0 if OPENS[modes.opens].event else OPENS_UNSEEN)
    return Decided(written(case.kind, modes), facts)


_SAID_BY_CLICKS = {modes: modes._replace(opens=Mode.FULL) for modes in MODES_OF_BYTE.values()}


def modes_said(opening: Opening) -> Modes | None:
    """The modes that a token was signed with; a click's token says nothing of opens, so it limits none."""
    modes = opening.modes
    if modes is None or opening.form.kind is not TokenKind.CLICK:
        return modes
    return _SAID_BY_CLICKS[modes]
