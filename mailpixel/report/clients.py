"""In which programs and on what devices a campaign was read, with what is not known beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mailpixel.report.estimate import rounded
from mailpixel.traffic.programs import Device, Program

UNKNOWN = "unknown"
NAMES: Mapping[str, type[StrEnum]] = {"client": Program, "device": Device}


@dataclass(frozen=True, slots=True)
class Clients:
    """Messages with a human open or click, by the program or the device of the first.

    `known` has every name of its list but `unknown`, the most frequent first.
    """

    messages: int
    unknown: int
    known: Mapping[str, int]

    @property
    def unknown_share(self) -> float | None:
        """The part of `messages` of which it is not known, from 0 to 1; None without messages."""
        return self.unknown / self.messages if self.messages else None

    def to_json(self) -> dict[str, object]:
        """{"messages","unknown","unknown_share","known":{name: messages}}."""
        return {
            "messages": self.messages,
            "unknown": self.unknown,
            "unknown_share": rounded(self.unknown_share),
            "known": dict(self.known),
        }


def clients(totals: Mapping[str, int], of: str) -> Clients:
    """The programs (`client`) or devices (`device`) of a campaign."""
    numbers = {name.value: totals.get(f"opens.{of}.{name}", 0) for name in NAMES[of]}
    messages, unknown = sum(numbers.values()), numbers.pop(UNKNOWN)
    return Clients(messages, unknown, dict(sorted(numbers.items(), key=lambda entry: -entry[1])))
