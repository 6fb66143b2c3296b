"""Which demonstration campaigns there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from mailpixel.model import Campaign, Link
from mailpixel.times import DAY_MS, moment_of

HOUR_MS = 3_600_000
SENT_HOUR = 8
"""The hour of the day, UTC, at which they are sent."""
LEAST_AGE_MS = DAY_MS
"""How long ago the newer one was sent at least: a day of hits."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One demonstration campaign.

    It goes to `recipients` people, `weeks_before` the newest one. `interest` scales how many read and click.
    `links` are its destinations with the share of clicks that each gets, `trap` a link that readers cannot see.
    `mistakes` are the destinations that some links had at first, by number.
    `mail` is the file of its mail beside this one (empty: none).
    """

    id: str
    name: str
    recipients: int
    weeks_before: int
    interest: float
    links: Sequence[tuple[str, float]]
    trap: str
    mistakes: Mapping[int, str] = field(default_factory=dict)
    mail: str = ""

    def campaign(self, now_ms: int) -> Campaign:
        """The campaign, sent on the last morning that is at least a day ago (or weeks before)."""
        newest_ms = now_ms - LEAST_AGE_MS - SENT_HOUR * HOUR_MS
        sent_ms = newest_ms - newest_ms % DAY_MS + SENT_HOUR * HOUR_MS
        links = [Link(number, url) for number, (url, _) in enumerate(self.links, 1)]
        return Campaign(
            self.id,
            self.name,
            sent_at=moment_of(sent_ms) - timedelta(weeks=self.weeks_before),
            sent=self.recipients,
            links=(*links, Link(len(links) + 1, self.trap, trap=True)),
            demonstration=True,
        )

    def as_sent(self, campaign: Campaign) -> Campaign:
        """The campaign before its mistakes were corrected."""
        links = (replace(link, url=self.mistakes.get(link.number, link.url)) for link in campaign.links)
        return replace(campaign, links=tuple(links))


SHOP = "https://example.com"

SPRING = Demonstration(
    "demo-spring",
    "Spring collection",
    4_200,
    0,
    1.0,
    (
        (f"{SHOP}/?from=logo", 0.06),
        (f"{SHOP}/spring/boots", 0.38),
        (f"{SHOP}/spring", 0.29),
        (f"{SHOP}/spring/jackets", 0.15),
        (f"{SHOP}/spring/hats", 0.08),
        (f"{SHOP}/account/preferences", 0.04),
    ),
    f"{SHOP}/nothing-here",
    {4: f"{SHOP}/spring/jackts"},
    "mail.html",
)
RAIN = Demonstration(
    "demo-rain",
    "Ready for rain",
    2_600,
    1,
    0.75,
    ((f"{SHOP}/?from=logo", 0.1), (f"{SHOP}/rain", 0.55), (f"{SHOP}/rain/umbrellas", 0.35)),
    f"{SHOP}/nothing-here",
)
DEMONSTRATIONS = (SPRING, RAIN)
"""All of them, the one to show first."""
