"""What alone proves a machine, or a reader's mailbox, among undecided hits, before any neighbour is considered."""

from collections.abc import Sequence

from mailpixel.classify.appearance import Ruling
from mailpixel.classify.hit_rules import PROXY_OPEN
from mailpixel.classify.observation import Observation
from mailpixel.classify.origins import network_of
from mailpixel.classify.rules import Rules
from mailpixel.classify.thresholds import Thresholds
from mailpixel.model import Certainty, Scope, Verdict

INSTANT = Ruling("instant", Verdict.SCANNER)
NETWORK = Ruling("network", Verdict.SCANNER)


def mark_certain(undecided: Sequence[Observation], rules: Rules) -> None:
    """Look up the network of undecided hits, and rule on those that network or timing alone decides."""
    lookup, thresholds = rules.known_networks.lookup, rules.thresholds
    soon_ms = max(thresholds.click_hard_ms, thresholds.click_transit_ms)
    for hit in undecided:
        event = hit.event
        if event.tag:
            network = None if event.network is None and not event.address else network_of(event, rules)
        else:
            network = lookup(event.address)
        hit.network = network
        age_ms = hit.age_ms
        if hit.click and age_ms is not None and age_ms <= soon_ms and is_too_soon(hit, thresholds):
            hit.ruling = INSTANT
        elif network is not None:
            hit.ruling = NETWORK if speaks(hit) is Certainty.CERTAIN else _on_view(hit)


def _on_view(hit: Observation) -> Ruling | None:
    """A mailbox whose own addresses fetched the image after its prefetch window: its reader looks at it."""
    network = hit.network
    if network is None or network.via is None or hit.click or hit.early:
        return None
    hit.source = hit.origins.source("", hit.event)
    return PROXY_OPEN[network.via]


def is_too_soon(hit: Observation, thresholds: Thresholds) -> bool:
    """Whether no one can have read the message yet: just delivered, or just sent and not delivered."""
    if hit.age_ms is None:
        return False
    if hit.in_transit:
        return hit.age_ms <= thresholds.click_transit_ms
    return hit.age_ms < thresholds.click_hard_ms


def speaks(hit: Observation) -> Certainty | None:
    """What the hit's network proves about this kind of hit."""
    network = hit.network
    if network is None or network.certainty is Certainty.PEOPLE:
        return None
    return network.certainty if hit.click or network.scope is Scope.ALL else None
