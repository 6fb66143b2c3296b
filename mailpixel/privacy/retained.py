"""How long each kind is kept: one table, which is also that of the settings."""

from collections.abc import Sequence
from typing import NamedTuple

from mailpixel.settings import Settings
from mailpixel.store.aggregates import REPORTS_KEPT_DAYS
from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.retention import Kept
from mailpixel.times import DAY_MS, HOUR_MS

DETAILS_MS = 2 * DAY_MS
"""How long the details of a hit without address are kept: as long as its salt."""


class Retained(NamedTuple):
    """A kind, and how long it is kept: for the days of a `setting`, or for `fixed_ms` (0: to its own end).

    It is gone through every `every_ms`. One that `waits` is left alone in an upgraded folder until its operator
    chooses a mode.
    """

    kind: Kept
    what: str
    setting: str = ""
    fixed_ms: int = 0
    every_ms: int = DAY_MS
    waits: bool = False


RETAINED: tuple[Retained, ...] = (
    Retained(Kept.SALTS, "the daily keys of tags", fixed_ms=DETAILS_MS, every_ms=HOUR_MS),
    Retained(
        Kept.DETAILS,
        "user agent, tag and facts of headers of hits in the mode individual",
        fixed_ms=DETAILS_MS,
        every_ms=HOUR_MS,
    ),
    Retained(
        Kept.FULL_DETAILS,
        "user agent, network and facts of headers of hits in the mode full",
        setting="retention_details_days",
    ),
    Retained(
        Kept.EVENTS,
        "messages with their events, from the last event on",
        setting="retention_days",
        waits=True,
    ),
    Retained(
        Kept.LAST_OPENS,
        "the day of a person's last open, in the mode deliverability",
        setting="retention_last_opens_days",
    ),
    Retained(
        Kept.REPORTS,
        "marks of deliveries of people without a name, against repeats",
        fixed_ms=REPORTS_KEPT_DAYS * DAY_MS,
    ),
    Retained(
        Kept.SITE_DETAILS,
        "user agent, network entry and facts of headers of events of web sites",
        fixed_ms=DETAILS_MS,
        every_ms=HOUR_MS,
    ),
    Retained(
        Kept.SITE_EVENTS,
        "visits and orders with their events, from the last event on",
        setting="site_event_days",
    ),
    Retained(Kept.MAILS, "kept mails for the click map", setting="retention_mails_days", waits=True),
    Retained(
        Kept.LETTERS,
        "events that receivers of webhooks refused",
        setting="retention_letters_days",
        waits=True,
    ),
    Retained(Kept.POSTS, "marks of delivery reports, against repeats", every_ms=HOUR_MS),
    Retained(
        Kept.CONSENTS,
        "proofs of consent, from the last statement of a person on",
        setting="retention_consents_days",
    ),
)
"""Every kind, the shortest first."""


class Period(NamedTuple):
    """How long a kind is kept in this installation, in milliseconds; None: for ever. It may `wait` for a mode."""

    retained: Retained
    keep_ms: int | None
    waiting: bool = False

    def before_ms(self, now_ms: int) -> int:
        """What was before this moment is to be removed; 0 where nothing is."""
        return 0 if self.keep_ms is None else max(now_ms - self.keep_ms, 0)


def periods(settings: Settings, choice: PrivacyChoice) -> Sequence[Period]:
    """How long each kind is kept with these settings."""
    undecided = choice.legacy and not (settings.mode or choice.mode)
    return [Period(each, _keep_ms(each, settings), each.waits and undecided) for each in RETAINED]


def _keep_ms(retained: Retained, settings: Settings) -> int | None:
    if not retained.setting:
        return retained.fixed_ms
    days: int = getattr(settings, retained.setting)
    return days * DAY_MS or None
