"""Every threshold of the rules, in one table each for mail and for visits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Time windows in whole milliseconds; each includes its last millisecond.

    The delivery clock starts when the receiving server accepted the message, the queue clock when the
    campaign was sent. The queue clock measures hits before the delivery, and all hits while the delivery is
    unknown. Defaults: measured and published timing of proxies and scanners, 2018 to 2026.
    """

    open_delivery_ms: int = 30_000
    """An image requested this soon after delivery was fetched by the mailbox, not viewed."""
    open_queue_ms: int = 60_000
    """The same on the queue clock."""
    click_hard_ms: int = 2_000
    """A click younger than this is a machine's; no one reads that fast."""
    click_transit_ms: int = 30_000
    """A click this soon after sending and before the reported delivery is a machine's: by both clocks the
    message was still in transit."""
    click_soft_ms: int = 60_000
    """A click younger than this is one piece of evidence."""
    burst_ms: int = 10_000
    """A span that holds `burst_links` different links is a sweep."""
    burst_links: int = 3
    """Different links in a span of `burst_ms`."""
    sweep_ms: int = 1_000
    """A span that holds `sweep_links` different links is a sweep."""
    sweep_links: int = 2
    """Different links in a span of `sweep_ms`."""
    trap_ms: int = 10_000
    """Either side of a followed hidden link, hits of every source without a person's gesture are a machine's."""
    taint_ms: int = 900_000
    """After hitting a trap, the same source is a machine for this long."""
    pair_ms: int = 15_000
    """Two fetches of one link this close, from different networks or systems, are one person and one machine."""
    repeat_open_ms: int = 30_000
    """An open of the same source this soon after the one that counted is a repeat."""
    repeat_click_ms: int = 5_000
    """The same for a click on the same link."""


@dataclass(frozen=True, slots=True)
class VisitThresholds:
    """The thresholds of visits to web sites: windows in whole milliseconds and numbers of page views."""

    flood_ms: int = 60_000
    """A span with more than `flood_views` page views is a flood."""
    flood_views: int = 30
    """The most page views that a person sees in a span of `flood_ms`."""
    rush_ms: int = 1_000
    """A span with more than `rush_views` page views is a flood, too."""
    rush_views: int = 10
    """The most page views that a browser shows in a span of `rush_ms`."""
    glance_ms: int = 1_000
    """A visit of which nothing is known beyond this time was no more than a glance."""
