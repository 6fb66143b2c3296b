"""Who a visitor of a site is: by a click of a mail that the visitor used, or because the shop's server says so.

Nothing of it is stored. It is decided when it is read, from the visits, orders and clicks as they are folded then. So
it depends neither on the order in which things arrive nor on what was known before, and when a click is judged again,
erased or refused, it is as if it had always been so.

1. Of all visitors who use a person's click within 30 minutes of it, and agree to be known by it, the first is the
   person. Who uses it later was sent the address.
2. Of all visitors of one day who would be one person, the first is. A later one was sent the mail, unless both agreed
   to the same id.
3. Whom the shop's server names is that person, and then the clicks of that day name nobody else.
4. A visitor who would be two people is neither.
5. A person who refuses is nobody.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from mailpixel.kinds import EventKind
from mailpixel.site_model import Click, Identity
from mailpixel.store.log import MessageReader
from mailpixel.store.site_projections import Days, Named, ReadSiteProjections, Use

WITHIN_MS = 30 * 60_000
"""How long after a click its visitor may be taken for the person who clicked."""

Visitor = tuple[str, str]
"""Site and visitor key."""


class Claim(NamedTuple):
    """A visitor of a day would be this recipient. `by_server`: the shop's server says so, and `click` is empty."""

    recipient: str
    day: int
    at_ms: int
    visitor: str
    site: str
    known_as: str = ""
    click: bytes = b""
    by_server: bool = False


class Clicks(Protocol):
    """Finds clicks that were carried on to a site."""

    def clicks_by_id(self, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
        """The clicks with these event ids, without those that are unknown."""
        ...


class KnownClicks(Clicks, MessageReader, ReadSiteProjections, Protocol):
    """A store, as identities read it."""


def claims_by_click(uses: Iterable[Use], clicks: Mapping[bytes, Click]) -> Sequence[Claim]:
    """Whom each click names: its first user. `uses` must hold every use of each click."""
    firsts: dict[bytes, tuple[int, str, str, Use]] = {}
    for use in uses:
        click = clicks.get(use.click)
        if click is None or not click.is_human or not use.human or use.named_ms is None:
            continue
        if 0 <= use.named_ms - click.at_ms <= WITHIN_MS:
            candidate = (use.named_ms, use.visitor, use.site, use)
            if use.click not in firsts or candidate[:3] < firsts[use.click][:3]:
                firsts[use.click] = candidate
    return [_claim(use, clicks[id], at_ms) for id, (at_ms, _, _, use) in firsts.items()]


def _claim(use: Use, click: Click, at_ms: int) -> Claim:
    return Claim(click.recipient, use.day, at_ms, use.visitor, use.site, use.known_as, use.click)


def claim_of_server(named: Named) -> Claim:
    """Whom a server named."""
    return Claim(
        named.recipient, named.day, named.at_ms, named.visitor, named.site, named.known_as, by_server=True
    )


def not_forwarded(claims: Iterable[Claim]) -> Sequence[Claim]:
    """Without the claims of those who were sent the mail. `claims` must hold all of each recipient and day."""
    of_day: defaultdict[tuple[str, int], list[Claim]] = defaultdict(list)
    for claim in claims:
        of_day[claim.recipient, claim.day].append(claim)
    return [claim for group in of_day.values() for claim in _of_person(sorted(group))]


def _of_person(claims: Sequence[Claim]) -> Iterable[Claim]:
    """The claims of one recipient and day that hold, from all of them in order of time."""
    named = [claim for claim in claims if claim.by_server]
    sure = named or [claim for claim in claims if _who(claim) == _who(claims[0])]
    visitors = {_who(claim) for claim in sure}
    known_as = {claim.known_as for claim in sure if claim.known_as}
    return [claim for claim in claims if _who(claim) in visitors or claim.known_as in known_as]


def _who(claim: Claim) -> Visitor:
    return claim.site, claim.visitor


def identities_of(claims: Iterable[Claim]) -> Mapping[Visitor, Identity]:
    """Who each visitor is, from claims that hold. `claims` must hold all of each visitor."""
    of_visitor: defaultdict[Visitor, list[Claim]] = defaultdict(list)
    for claim in claims:
        of_visitor[_who(claim)].append(claim)
    found = {}
    for who, all_of in of_visitor.items():
        mine = [claim for claim in all_of if claim.by_server] or all_of
        if len({claim.recipient for claim in mine}) == 1:
            first = min(mine)
            click = next((claim.click for claim in sorted(all_of) if _is_click_of(claim, first)), b"")
            found[who] = Identity(*who, first.recipient, click)
    return found


def _is_click_of(claim: Claim, first: Claim) -> bool:
    return bool(claim.click) and claim.recipient == first.recipient


class Identities:
    """Reads who visitors are. `refuses` says whether a recipient may not be known on sites."""

    def __init__(self, store: KnownClicks, refuses: Callable[[str], bool]) -> None:
        self._store = store
        self._refuses = refuses

    def of_recipient(self, recipient: str) -> Sequence[Identity]:
        """The visitors who are this recipient, in order of site and visitor."""
        if self._refuses(recipient):
            return ()
        mine = [_who(claim) for claim in self._holding([recipient])]
        found = self._among(sorted(set(mine)))
        return [identity for _, identity in sorted(found.items()) if identity.recipient == recipient]

    def of_visitor(self, site: str, visitor: str) -> Identity | None:
        """Who this visitor is; None where that is not known."""
        found = self._among([(site, visitor)]).get((site, visitor))
        return None if found is None or self._refuses(found.recipient) else found

    def of_days(self, days: Days) -> Mapping[Visitor, Identity]:
        """Who the visitors of these days are, of all sites, in a few questions to the store."""
        in_days = self._store.uses_in(days)
        uses = self._store.uses_of(list(dict.fromkeys(use.click for use in in_days)))
        clicks = self._store.clicks_by_id(list(dict.fromkeys(use.click for use in uses)))
        claims = [*claims_by_click(uses, clicks), *map(claim_of_server, self._store.named_in(days))]
        of_days = [claim for claim in claims if days.first <= claim.day <= days.last]
        found = identities_of(not_forwarded(of_days))
        refusing = {each for each in {one.recipient for one in found.values()} if self._refuses(each)}
        return {who: one for who, one in found.items() if one.recipient not in refusing}

    def _among(self, visitors: Sequence[Visitor]) -> Mapping[Visitor, Identity]:
        """Who these visitors are, whatever these people said."""
        uses, named = self._store.uses_by(visitors), self._store.named_by(visitors)
        clicks = self._store.clicks_by_id([use.click for use in uses])
        people = {click.recipient for click in clicks.values()} | {each.recipient for each in named}
        asked = frozenset(visitors)
        holding = [claim for claim in self._holding(sorted(people)) if _who(claim) in asked]
        return identities_of(holding)

    def _holding(self, recipients: Sequence[str]) -> Sequence[Claim]:
        """The claims of these recipients that hold beside their other claims."""
        ids = [id for recipient in recipients for id in self._clicks_of(recipient)]
        clicks = self._store.clicks_by_id(ids)
        named = [each for recipient in recipients for each in self._store.named_of(recipient)]
        return not_forwarded(
            [*claims_by_click(self._store.uses_of(list(clicks)), clicks), *map(claim_of_server, named)]
        )

    def _clicks_of(self, recipient: str) -> Iterable[bytes]:
        for message in self._store.person(recipient):
            yield from (event.id for event in message.events if event.kind is EventKind.CLICK)
