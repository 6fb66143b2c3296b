"""Who fetched: the hits of a campaign in four parts that add up to all hits without repeats."""

from collections.abc import Mapping

from mailpixel.report.counts import ClickCounts, OpenCounts
from mailpixel.report.summary import Summary

DIRECT, PROXIED, PRIVACY, MACHINE = "human", "proxied", "privacy", "machine"
PART_NAMES: Mapping[str, str] = {
    DIRECT: "people, seen directly",
    PROXIED: "people, through a mail proxy",
    PRIVACY: "privacy prefetch (Apple): may hide a reader",
    MACHINE: "machines",
}
"""The parts in the order in which they are shown, with their names."""


def open_parts(summary: Summary) -> Mapping[str, int]:
    """Opens without repeats, by part."""
    opens = summary.opens
    return {
        DIRECT: opens.human - opens.proxied,
        PROXIED: opens.proxied,
        PRIVACY: opens.privacy_prefetch,
        MACHINE: opens.machine,
    }


def click_parts(summary: Summary) -> Mapping[str, int]:
    """Clicks without repeats: people and machines. No proxy clicks on anyone's behalf."""
    return {DIRECT: summary.clicks.human, MACHINE: summary.clicks.machine}


def machine_hits(summary: Summary) -> int:
    """Opens and clicks of machines, without repeats. They are in no rate."""
    return summary.opens.machine + summary.clicks.machine


UNNAMED_NAMES: Mapping[str, str] = {
    DIRECT: "people",
    PRIVACY: "privacy prefetch (Apple): may hide a reader",
    MACHINE: "machines",
}
"""The parts of what was counted without recipients. Proxies are not apart there."""


def unnamed_parts(counts: OpenCounts | ClickCounts) -> Mapping[str, int]:
    """Opens or clicks that were counted without recipients, by part; empty where there are none."""
    of = counts.aggregate
    parts = {DIRECT: of.human, PRIVACY: of.privacy_prefetch, MACHINE: of.machine}
    return parts if any(parts.values()) else {}
