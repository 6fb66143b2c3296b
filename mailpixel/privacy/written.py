"""What is written of a hit in each mode: one table for opens, one for clicks. Whatever keeps a part of a hit reads it.

The modes of a message decide about its hits: that of opens about an open, that of clicks about a click.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mailpixel.kinds import EventKind
from mailpixel.modes import Mode, Modes


class Written(NamedTuple):
    """What is written of a hit.

    `counted`: it raises a count of its campaign, of nobody in particular. `day`: the day of the recipient's last open
    is kept, without campaign and time. `event`: it is logged, with its recipient, time and agent, and a tag instead
    of the address. `network`: the /24 or /48 of the address stands beside the tag, as text.
    """

    counted: bool = False
    day: bool = False
    event: bool = False
    network: bool = False


NOTHING = Written()

OPENS: Sequence[Written] = (
    NOTHING,  # off
    Written(counted=True),  # aggregate
    Written(counted=True, day=True),  # deliverability
    Written(event=True),  # individual
    Written(event=True, network=True),  # full
)
"""What is written of an open, by its mode."""
CLICKS: Sequence[Written] = (*OPENS[: Mode.DELIVERABILITY], Written(counted=True), *OPENS[Mode.INDIVIDUAL :])
"""What is written of a click: the exemption for deliverability speaks of opens alone."""


def written(kind: EventKind, modes: Modes) -> Written:
    """What is written of a hit of this kind with these modes in force."""
    return OPENS[modes.opens] if kind is EventKind.OPEN else CLICKS[modes.clicks]
