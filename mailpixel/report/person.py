"""Everything that is stored about one person, for the person and for programs."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec.structs import astuple

from mailpixel.classify import Rules
from mailpixel.model import Campaign
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.export import EventRow, event_row, judged_events
from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import Cells
from mailpixel.report.webhooks import letter_row
from mailpixel.store.consents import PURPOSES, Consents, Kept
from mailpixel.store.log import MessageReader
from mailpixel.store.webhooks import Letters


class StatementRow(Answer, frozen=True):
    """What the person said once about being measured: for which purposes, when, and where it was said.

    `recipient` is null once the person was erased: the statement is kept as proof under a keyed hash.
    """

    recipient: str | None
    purposes: list[str]
    state: str
    at: Iso
    recorded_at: Iso
    source: str
    wording: str
    method: str


class RefusedRow(Answer, frozen=True):
    """An event that a webhook refused. `next_try` is null when it was given up."""

    webhook: str
    event: str
    campaign: str
    recipient: str
    attempts: Count
    last_status: int | None
    next_try: Iso | None


class PersonRow(Answer, frozen=True):
    """Everything that is stored about a person. `erased` says that they are left out since they were erased."""

    recipient: str
    erased: bool
    consents: list[StatementRow]
    events: list[EventRow]
    refused: list[RefusedRow]

    @property
    def is_known(self) -> bool:
        """Whether anything at all is stored under this id."""
        return bool(self.consents or self.events or self.refused)


class PersonRegistry(Consents, Letters, Protocol):
    """The part of a registry that knows of people."""


def person_row(
    store: MessageReader,
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
    return PersonRow(
        recipient=recipient,
        erased=registry.consent_of(recipient).erased,
        consents=[_statement(kept) for kept in registry.history(recipient)],
        events=events,
        refused=[
            RefusedRow(letter.webhook, *astuple(letter_row(letter)))
            for letter in registry.letters_about(recipient)
        ],
    )


PARTS = {"consents": StatementRow, "events": EventRow, "refused": RefusedRow}
"""The lists of a person, and what they are made of."""
COLUMNS = ("about", *dict.fromkeys(field for row in PARTS.values() for field in row.__struct_fields__))
"""The columns of all that is stored, as one table."""


def lines_of(person: PersonRow) -> Iterator[Cells]:
    """Each thing that is stored, with what it is in `about`: consents, events, refused."""
    for name in PARTS:
        for row in getattr(person, name):
            yield {"about": name, **row.to_json()}


def cells_of(person: PersonRow) -> Iterator[Cells]:
    """The same with all `COLUMNS`, null where one does not apply."""
    empty = dict.fromkeys(COLUMNS)
    return ({**empty, **line} for line in lines_of(person))


def _statement(kept: Kept) -> StatementRow:
    return StatementRow(
        recipient=kept.recipient,
        purposes=[purpose for bit, purpose in enumerate(PURPOSES) if kept.purposes >> bit & 1],
        state=kept.state,
        at=iso_ms(kept.at_ms),
        recorded_at=iso_ms(kept.recorded_ms),
        source=kept.source,
        wording=kept.wording,
        method=kept.method,
    )
