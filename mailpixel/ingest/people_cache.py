"""What people agreed to, for the hot path: a copy in memory, kept fresh by the registry's news."""

import threading
from collections.abc import Sequence
from typing import Protocol

from mailpixel.modes import Consent, Statement
from mailpixel.privacy.people import People
from mailpixel.store.consents import CONSENTS, ConsentNews
from mailpixel.store.opt_outs import refuses_all


class ConsentFeed(Protocol):
    """The part of a ledger of consent that the copy needs."""

    def consent_news(self, since: int) -> ConsentNews:
        """See `Consents`."""
        ...

    def person_secret(self) -> bytes:
        """See `Consents`."""
        ...


class PeopleCache:
    """Answers without I/O. `refresh` may run in any thread; a refresh makes new arrays and swaps them in at once."""

    def __init__(self, ledger: ConsentFeed) -> None:
        self._ledger = ledger
        self._revision = 0
        self._people: People | None = None
        self._refreshing = threading.Lock()

    def refresh(self) -> None:
        """Read what changed since the last time. Raises `StoreUnavailable`; the former knowledge stays."""
        with self._refreshing:
            news = self._ledger.consent_news(self._revision)
            if self._people is None:
                self._people = People.of(self._ledger.person_secret(), news.keys, news.states)
            elif news.keys:
                self._people = self._people.with_news(news.keys, news.states)
            self._revision = news.revision

    @property
    def people(self) -> People | None:
        """The people of the last refresh; None before the first."""
        return self._people

    @property
    def revision(self) -> int:
        """The revision of the registry that was read last."""
        return self._revision

    def consent(self, recipient: str) -> Consent:
        """What holds for a person. Before the first refresh everybody refuses: nothing may be recorded."""
        return CONSENTS[self.state(recipient)]

    def state(self, recipient: str) -> int:
        """The same as its place in `CONSENTS`."""
        people = self._people
        return NOT_KNOWN_CODE if people is None else people.state(recipient)

    def states(self, recipients: Sequence[str]) -> bytes:
        """What holds for many people, a byte for each: its place in `CONSENTS`."""
        people = self._people
        return bytes([NOT_KNOWN_CODE]) * len(recipients) if people is None else people.states(recipients)

    def opted_out(self, recipient: str) -> bool:
        """Whether a person refuses opens and clicks, or was erased and did not return."""
        consent = self.consent(recipient)
        return consent.erased or refuses_all(consent)


NOT_KNOWN_YET = Consent(Statement.DENIED, Statement.DENIED, erased=True)
"""The consent of everybody until the ledger was read once."""
NOT_KNOWN_CODE = CONSENTS.index(NOT_KNOWN_YET)
