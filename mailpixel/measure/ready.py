"""Whether a campaign is ready to be sent, with the faults of the sites that its links lead to."""

from collections.abc import Sequence
from dataclasses import replace

from mailpixel.measure.lint import lint
from mailpixel.model import Campaign
from mailpixel.report.readiness import KnownBefore, ReadyRegistry, ReadyStore, facts_before_sending, sites_of
from mailpixel.site_model import Site

MOST_SITES = 5
"""The sites of a campaign that are looked at: reading one may take a second."""


def known_before(
    store: ReadyStore, registry: ReadyRegistry, campaign: Campaign, seeds: frozenset[str], now_ms: int
) -> KnownBefore:
    """What is known of a campaign before it is sent, with the faults that lint finds in its sites."""
    facts = facts_before_sending(store, registry, campaign, seeds, now_ms)
    sites = sites_of(facts.shop_links, registry.sites(archived=False))[:MOST_SITES]
    faults = {site.id: _faults(store, site, now_ms) for site in sites}
    return replace(facts, site_faults={site: rules for site, rules in faults.items() if rules})


def _faults(store: ReadyStore, site: Site, now_ms: int) -> Sequence[str]:
    return [row.rule for row in lint(store, site, now_ms).rules if row.state == "fault"]
