"""Who may not be known on web sites: people who opted out, and who refuse to be measured or known there."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

from mailpixel.modes import Consent, Statement
from mailpixel.store.consents import PURPOSES
from mailpixel.store.opt_outs import refuses_all

NEEDED = frozenset({"measure", "identify"})
"""The purposes whose refusal keeps a person from being known."""
REMEMBERED = 65_536


class Ledger(Protocol):
    """The ledger of consent, as it is read here."""

    def consent_of(self, recipient: str) -> Consent:
        """What holds for a person for mail."""
        ...

    def states_of(self, recipient: str) -> Sequence[Statement]:
        """What holds for a person for each of `PURPOSES`."""
        ...


def refuses_on_sites(ledger: Ledger) -> Callable[[str], bool]:
    """Tells whether a recipient may not be known on sites, as the ledger is now. It asks once for each."""

    @lru_cache(maxsize=REMEMBERED)
    def refuses(recipient: str) -> bool:
        mail = ledger.consent_of(recipient)
        if mail.erased or refuses_all(mail):
            return True
        states = dict(zip(PURPOSES, ledger.states_of(recipient), strict=True))
        return any(states[purpose] is Statement.DENIED for purpose in NEEDED)

    return refuses
