"""What the registry keeps of the operator's choice of privacy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class PrivacyChoice:
    """The modes that were set last, as `parse_modes` reads them; empty where none ever were.

    `mode` is the most that is recorded, `unknown` the most of people who said nothing. `legacy` says that an earlier
    release, which knew no modes, had campaigns here. `mode_since_ms` and `unknown_since_ms` are when they were set
    (milliseconds since 1970); None where they never were, or by a release that did not note it.
    """

    legacy: bool = False
    mode: str = ""
    unknown: str = ""
    mode_since_ms: int | None = None
    unknown_since_ms: int | None = None

    def chosen(self, mode: str, unknown: str, now_ms: int) -> "PrivacyChoice":
        """The choice after modes were set: an empty text leaves what was chosen, and the same again its moment."""
        choice = self
        if mode not in ("", self.mode):
            choice = replace(choice, mode=mode, mode_since_ms=now_ms)
        if unknown not in ("", self.unknown):
            choice = replace(choice, unknown=unknown, unknown_since_ms=now_ms)
        return choice


class StatedMode(NamedTuple):
    """A mode that campaigns state, how many do, and when the first began to (milliseconds since 1970).

    The moment is None where it is not known of each: an earlier release did not note it.
    """

    mode: str
    campaigns: int
    since_ms: int | None


class PrivacyChoices(Protocol):
    """Keeps the operator's choice, so that a setting that is missing later never allows more."""

    def privacy_choice(self) -> PrivacyChoice:
        """What was chosen."""
        ...

    def choose_privacy(self, mode: str, unknown: str, now_ms: int) -> None:
        """Remember modes that are set and since when; an empty text leaves what was chosen before."""
        ...

    def stated_modes(self) -> Sequence[StatedMode]:
        """The modes that campaigns state, in order of their texts. It reads every campaign."""
        ...
