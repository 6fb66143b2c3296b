"""What is stored of one person's visits and orders, event by event."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import to_builtins

from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.projections.cases_of_people import CasesStore, cases_of_people
from mailpixel.report.answer import Answer, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site.fields import AMOUNTS
from mailpixel.site.money import decimal_text
from mailpixel.site_model import CaseKind, case_kind, read_claim, read_step, reporter_of


class SiteEventRow(Answer, frozen=True):
    """An event of a visit or an order. `id` is hexadecimal.

    `case` is the key of the visitor, or the id of the order. `body` holds what was reported: moments in milliseconds
    since 1970, money as decimal text. `agent` is empty once it was dropped.
    """

    id: str
    received_at: Iso
    kind: EventKind
    site: str
    case: str
    agent: str
    body: dict[str, Any]


def visits_and_orders(store: CasesStore, recipient: str) -> tuple[list[SiteEventRow], list[SiteEventRow]]:
    """The events of a person's visits, and those of their orders."""
    whole, reports = cases_of_people(store, [recipient])
    events = [event for case in whole for event in store.message(*case).events]
    for case, visitor in reports:
        events += [event for event in store.message(*case).events if reporter_of(event.body) == visitor]
    return list(_rows(events, CaseKind.VISIT)), list(_rows(events, CaseKind.ORDER))


def _rows(events: Iterable[Event], kind: CaseKind) -> Iterator[SiteEventRow]:
    read = read_step if kind is CaseKind.VISIT else read_claim
    for event in events:
        if case_kind(event.campaign) is kind:
            yield SiteEventRow(
                id=event.id.hex(),
                received_at=iso_ms(event.received_at_ms),
                kind=event.kind,
                site=event.campaign.partition(":")[2],
                case=event.recipient,
                agent=event.agent,
                body=_with_decimals(to_builtins(read(event.body))),
            )


def _with_decimals(body: dict[str, Any]) -> dict[str, Any]:
    """A body whose amounts are decimal text, as everywhere outside of the database."""
    currency = body.get("currency", "")
    amounts = {name: body[name] for name in AMOUNTS if isinstance(body.get(name), int)} if currency else {}
    return body | {name: decimal_text(amount, currency) for name, amount in amounts.items()}
