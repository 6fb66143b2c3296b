"""What the registry keeps of the operator's choice of privacy."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PrivacyChoice:
    """The modes that were set last, as `parse_modes` reads them; empty where none ever were.

    `mode` is the most that is recorded, `unknown` the most of people who said nothing. `legacy` says that an earlier
    release, which knew no modes, had campaigns here.
    """

    legacy: bool = False
    mode: str = ""
    unknown: str = ""


class PrivacyChoices(Protocol):
    """Keeps the operator's choice, so that a setting that is missing later never allows more."""

    def privacy_choice(self) -> PrivacyChoice:
        """What was chosen."""
        ...

    def choose_privacy(self, mode: str, unknown: str) -> None:
        """Remember modes that are set; an empty text leaves what was chosen before."""
        ...
