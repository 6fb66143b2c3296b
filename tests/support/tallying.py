"""The figures of a store beside the tally of its states: whatever was done to it, they are equal."""

from collections.abc import Iterator

from mailpixel.store.measures import MEASURES, tally
from mailpixel.store.projections import MessageState
from mailpixel.store.protocol import Store

PAGE = 1_000


def all_states(store: Store, campaign: str) -> Iterator[MessageState]:
    """Every state of a campaign, in order of recipient."""
    after = ""
    while page := store.recipients(campaign, after, PAGE):
        yield from page
        after = page[-1].recipient


def assert_figures_are_the_tally(store: Store, *campaigns: str) -> None:
    """Compare totals, links and timeline of each campaign with what its states add up to."""
    for campaign in campaigns:
        totals = dict.fromkeys(MEASURES, 0)
        links: dict[int, dict[str, int]] = {}
        quarters: dict[int, dict[str, int]] = {}
        for (bucket_ms, link, measure), number in sorted(tally(all_states(store, campaign)).items()):
            if bucket_ms:
                quarters.setdefault(bucket_ms, {})[measure] = number
            else:
                (links.setdefault(link, {}) if link else totals)[measure] = number
        found = store.figures(campaign, 0, 0)
        assert (found.totals, found.links, store.timeline(campaign)) == (totals, links, quarters)
