"""How the mail of each recipient of a campaign is signed, by what is in force when it is signed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.model import Campaign
from mailpixel.modes import FULL, Consent, Mode, Statement, Treatment, Untracked, treatment_of
from mailpixel.privacy.resolve import Limits, Policy, Signals, ceiling, in_force, limits_of, signed
from mailpixel.store.consents import CONSENTS
from mailpixel.store.signings import RUN_CHARS, Signings

OWN = len(CONSENTS)
"""Added to the code of a person for the sender's own recipients."""


def treatment(policy: Policy, campaign: Limits, consent: Consent, own: bool = False) -> Treatment:
    """How the mail of a person is signed. `own`: a seed recipient.

    An upgraded installation without a mode signs as before, so that a service of the earlier release understands it.
    """
    modes = (
        in_force(policy, campaign, consent, Signals(own=True)) if own else signed(policy, campaign, consent)
    )
    most = FULL if own else ceiling(policy, campaign)
    why_opens = _why(consent, consent.opens, modes.opens, most.opens)
    why_clicks = _why(consent, consent.clicks, modes.clicks, most.clicks)
    return Treatment(None if policy.legacy or modes == FULL else modes, why_opens, why_clicks)


def _why(consent: Consent, said: Statement, mode: Mode, most: Mode) -> Untracked | None:
    if mode >= Mode.INDIVIDUAL:
        return None
    if consent.erased:
        return Untracked.ERASED
    if most < Mode.INDIVIDUAL:
        return Untracked.MODE
    return Untracked.REFUSED if said is Statement.DENIED else Untracked.UNKNOWN


class Signing:
    """The treatment of every recipient of one campaign.

    `states` gives a byte for what each of some people said, a place in `CONSENTS`. `table` holds the treatments by
    code.
    """

    def __init__(self, policy: Policy, campaign: Campaign, states: Callable[[Sequence[str]], bytes]) -> None:
        self._policy = policy
        self._limits = limits_of(campaign)
        self._states = states
        self.table = _table(policy, self._limits)

    @property
    def name(self) -> str:
        """What decides besides the people, as text: a list is only continued under the same."""
        return repr((self._policy._replace(seeds=frozenset()), sorted(self._policy.seeds), self._limits))

    def codes(self, recipients: Sequence[str]) -> bytes:
        """For each recipient the place of the treatment in `table`."""
        codes = self._states(recipients)
        seeds = self._policy.seeds
        if not seeds or seeds.isdisjoint(recipients):
            return codes
        return bytes(
            code + OWN if recipient in seeds else code
            for code, recipient in zip(codes, recipients, strict=True)
        )

    def of(self, recipient: str) -> Treatment:
        """The treatment of one recipient."""
        return self.table[self.codes((recipient,))[0]]


@lru_cache(maxsize=256)
def _table(policy: Policy, limits: Limits) -> tuple[Treatment, ...]:
    return tuple(treatment(policy, limits, said, own) for own in (False, True) for said in CONSENTS)


def run_of(signer: str, now: datetime) -> str:
    """The name of a run where none is given: one for each way to sign and each day."""
    return f"{signer} {now:%Y-%m-%d}"


def check_run(name: str, field: str = "run") -> str:
    """The name of a run: 1 to 100 printable characters. Raises `InvalidInput`."""
    if 1 <= len(name) <= RUN_CHARS and name.isprintable() and name.strip() == name:
        return name
    raise InvalidInput(field, f"must have 1 to {RUN_CHARS} printable characters")


@dataclass(frozen=True, slots=True)
class Run:
    """Where the numbers of signed recipients go: the run of a campaign.

    A list replaces what was counted under its name, so that signing it again counts once; `adds` adds to it.
    """

    signings: Signings
    campaign: str
    name: str
    adds: bool = True

    def note(self, numbers: Mapping[Treatment, int]) -> None:
        """Count recipients. Does nothing when the store cannot be written: read access is enough to sign."""
        with suppress(StoreUnavailable):
            self.signings.note_signings(self.campaign, self.name, numbers, replace=not self.adds)

    def note_words(self, numbers: Mapping[str, int]) -> None:
        """The same for treatments as words."""
        self.note({treatment_of(text): number for text, number in numbers.items()})
