"""What a person decides on their page: recorded as their own word, in force at once, for mail already sent too."""

import secrets
from dataclasses import dataclass, replace
from typing import Protocol

from mailpixel.modes import Consent, Statement
from mailpixel.privacy.erasure import Erasing, leave_out
from mailpixel.privacy.optout import note_opt_outs
from mailpixel.store.consents import CLICKS, MAIL, OPENS, Consents, Said, Wording, Wordings
from mailpixel.store.erasures import ErasureRecord
from mailpixel.store.log import Log
from mailpixel.store.opt_outs import refuses_all

SOURCE = "page"


class Ledger(Consents, Wordings, Protocol):
    """The part of a registry that a choice needs."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose: for each purpose, None where they left it as it was. `wording` is what they saw."""

    opens: Statement | None
    clicks: Statement | None
    wording: Wording

    def said(self, recipient: str, now_ms: int) -> list[Said]:
        """The statements, one for both purposes where they are the same."""
        answers = {OPENS: self.opens, CLICKS: self.clicks}
        if self.opens is self.clicks:
            answers = {MAIL: self.opens}
        return [
            Said(recipient, purposes, state, now_ms, SOURCE, self.wording.version, "page")
            for purposes, state in answers.items()
            if state is not None
        ]


def refuse_all(wording: Wording) -> Choice:
    """The choice of no to everything."""
    return Choice(Statement.DENIED, Statement.DENIED, wording)


def record_choice(store: Log, ledger: Ledger, recipient: str, choice: Choice, now_ms: int) -> Consent:
    """Record a choice with the wording that was shown, and return what holds now. Raises `StoreUnavailable`.

    A refusal of everything is an event of each message already sent, as any opt-out. A yes brings back a person who
    was erased.
    """
    said = choice.said(recipient, now_ms)
    if said:
        ledger.keep_wording(choice.wording)
        ledger.record_consents(said, now_ms, own=True)
    consent = ledger.consent_of(recipient)
    if said and refuses_all(consent) and not consent.erased:
        note_opt_outs(store, [recipient], now_ms)
    return consent


def erase_at_request(erasing: Erasing, recipient: str) -> None:
    """Erase a person who asks for it, and record nothing of them until they say yes. Raises `StoreUnavailable`.

    They are left out and their events are deleted at once. The rest of the erasure may take long; `finish_all` does
    it, and notes the proof. Asking again changes nothing.
    """
    if erasing.registry.consent_of(recipient).erased:
        return
    record = ErasureRecord(secrets.token_hex(8), erasing.clock(), 1)
    erasing.registry.begin_erasure(record, [recipient])
    leave_out(erasing, [recipient], record.asked_at_ms)
    cases = erasing.cases.of([recipient])
    erased = erasing.store.erase_all([recipient], erasing.clock(), cases)
    letters = erasing.registry.forget_people([recipient])
    erasing.registry.note_erasure(
        replace(
            record,
            events=erased.events,
            states=erased.states,
            visits=erased.visits,
            orders=erased.orders,
            letters=letters,
        )
    )
