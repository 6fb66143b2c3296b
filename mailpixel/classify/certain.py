"""What proves a machine, or a reader's mailbox, by itself, among what no earlier rule decided: before any neighbour
is asked.
"""

from collections.abc import Sequence

from mailpixel.classify.networks import Certainty, NetworkTable, Scope
from mailpixel.classify.one_event import PROXY_OPEN
from mailpixel.classify.sight import Ruling, Sight
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Verdict

INSTANT = Ruling("instant", Verdict.SCANNER)
NETWORK = Ruling("network", Verdict.SCANNER)


def mark_certain(sights: Sequence[Sight], networks: NetworkTable, thresholds: Thresholds) -> None:
    """Look up the network of every undecided sight, and rule on those that it or their moment decides alone."""
    lookup, soon_ms = networks.lookup, max(thresholds.click_hard_ms, thresholds.click_transit_ms)
    for sight in sights:
        if sight.ruling is None:
            sight.network = network = lookup(sight.event.address)
            age_ms = sight.age_ms
            if sight.click and age_ms is not None and age_ms <= soon_ms and is_too_soon(sight, thresholds):
                sight.ruling = INSTANT
            elif network is not None:
                sight.ruling = NETWORK if speaks(sight) is Certainty.CERTAIN else _on_view(sight)


def _on_view(sight: Sight) -> Ruling | None:
    """A mailbox that fetches images from its own addresses, later than it fetches ahead: its reader looks."""
    network = sight.network
    if network is None or network.via is None or sight.click or sight.early:
        return None
    sight.source = "", sight.event.agent
    return PROXY_OPEN[network.via]


def is_too_soon(sight: Sight, thresholds: Thresholds) -> bool:
    """Whether nobody can have read the message yet: just delivered, or just sent and not delivered."""
    if sight.age_ms is None:
        return False
    if sight.in_transit:
        return sight.age_ms <= thresholds.click_transit_ms
    return sight.age_ms < thresholds.click_hard_ms


def speaks(sight: Sight) -> Certainty | None:
    """What the sight's network proves of this kind of hit."""
    network = sight.network
    if network is None or network.certainty is Certainty.PEOPLE:
        return None
    return network.certainty if sight.click or network.scope is Scope.ALL else None
