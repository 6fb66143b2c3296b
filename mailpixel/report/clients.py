"""In which programs and on what devices a campaign was read, with what is not known beside it."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from mailpixel.report.answer import Answer, Count, Share, exactly
from mailpixel.report.estimate import rounded
from mailpixel.traffic.programs import DEVICES, PROGRAMS

UNKNOWN = "unknown"


class Clients(Answer, frozen=True):
    """Messages with a human open or click, by the program or the device of the first.

    `known` has every name of its list but `unknown`, the most frequent first. `unknown_share` is null without messages.
    """

    messages: Count
    unknown: Count
    unknown_share: Share | None
    known: dict[str, Count]


class Programs(Clients, frozen=True):
    """Messages with a human open or click, by the program of the first; the most frequent first."""

    known: Annotated[dict[str, Count], exactly(name for name in PROGRAMS if name != UNKNOWN)]


class Devices(Clients, frozen=True):
    """Messages with a human open or click, by the device of the first; the most frequent first."""

    known: Annotated[dict[str, Count], exactly(name for name in DEVICES if name != UNKNOWN)]


def programs(totals: Mapping[str, int]) -> Programs:
    """The programs that a campaign was read in."""
    return Programs(*_clients(totals, "client", PROGRAMS))


def devices(totals: Mapping[str, int]) -> Devices:
    """The devices that a campaign was read on."""
    return Devices(*_clients(totals, "device", DEVICES))


def _clients(
    totals: Mapping[str, int], of: str, names: Iterable[str]
) -> tuple[int, int, float | None, dict[str, int]]:
    """The fields of `Clients`."""
    numbers = {str(name): totals.get(f"opens.{of}.{name}", 0) for name in names}
    messages, unknown = sum(numbers.values()), numbers.pop(UNKNOWN)
    share = rounded(unknown / messages) if messages else None
    return messages, unknown, share, dict(sorted(numbers.items(), key=lambda entry: -entry[1]))
