"""One campaign in numbers, every rate with its denominator and its definition."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailpixel.model import Campaign
from mailpixel.report.clients import Clients, clients
from mailpixel.report.estimate import Audience, OpenRateRange, open_rate_range, rounded
from mailpixel.report.links import LinkFigures, link_rows
from mailpixel.report.moments import iso, iso_ms
from mailpixel.store.projections import Figures
from mailpixel.store.standing import Standing

OPENS = (
    "events",
    "deduplicated",
    "unique",
    "human",
    "unique_human",
    "proxied",
    "privacy_prefetch",
    "machine",
    "inferred_from_clicks",
)
AUDIENCE = (
    "opens.unique_privacy_prefetch",
    "opens.unique_privacy_only",
    "opens.unique_human",
    "opens.unique_human_trackable",
    "clicks.on_trackable_opens",
    "clicks.on_privacy",
    "clicks.on_privacy_only",
    "opens.inferred_from_clicks",
)
"""The measures behind the fields of `Audience`, in its order, from `privacy` on."""
CLICKS = ("events", "deduplicated", "unique", "human", "unique_human", "machine")


@dataclass(frozen=True, slots=True)
class Recipients:
    """How many messages there are. None: not known.

    `tracked` is `delivered`, or `sent` where no delivery is known, less `untracked`: those who opted out.
    """

    sent: int | None
    delivered: int | None
    tracked: int | None
    untracked: int
    standing: Mapping[str, int]
    """Recipients with an event by what is known of them; each has one standing."""

    def to_json(self) -> dict[str, object]:
        """{"sent","delivered","tracked","untracked","standing":{name: recipients}}."""
        return {
            "sent": self.sent,
            "delivered": self.delivered,
            "tracked": self.tracked,
            "untracked": self.untracked,
            "standing": dict(self.standing),
        }


@dataclass(frozen=True, slots=True)
class Rate:
    """A share between 0 and 1 with what it is a share of; `value` is None where that is not known."""

    value: float | None
    numerator: int
    denominator: int | None
    definition: str

    def to_json(self) -> dict[str, object]:
        """{"value","numerator","denominator","definition"}."""
        return {
            "value": rounded(self.value),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "definition": self.definition,
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of one campaign; `opens` and `clicks` by the names in `OPENS` and `CLICKS`."""

    campaign: Campaign
    recipients: Recipients
    opens: Mapping[str, int]
    clicks: Mapping[str, int]
    rates: Mapping[str, Rate]
    open_rate_range: OpenRateRange
    links: tuple[LinkFigures, ...]
    programs: Clients
    devices: Clients
    probes: int
    internal: int
    provisional: int
    overflow: int
    as_of_ms: int
    rules_version: str
    earlier_rules: str
    """The edition of the rules that the oldest figures were judged by, where it is another; else empty."""

    @property
    def editions(self) -> list[str]:
        """The editions of the rules that the figures are of, the earlier first."""
        return [self.earlier_rules, self.rules_version] if self.earlier_rules else [self.rules_version]

    def to_json(self) -> dict[str, object]:
        """The summary as the API gives it; moments in ISO 8601, `as_of` is null while nothing was folded."""
        sent_at = iso(self.campaign.sent_at)
        return {
            "campaign": {"id": self.campaign.id, "name": self.campaign.name, "sent_at": sent_at},
            "recipients": self.recipients.to_json(),
            "opens": dict(self.opens),
            "clicks": dict(self.clicks),
            "rates": {name: rate.to_json() for name, rate in self.rates.items()},
            "open_rate_range": self.open_rate_range.to_json(),
            "links": [row.to_json() for row in self.links],
            "programs": self.programs.to_json(),
            "devices": self.devices.to_json(),
            "probes": self.probes,
            "internal": self.internal,
            "provisional": self.provisional,
            "overflow": self.overflow,
            "as_of": iso_ms(self.as_of_ms or None),
            "rules_version": self.editions if self.earlier_rules else self.rules_version,
        }


def summarise(campaign: Campaign, figures: Figures, rules_version: str) -> Summary:
    """The summary of a campaign; `rules_version` names the rules that its events are judged by now."""
    totals = figures.totals
    recipients = _recipients(campaign, totals)
    return Summary(
        campaign=campaign,
        recipients=recipients,
        opens={name: totals.get(f"opens.{name}", 0) for name in OPENS},
        clicks={name: totals.get(f"clicks.{name}", 0) for name in CLICKS},
        rates=_rates(recipients, totals),
        open_rate_range=open_rate_range(_audience(recipients.tracked, totals)),
        links=tuple(row.figures for row in link_rows(campaign, figures)),
        programs=clients(totals, "client"),
        devices=clients(totals, "device"),
        probes=totals.get("probes", 0),
        internal=totals.get("internal", 0),
        provisional=figures.provisional,
        overflow=figures.overflow,
        as_of_ms=figures.as_of_ms,
        rules_version=rules_version,
        earlier_rules="" if figures.edition == rules_version else figures.edition,
    )


def _recipients(campaign: Campaign, totals: Mapping[str, int]) -> Recipients:
    delivered = totals.get("delivered", 0) or None
    untracked = totals.get("opted_out", 0)
    base = campaign.sent if delivered is None else delivered
    tracked = None if base is None else max(base - untracked, 0)
    standing = {each.value: totals.get(f"standing.{each}", 0) for each in Standing}
    return Recipients(campaign.sent, delivered, tracked, untracked, standing)


def _audience(tracked: int | None, totals: Mapping[str, int]) -> Audience | None:
    if tracked is None:
        return None
    return Audience(tracked, *(totals.get(measure, 0) for measure in AUDIENCE))


def _rates(recipients: Recipients, totals: Mapping[str, int]) -> dict[str, Rate]:
    openers, clickers = totals.get("opens.unique_human", 0), totals.get("clicks.unique_human", 0)
    certain = openers + totals.get("opens.inferred_from_clicks", 0)
    of = _of_messages(recipients, totals)
    return {
        "open_rate": _rate(openers, recipients.tracked, f"Messages with at least one human open, {of}"),
        "click_rate": _rate(clickers, recipients.tracked, f"Messages with at least one human click, {of}"),
        "click_to_open_rate": _rate(
            clickers,
            certain,
            "Messages with at least one human click, of the messages with a human open or a human click.",
        ),
    }


def _of_messages(recipients: Recipients, totals: Mapping[str, int]) -> str:
    """The end of a definition: what the denominator is, and a warning where it cannot be right."""
    base = "sent (no delivery is known)" if recipients.delivered is None else "known to be delivered"
    text = f"of the messages {base}, less those of recipients who opted out of tracking."
    if recipients.tracked is not None and totals.get("seen", 0) > recipients.tracked + recipients.untracked:
        text += (
            " More messages than that were seen: the number sent or delivered is too low, the rate too high."
        )
    return text


def _rate(numerator: int, denominator: int | None, definition: str) -> Rate:
    if denominator is None:
        definition += " Unknown: set how many were sent, or report deliveries."
    known = bool(denominator) and denominator is not None and numerator <= denominator
    return Rate(
        numerator / denominator if known and denominator else None, numerator, denominator, definition
    )
