"""Everything that is stored about one person, for the person and for programs."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Protocol

from msgspec import Meta
from msgspec.structs import astuple

from mailpixel.classify import Rules
from mailpixel.model import Campaign
from mailpixel.projections.cases_of_people import CasesStore
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.consents import StatementRow, statement_row
from mailpixel.report.export import EventRow, event_row, judged_events
from mailpixel.report.person_sites import SiteEventRow, visits_and_orders
from mailpixel.report.tables import Cells
from mailpixel.report.webhooks import letter_row
from mailpixel.store.aggregates import LastOpens
from mailpixel.store.consents import Consents
from mailpixel.store.webhooks import Letters
from mailpixel.times import DAY_MS, moment_of


class RefusedRow(Answer, frozen=True):
    """An event that a webhook refused. `next_try` is null when it was given up."""

    webhook: str
    event: str
    campaign: str
    recipient: str
    attempts: Count
    last_status: int | None
    next_try: Iso | None


class LastOpenRow(Answer, frozen=True):
    """The day (UTC) of the last open, in any campaign, where nothing else of opens is kept."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]


class PersonRow(Answer, frozen=True):
    """Everything that is stored about a person. `erased` says that they are left out since they were erased.

    `visits` and `orders` are those that are known to be theirs, as an erasure takes them.
    """

    recipient: str
    erased: bool
    consents: list[StatementRow]
    events: list[EventRow]
    refused: list[RefusedRow]
    last_opens: list[LastOpenRow]
    visits: list[SiteEventRow]
    orders: list[SiteEventRow]

    @property
    def is_known(self) -> bool:
        """Whether anything at all is stored under this id."""
        return any(getattr(self, name) for name in PARTS)


class PersonStore(CasesStore, LastOpens, Protocol):
    """The part of a store that knows of people."""


class PersonRegistry(Consents, Letters, Protocol):
    """The part of a registry that knows of people."""


def person_row(
    store: PersonStore,
    registry: PersonRegistry,
    campaigns: Mapping[str, Campaign],
    rules: Rules,
    recipient: str,
) -> PersonRow:
    """Everything that is stored about a person."""
    events = [
        event_row(each, addresses=True)
        for message in store.person(recipient)
        for each in judged_events(message, campaigns[message.campaign], rules)
    ]
    last_open = store.last_open(recipient)
    visits, orders = visits_and_orders(store, recipient)
    return PersonRow(
        recipient=recipient,
        erased=registry.consent_of(recipient).erased,
        consents=[statement_row(kept) for kept in registry.history(recipient)],
        events=events,
        refused=[
            RefusedRow(letter.webhook, *astuple(letter_row(letter)))
            for letter in registry.letters_about(recipient)
        ],
        last_opens=[]
        if last_open is None
        else [LastOpenRow(moment_of(last_open * DAY_MS).date().isoformat())],
        visits=visits,
        orders=orders,
    )


PARTS: Mapping[str, type[Answer]] = {
    "consents": StatementRow,
    "events": EventRow,
    "refused": RefusedRow,
    "last_opens": LastOpenRow,
    "visits": SiteEventRow,
    "orders": SiteEventRow,
}
"""The lists of a person, and what they are made of."""
COLUMNS = tuple(
    dict.fromkeys(["about", "recipient", *(name for row in PARTS.values() for name in row.__struct_fields__)])
)
"""The columns of all that is stored, as one table."""


def lines_of(person: PersonRow) -> Iterator[Cells]:
    """Each thing that is stored, with what it is in `about`: a name of `PARTS`.

    A statement of an erased person has no recipient: it is kept as proof under a keyed hash.
    """
    for name in PARTS:
        for row in getattr(person, name):
            yield {"about": name, "recipient": None if person.erased else person.recipient, **row.to_json()}


def cells_of(person: PersonRow) -> Iterator[Cells]:
    """The same with all `COLUMNS`, null where one does not apply."""
    empty = dict.fromkeys(COLUMNS)
    return ({**empty, **line} for line in lines_of(person))
