"""The visits and orders of people, for whoever erases or exports them.

They are those that identities give to a person, or the shop's server. What is logged but not folded yet is looked
through, too: there a visit that uses a click of the person counts as theirs, because nobody can tell yet whether
somebody else came first.

Anybody can send the id of an order. So an order whose customer the server names is the customer's, and of others only
what their browsers reported of it is theirs.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message
from mailpixel.projections.identities import Identities, KnownClicks
from mailpixel.projections.orders import customers
from mailpixel.site_model import ORDER_PREFIX, SITE_CASES, SITE_PREFIX, OrderClaim, Step
from mailpixel.store.consumers import Consumers
from mailpixel.store.erasure import Case, TheirCases
from mailpixel.store.log import MessageReader
from mailpixel.store.site_projections import SITE_FOLD

AT_ONCE = 5_000
"""Events of the end of the log read at a time."""
LATEST_MS = (1 << 48) - 1
_CARRIED = int(Facts.CARRIED)
_STEPS, _CLAIMS = Decoder(Step), Decoder(OrderClaim)


Body = TypeVar("Body")


class CasesStore(KnownClicks, Consumers, Protocol):
    """A store, as this reads it."""


def cases_of_people(store: CasesStore, recipients: Sequence[str]) -> TheirCases:
    """The visits and orders of these people, and what they reported of others' orders: each once, in order."""
    found = sorted(_found(store, recipients))
    reports = {case: _reports(store, case, recipients, found) for case in found}
    return TheirCases(
        [case for case in found if reports[case] is None],
        [(case, visitor) for case in found for visitor in reports[case] or ()],
    )


def _reports(
    store: MessageReader, case: Case, recipients: Collection[str], theirs: Collection[Case]
) -> Collection[str] | None:
    """Which of their visitors reported an order that is somebody else's; None for what is theirs as a whole."""
    campaign, id = case
    if campaign.startswith(SITE_PREFIX):
        return None
    claims = list(_read(_CLAIMS, store.message(campaign, id).events))
    if not customers(claims) or any(claim.recipient in recipients for claim in claims):
        return None
    visits = SITE_PREFIX + campaign.removeprefix(ORDER_PREFIX)
    return sorted({claim.visitor for claim in claims if (visits, claim.visitor) in theirs})


def _found(store: CasesStore, recipients: Sequence[str]) -> set[Case]:
    known = Identities(store, lambda recipient: False)
    found = {case for recipient in recipients for case in folded_cases(store, known, recipient)}
    clicks = _clicks_of(store, recipients)
    judged = store.clicks_by_id(clicks)
    not_judged = store.uses_of([id for id in clicks if id not in judged])
    found.update((SITE_PREFIX + use.site, use.visitor) for use in not_judged if use.named_ms is not None)
    found.update(_unfolded(store, frozenset(recipients), frozenset(id.hex() for id in clicks)))
    return found


def folded_cases(store: KnownClicks, known: Identities, recipient: str) -> Iterator[Case]:
    """The folded visits and orders of a person."""
    for identity in known.of_recipient(recipient):
        yield SITE_PREFIX + identity.site, identity.visitor
        for order in store.orders_of_visit(identity.site, identity.visitor):
            yield ORDER_PREFIX + order.site, order.id
    for order in store.orders_of_recipient(recipient):
        yield ORDER_PREFIX + order.site, order.id


def _clicks_of(store: KnownClicks, recipients: Sequence[str]) -> Sequence[bytes]:
    """The carried clicks of these people."""
    return [
        event.id
        for recipient in recipients
        for message in store.person(recipient)
        for event in message.events
        if event.kind is EventKind.CLICK and event.facts._value_ & _CARRIED
    ]


def _unfolded(store: Consumers, people: frozenset[str], clicks: frozenset[str]) -> Iterator[Case]:
    """What was logged of these people after the position of the fold, by what the events themselves say."""
    visitors = set()
    for case in _cases_with_news(store):
        is_visit = case.campaign.startswith(SITE_PREFIX)
        if is_visit and any(step.click in clicks for step in _read(_STEPS, case.events)):
            visitors.add((case.campaign.removeprefix(SITE_PREFIX), case.recipient))
            yield case.campaign, case.recipient
    for case in _cases_with_news(store):
        if case.campaign.startswith(ORDER_PREFIX):
            site = case.campaign.removeprefix(ORDER_PREFIX)
            claims = _read(_CLAIMS, case.events)
            if any(claim.recipient in people or (site, claim.visitor) in visitors for claim in claims):
                yield case.campaign, case.recipient


def _cases_with_news(store: Consumers) -> Iterator[Message]:
    consumer = store.consumer(SITE_FOLD, cases=SITE_CASES)
    after = consumer.position()
    while (settled := consumer.settled(after, LATEST_MS, AT_ONCE)).entries:
        yield from (case for case in settled.messages if isinstance(case, Message))
        after = settled.entries[-1].position


def _read(decoder: Decoder[Body], events: Iterable[Event]) -> Iterator[Body]:
    for event in events:
        try:
            yield decoder.decode(event.body)
        except MsgspecError:
            continue
