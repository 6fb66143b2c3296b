"""The funnel of a site: how many visitors reached each of some steps, and what is not known about them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from msgspec import Meta, field

from mailpixel.errors import InvalidInput
from mailpixel.measure.blind_spot import BlindSpot, blind_spot
from mailpixel.measure.funnel_count import FunnelCount
from mailpixel.measure.window import window_ms
from mailpixel.report.answer import Answer, Count, Iso, Share
from mailpixel.report.estimate import rounded
from mailpixel.report.moments import iso_ms
from mailpixel.site.names import KNOWN, PURCHASE
from mailpixel.site_model import Site, Visit
from mailpixel.store.site_projections import ReadSiteProjections

MOST_STEPS = 20
STEPS_CHARS = 1_000
DEFINITION = (
    "A visitor reaches a step when events of all steps up to it follow one another within the window that begins with "
    "the first. The best start counts, and an event that is repeated counts once. Only people's visits count; those of "
    "machines stand beside them."
)
MEDIAN = "Half of the visitors who reached the step took no longer from the step before."
PER_DAY = (
    "No visitor of this period agreed to an id, so the funnel is per day: each way ends at midnight (UTC), and who "
    "comes again on another day is another visitor."
)
PARTLY_PER_DAY = (
    "{number:,} visitors did not agree to an id. Their ways end at midnight (UTC), and who comes again on another day "
    "is another visitor."
)
ERRORS_OF_VISITORS = (
    "Without an id, people behind one address with the same browser are one visitor, and a phone that changes its "
    "network is two."
)


class FunnelQuestion(NamedTuple):
    """Which funnel: names of events in their order, the window, and visits that begin in a period.

    Moments are milliseconds since 1970; None: no limit. The end is not included.
    """

    steps: Sequence[str]
    window_ms: int
    from_ms: int | None = None
    until_ms: int | None = None


class FunnelStep(Answer, frozen=True):
    """A step: visitors who reached it. Shares are null where nobody could reach it, and of the first step's before."""

    name: str
    visitors: Count
    share_of_first: Share | None
    share_of_previous: Share | None
    median_s: Annotated[float | None, Meta(description=MEDIAN)]
    machine: Annotated[Count, Meta(description="Visitors judged to be machines.")]


class FunnelVisitors(Answer, frozen=True):
    """Visitors of the period, whether or not they took a step. `known` are people who agreed to an id."""

    human: Count
    machine: Count
    internal: Count
    known: Count


class FunnelWarning(Answer, frozen=True):
    """Something to know before the numbers are used; `step` is empty where it is about the whole funnel."""

    step: str
    reason: str


class Funnel(Answer, frozen=True):
    """How many visitors reached each step. `since` is the earliest visit that is known of the site."""

    site: str
    campaign: str | None
    window_s: Count
    from_: Iso | None = field(name="from")
    to: Iso | None
    since: Iso
    steps: list[FunnelStep]
    visitors: FunnelVisitors
    blind_spot: BlindSpot
    warnings: list[FunnelWarning]
    notes: list[str]
    definition: str


def read_steps(text: str, site: Site) -> Sequence[str]:
    """The steps in text like `view_item,add_to_cart,purchase`.

    Raises `InvalidInput` for none, for too many, and for a step that no event of the site can be.
    """
    steps = [name.strip() for name in text.split(",") if name.strip()]
    if not steps or len(steps) > MOST_STEPS:
        raise InvalidInput(
            "steps", f"must name 1 to {MOST_STEPS} events, such as view_item,add_to_cart,purchase"
        )
    known = names_of(site)
    for name in steps:
        if name not in known:
            raise InvalidInput(
                "steps", f"{name[:40]!r} is no event of this site; known are {', '.join(sorted(known))}"
            )
    return steps


def names_of(site: Site) -> frozenset[str]:
    """The names that events of a site may have."""
    return KNOWN | {*site.names, *(planned.name for planned in site.plan)}


def read_question(
    site: Site, steps: str, window: str, from_ms: int | None, until_ms: int | None
) -> FunnelQuestion:
    """The question in a query. Raises `InvalidInput`."""
    return FunnelQuestion(read_steps(steps, site), window_ms(window), from_ms, until_ms)


