"""In which programs and on which devices a campaign was read, and for how many messages this is unknown."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from mailpixel.report.answer import Answer, Count, Share, exactly
from mailpixel.report.estimate import rounded
from mailpixel.traffic.programs import DEVICES, PROGRAMS

UNKNOWN = "unknown"


class Clients(Answer, frozen=True):
    """Messages with a human open or click, by the program or device of the first one.

    `known` has every name except `unknown`, most frequent first. `unknown_share` is null without messages.
    """

    messages: Count
    unknown: Count
    unknown_share: Share | None
    known: dict[str, Count]


class Programs(Clients, frozen=True):
    """Messages with a human open or click, by the program of the first one; most frequent first."""

    known: Annotated[dict[str, Count], exactly(name for name in PROGRAMS if name != UNKNOWN)]


class Devices(Clients, frozen=True):
    """Messages with a human open or click, by the device of the first one; most frequent first."""

    known: Annotated[dict[str, Count], exactly(name for name in DEVICES if name != UNKNOWN)]


def programs(totals: Mapping[str, int]) -> Programs:
    """The programs in which a campaign was read."""
    return Programs(*_clients(totals, "client", PROGRAMS))


def devices(totals: Mapping[str, int]) -> Devices:
    """The devices on which a campaign was read."""
    return Devices(*_clients(totals, "device", DEVICES))


def _clients(
    totals: Mapping[str, int], of: str, names: Iterable[str]
) -> tuple[int, int, float | None, dict[str, int]]:
    """The fields of `Clients`."""
    numbers = {str(name): totals.get(f"opens.{of}.{name}", 0) for name in names}
    messages, unknown = sum(numbers.values()), numbers.pop(UNKNOWN)
    share = rounded(unknown / messages) if messages else None
    return messages, unknown, share, dict(sorted(numbers.items(), key=lambda entry: -entry[1]))
