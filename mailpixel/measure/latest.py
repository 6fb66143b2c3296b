"""From when on to read the visits of a period, so that at most some are read. No visit is read to find that."""

from mailpixel.site_model import Site
from mailpixel.store.site_projections import ReadSiteProjections
from mailpixel.times import DAY_MS

EXACT_MS = 1_000
"""How exactly the moment is found."""


def number_of(store: ReadSiteProjections, site: Site, from_ms: int, until_ms: int) -> int:
    """How many visits began in a period."""
    return sum(sum(day.verdicts.values()) for day in store.visits_by_day(site.id, from_ms, until_ms))


def begin_of_latest(
    store: ReadSiteProjections, site: Site, from_ms: int, until_ms: int, most: int
) -> tuple[int, int]:
    """From when on there are at most `most` visits, and how many there are in the whole period.

    The moment is `from_ms` where all may be read.
    """
    days = store.visits_by_day(site.id, from_ms, until_ms)
    numbers = {day.day: sum(day.verdicts.values()) for day in days}
    left, total = most, sum(numbers.values())
    for day, number in sorted(numbers.items(), reverse=True):
        if number > left:
            begin_ms, end_ms = max(day * DAY_MS, from_ms), min((day + 1) * DAY_MS, until_ms)
            return _begin_in(store, site, begin_ms, end_ms, left), total
        left -= number
    return from_ms, total


def _begin_in(store: ReadSiteProjections, site: Site, from_ms: int, until_ms: int, most: int) -> int:
    """The same inside of one day, of which `most` visits are read: its half is halved again and again."""
    early, late = from_ms, until_ms
    while late - early > EXACT_MS:
        middle = (early + late) // 2
        if number_of(store, site, middle, until_ms) > most:
            early = middle
        else:
            late = middle
    return late