def everyone(visit: Visit) -> bool:
    """The visits of a funnel that is not about a campaign."""
    return True


@dataclass(frozen=True, slots=True)
class Funnels:
    """Makes the funnels of a site. `of_campaign` says which visits a campaign led to."""

    store: ReadSiteProjections
    site: Site
    campaign: str | None = None
    of_campaign: Callable[[Visit], bool] = everyone

    def funnel(self, asked: FunnelQuestion) -> Funnel:
        """Count along the steps. Visits are read one after the other. Raises `InvalidInput` for the period."""
        since_ms = self._since_ms(asked)
        count = FunnelCount(asked.steps, asked.window_ms)
        for visit in self._visits(asked):
            count.add(visit)
        blind = blind_spot(self.store.order_sums(self.site.id, asked.from_ms or 0, asked.until_ms))
        return Funnel(
            site=self.site.id,
            campaign=self.campaign,
            window_s=asked.window_ms // 1_000,
            from_=iso_ms(asked.from_ms),
            to=iso_ms(asked.until_ms),
            since=iso_ms(since_ms),
            steps=_steps(asked.steps, count),
            visitors=FunnelVisitors(
                count.people.visitors, count.machines.visitors, count.internal, count.people.known
            ),
            blind_spot=blind,
            warnings=list(_warnings(asked, count, blind, since_ms)),
            notes=list(_notes(count)),
            definition=DEFINITION,
        )

    def _visits(self, asked: FunnelQuestion) -> Iterator[Visit]:
        return filter(self.of_campaign, self.store.visits(self.site.id, asked.from_ms or 0, asked.until_ms))

    def _since_ms(self, asked: FunnelQuestion) -> int:
        """When the earliest visit began that is known. Raises `InvalidInput` for a period that ends before it."""
        if asked.from_ms is not None and asked.until_ms is not None and asked.from_ms >= asked.until_ms:
            raise InvalidInput("to", "must come after the beginning of the period")
        first_ms = self.store.first_visit(self.site.id)
        if first_ms is None:
            raise InvalidInput(
                "site",
                f"no page of {self.site.id} was seen yet; install the script, then look at its live test",
            )
        if asked.until_ms is not None and asked.until_ms <= first_ms:
            raise InvalidInput(
                "to", f"the first visit to this site was at {iso_ms(first_ms)}; choose a later end"
            )
        return first_ms


def _steps(names: Sequence[str], count: FunnelCount) -> list[FunnelStep]:
    (people, pauses), (machines, _) = count.people.end(), count.machines.end()
    before = [None, *people]
    return [
        FunnelStep(
            name=name,
            visitors=people[place],
            share_of_first=_share(people[place], people[0]),
            share_of_previous=_share(people[place], before[place]),
            median_s=pauses[place],
            machine=machines[place],
        )
        for place, name in enumerate(names)
    ]


def _share(part: int, whole: int | None) -> float | None:
    return rounded(part / whole) if whole else None


def _warnings(
    asked: FunnelQuestion, count: FunnelCount, blind: BlindSpot, since_ms: int
) -> Iterator[FunnelWarning]:
    for name in dict.fromkeys(asked.steps):
        if name in count.unseen:
            yield FunnelWarning(name, "no visit of this period has such an event")
    if PURCHASE in asked.steps and blind.share is not None and blind.is_wide:
        share = f"{blind.share:.1%} of the orders that the shop's server reported were seen by no page"
        yield FunnelWarning(PURCHASE, f"{share}, so this step is too low")
    if asked.from_ms is not None and asked.from_ms < since_ms:
        yield FunnelWarning(
            "", f"the first visit to this site was at {iso_ms(since_ms)}: nothing is known of the time before"
        )


def _notes(count: FunnelCount) -> Iterator[str]:
    people = count.people
    if people.by_day:
        yield PARTLY_PER_DAY.format(number=people.by_day) if people.known else PER_DAY
        yield ERRORS_OF_VISITORS
