"""A person's "do not track me": in force for new hits at once, and an event for each message already sent."""

from collections.abc import Sequence
from datetime import datetime

from mailpixel.event_ids import reported_event
from mailpixel.kinds import EventKind
from mailpixel.model import Event
from mailpixel.modes import Statement
from mailpixel.store.consents import MAIL, Consents, Said, Taken
from mailpixel.store.log import Log
from mailpixel.store.opt_outs import OptOuts, refuses_all
from mailpixel.times import to_ms

AT_ONCE = 200
"""People whose messages are read and marked at a time."""
IN_FORCE = frozenset({Taken.TAKEN, Taken.KNOWN})
"""What became of a statement that may hold now. One that was known may be that of an import that was killed."""


def opt_out(store: Log, registry: OptOuts, recipient: str, now: datetime) -> None:
    """Stop counting a person. Doing it twice changes nothing. Raises `StoreUnavailable`."""
    registry.opt_out(recipient, now)
    note_opt_outs(store, [recipient], to_ms(now))


def note_opt_outs(store: Log, recipients: Sequence[str], now_ms: int) -> None:
    """Log the opt-out of these people for each message already sent that has none. Raises `StoreUnavailable`."""
    for start in range(0, len(recipients), AT_ONCE):
        messages = store.people(recipients[start : start + AT_ONCE])
        sent = [each for each in messages if not _is_opted_out(each.events)]
        store.append(
            [reported_event(EventKind.OPTOUT, each.campaign, each.recipient, now_ms) for each in sent]
        )


def record_statements(
    store: Log, ledger: Consents, said: Sequence[Said], now_ms: int, lift: bool = False
) -> Sequence[Taken]:
    """Record what people said elsewhere. Whoever refuses opens and clicks by that has opted out.

    Doing it again completes what a killed process began. Returns what became of each statement. Raises
    `StoreUnavailable`.
    """
    taken = ledger.record_consents(said, now_ms, lift=lift)
    refused = {
        each.recipient
        for each, became in zip(said, taken, strict=True)
        if became in IN_FORCE and each.state is Statement.DENIED and each.purposes & MAIL
    }
    note_opt_outs(store, [each for each in sorted(refused) if _refuses(ledger, each)], now_ms)
    return taken


def _refuses(ledger: Consents, recipient: str) -> bool:
    consent = ledger.consent_of(recipient)
    return refuses_all(consent) and not consent.erased


def _is_opted_out(events: Sequence[Event]) -> bool:
    return any(event.kind is EventKind.OPTOUT for event in events)
