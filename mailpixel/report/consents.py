"""Consent for programs and tables: what holds for a person, and what was said when."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

from mailpixel.report.answer import Answer, Iso, exactly
from mailpixel.report.moments import iso_ms
from mailpixel.store.consents import EVERY_PURPOSE, PURPOSES, Consents, Kept, purposes_in

ALL = "all"
IMPORTABLE = ("recipient", "purpose", "state", "time", "source", "wording")
PROOF = (*IMPORTABLE, "recorded_at", "method")
PAGE = 5_000
Said = Literal["unknown", "granted", "denied"]


class StatementRow(Answer, frozen=True):
    """What a person said about some purposes, and when and how it came here: `page`, `import`, `api` or `optout`."""

    purposes: list[str]
    state: Said
    time: Iso
    recorded_at: Iso
    source: str
    wording: str
    method: str


class ConsentsRow(Answer, frozen=True):
    """What holds for a person now, and all statements in order of time.

    `erased`: the person was erased and did not return since; then nothing is recorded of them, whatever they said.
    """

    recipient: str
    now: Annotated[
        dict[str, str], exactly(PURPOSES, {"type": "string", "enum": ["unknown", "granted", "denied"]})
    ]
    erased: bool
    history: list[StatementRow]


def consents_row(registry: Consents, recipient: str) -> ConsentsRow:
    """What the ledger says of a person."""
    states = (state.value for state in registry.states_of(recipient))
    return ConsentsRow(
        recipient=recipient,
        now=dict(zip(PURPOSES, states, strict=True)),
        erased=registry.consent_of(recipient).erased,
        history=[statement_row(kept) for kept in registry.history(recipient)],
    )


def statement_row(kept: Kept) -> StatementRow:
    """One recorded statement."""
    return StatementRow(
        purposes=list(purposes_in(kept.purposes)),
        state=kept.state.value,
        time=iso_ms(kept.at_ms),
        recorded_at=iso_ms(kept.recorded_ms),
        source=kept.source,
        wording=kept.wording,
        method=kept.method,
    )


def ledger(registry: Consents) -> Iterator[Kept]:
    """All recorded statements, in order of position."""
    after = 0
    while page := registry.consents(after, PAGE):
        yield from page
        after = page[-1].position


def importable(kept: Iterable[Kept], columns: Sequence[str] = IMPORTABLE) -> Iterator[dict[str, Any]]:
    """Rows of these columns, one for each purpose or one for all. Statements of erased people have no row."""
    for each in kept:
        if each.recipient is None:
            continue
        row = statement_row(each).to_json() | {"recipient": each.recipient}
        names = (ALL,) if each.purposes == EVERY_PURPOSE else purposes_in(each.purposes)
        for name in names:
            whole = row | {"purpose": name}
            yield {column: whole[column] for column in columns}
