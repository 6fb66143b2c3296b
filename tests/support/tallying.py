"""The figures of a store beside the tally of its states: whatever was done to it, they are equal."""

from collections import Counter
from collections.abc import Iterator

from mailpixel.store.measures import MEASURES, Step, tally
from mailpixel.store.projections import MessageState
from mailpixel.store.standing import Standing
from mailpixel.store.store import Store
from mailpixel.times import DAY_MS

PAGE = 1_000


def all_states(store: Store, campaign: str) -> Iterator[MessageState]:
    """Every state of a campaign, in order of recipient."""
    after = ""
    while page := store.recipients(campaign, after, PAGE):
        yield from page
        after = page[-1].recipient


def assert_figures_are_the_tally(store: Store, *campaigns: str) -> None:
    """Compare the figures and the lists by standing of each campaign with its states."""
    for campaign in campaigns:
        states = list(all_states(store, campaign))
        totals = dict.fromkeys(MEASURES, 0)
        links: dict[int, dict[str, int]] = {}
        quarters: dict[int, dict[str, int]] = {}
        days: dict[int, Counter[str]] = {}
        for (bucket_ms, link, measure), number in sorted(tally(states).items()):
            if bucket_ms:
                quarters.setdefault(bucket_ms, {})[measure] = number
                days.setdefault(bucket_ms // DAY_MS * DAY_MS, Counter())[measure] += number
            else:
                (links.setdefault(link, {}) if link else totals)[measure] = number
        found = store.figures(campaign, 0, 0)
        assert (found.totals, found.links, store.timeline(campaign)) == (totals, links, quarters)
        assert store.timeline(campaign, step=Step.DAY) == days
        by_standing = {each: list(store.recipients(campaign, "", PAGE, each)) for each in Standing}
        assert by_standing == {
            each: [state for state in states if state.seen and state.standing is each] for each in Standing
        }
