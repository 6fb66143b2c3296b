"""Opt-outs: people who refuse opens and clicks in the ledger of consent."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from mailpixel.modes import Consent, Statement
from mailpixel.store.consents import MAIL, Said, Taken
from mailpixel.times import to_ms


class OptOuts(Protocol):
    """People who asked not to be tracked."""

    @abstractmethod
    def opt_out(self, recipient: str, now: datetime) -> None:
        """Remember that a person must not be tracked. Doing it twice changes nothing."""
        ...

    @abstractmethod
    def is_opted_out(self, recipient: str) -> bool:
        """Whether a person refuses opens and clicks now. Time does not grow with the number of people."""
        ...


class OptOutsInLedger:
    """`OptOuts` on a ledger of consent: a part of a registry."""

    @abstractmethod
    def record_consents(
        self, said: Sequence[Said], now_ms: int, *, lift: bool = False, own: bool = False, dry: bool = False
    ) -> Sequence[Taken]:
        """See `Consents`."""

    @abstractmethod
    def consent_of(self, recipient: str) -> Consent:
        """See `Consents`."""

    def opt_out(self, recipient: str, now: datetime) -> None:
        """See `OptOuts`."""
        if not self.is_opted_out(recipient):
            now_ms = to_ms(now)
            refusal = Said(recipient, MAIL, Statement.DENIED, now_ms, "optout", method="optout")
            self.record_consents([refusal], now_ms, own=True)

    def is_opted_out(self, recipient: str) -> bool:
        """See `OptOuts`."""
        return refuses_all(self.consent_of(recipient))


def refuses_all(consent: Consent) -> bool:
    """Whether a person refuses opens and clicks."""
    return consent.opens is Statement.DENIED and consent.clicks is Statement.DENIED
