"""One campaign in numbers, every rate with its denominator and its definition."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta
from msgspec.structs import replace

from mailpixel.model import Campaign
from mailpixel.modes import FULL, Mode, Modes, Untracked
from mailpixel.report.answer import Answer, Count, Iso, Share, exactly
from mailpixel.report.clients import Devices, Programs, devices, programs
from mailpixel.report.counts import (
    PEOPLE,
    ClickCounts,
    Known,
    Note,
    OpenCounts,
    click_counts,
    known_of,
    open_counts,
)
from mailpixel.report.estimate import Audience, OpenRateRange, open_rate_range, rounded
from mailpixel.report.links import LinkFigures, link_rows
from mailpixel.report.moments import iso, iso_ms
from mailpixel.report.signed_people import SignedPeople
from mailpixel.store.projections import Figures
from mailpixel.store.standing import Standing

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
"""The measures for the fields of `Audience` from `privacy` on, in the order of the fields."""


RATES = ("open_rate", "click_rate", "click_to_open_rate")


class SummaryCampaign(Answer, frozen=True):
    """The campaign of a summary. A `demonstration` was sent to nobody: its readers are simulated."""

    id: str
    name: str
    sent_at: Iso | None
    demonstration: bool


class RecipientCounts(Answer, frozen=True):
    """The number of messages, by group. Null: not known.

    `delivered`, `bounced` and `complained` include recipients of whom nothing else is kept; they are not `tracked`.
    `delivered` leaves out what bounced, `bounced` what a person opened or clicked all the same. `complained` counts
    messages that were reported as spam. `untracked` counts recipients who opted out. `tracked` is `delivered` less
    `untracked`; if no delivery is known it is `sent` less what bounced and less `untracked`. No message is taken off
    twice.

    Once links were signed by mode, `tracked_opens` and `tracked_clicks` count those whose opens or clicks were then
    to be recorded by name, and `tracked` is the smaller of the two. `untracked_by` counts the others by reason, and
    `untracked` is their sum. `withdrawn_later` counts recipients who opted out afterwards: they stay tracked, as what
    they did until then stays counted. Before, these are null. `standing` counts recipients with an event; each has
    exactly one standing.
    """

    sent: Count | None
    delivered: Count | None
    bounced: Count
    complained: Count
    tracked: Count | None
    untracked: Count
    tracked_opens: Count | None
    tracked_clicks: Count | None
    untracked_by: Annotated[dict[str, Count], exactly(Untracked)] | None
    withdrawn_later: Count | None
    standing: Annotated[dict[str, Count], exactly(Standing)]

    @property
    def opted_out(self) -> int:
        """How many recipients opted out after their mail was sent."""
        return self.untracked if self.withdrawn_later is None else self.withdrawn_later

    @property
    def opens_base(self) -> int | None:
        """The denominator of the open rate."""
        return self.tracked if self.untracked_by is None else self.tracked_opens


class Rate(Answer, frozen=True):
    """A share between 0 and 1, with its denominator. `value` is null while the denominator is not known."""

    value: Share | None
    numerator: Count
    denominator: Count | None
    definition: str


class Summary(Answer, frozen=True):
    """The figures of one campaign. `as_of` is null until the first fold.

    Messages whose last event was before `people_gone_before` were removed: their figures are here, their recipients
    in no list any more. Null: none were.
    """

    campaign: SummaryCampaign
    recipients: RecipientCounts
    opens: OpenCounts
    clicks: ClickCounts
    rates: Annotated[dict[str, Rate], exactly(RATES, {"$ref": "#/components/schemas/Rate"})]
    open_rate_range: OpenRateRange
    links: list[LinkFigures]
    programs: Programs
    devices: Devices
    probes: Count
    internal: Count
    provisional: Count
    overflow: Count
    as_of: Iso | None
    people_gone_before: Iso | None
    rules_version: Annotated[
        str | Annotated[list[str], Meta(min_length=2, max_length=2)],
        Meta(
            description="The edition of the rules. If some figures are of an earlier edition, both, the earlier first."
        ),
    ]
    notes: Annotated[
        list[Note], Meta(description="Why values are null where hits are counted without recipients.")
    ]

    @property
    def has_hits(self) -> bool:
        """Whether anything was opened or clicked, by a person or a machine."""
        return bool(self.opens.events or self.clicks.events)

    @property
    def has_events(self) -> bool:
        """Whether anything is known of a recipient."""
        return self.has_hits or any(self.recipients.standing.values())

    @property
    def editions(self) -> list[str]:
        """The editions of the rules that judged the figures, the earlier first."""
        return self.rules_version if isinstance(self.rules_version, list) else [self.rules_version]


def summarise(
    campaign: Campaign,
    figures: Figures,
    rules_version: str,
    signed: SignedPeople | None = None,
    ceiling: Modes = FULL,
) -> Summary:
    """The summary of a campaign. Whoever has a registry uses `Reporting`, which knows the rest.

    `rules_version` is the edition of the rules in force. `signed` is what the signers counted, if they did.
    `ceiling` is the most that may be recorded of anybody in the campaign.
    """
    totals = figures.totals
    known = known_of(ceiling, totals, signed is not None)
    by_name = len(known.without) < len(PEOPLE) or (signed is not None and max(ceiling) >= Mode.INDIVIDUAL)
    base = _base(campaign, totals) if by_name else 0
    recipients = _with_signed(_recipients(campaign, totals, base), totals, base, signed)
    is_mixed = figures.edition not in ("", rules_version)
    return Summary(
        campaign=SummaryCampaign(campaign.id, campaign.name, iso(campaign.sent_at), campaign.demonstration),
        recipients=recipients,
        opens=open_counts(totals, known),
        clicks=click_counts(totals, known),
        rates=_rates(recipients, totals, known),
        open_rate_range=open_rate_range(
            _audience(recipients.opens_base, totals) if known.has_rate("opens") else None
        ),
        links=[row.figures for row in link_rows(campaign, figures, ceiling=ceiling)],
        programs=programs(totals),
        devices=devices(totals),
        probes=totals.get("probes", 0),
        internal=totals.get("internal", 0),
        provisional=figures.provisional,
        overflow=figures.overflow,
        as_of=iso_ms(figures.as_of_ms or None),
        people_gone_before=iso_ms(figures.people_gone_ms),
        rules_version=[figures.edition, rules_version] if is_mixed else rules_version,
        notes=known.notes(),
    )


def _base(campaign: Campaign, totals: Mapping[str, int]) -> int | None:
    """The messages that can be recorded by name: those delivered, else those sent less what bounced."""
    if totals.get("delivered", 0) + totals.get("unnamed.delivery", 0):
        return totals.get("delivered", 0)
    bounced = totals.get("bounced", 0) + totals.get("unnamed.bounce", 0)
    return None if campaign.sent is None else campaign.sent - bounced


def _recipients(campaign: Campaign, totals: Mapping[str, int], base: int | None) -> RecipientCounts:
    named = totals.get("delivered", 0)
    unnamed = {kind: totals.get(f"unnamed.{kind}", 0) for kind in ("delivery", "bounce", "complaint")}
    delivered = named + unnamed["delivery"] or None
    bounced, untracked = totals.get("bounced", 0), totals.get("opted_out", 0)
    standing = {each.value: totals.get(f"standing.{each}", 0) for each in Standing}
    bounced_and_untracked = bounced - standing[Standing.BOUNCED]
    tracked = None if base is None else max(base - untracked + bounced_and_untracked, 0)
    return RecipientCounts(
        campaign.sent,
        delivered,
        bounced + unnamed["bounce"],
        totals.get("complained", 0) + unnamed["complaint"],
        tracked,
        untracked,
        None,
        None,
        None,
        None,
        standing,
    )


def _with_signed(
    recipients: RecipientCounts, totals: Mapping[str, int], base: int | None, signed: SignedPeople | None
) -> RecipientCounts:
    """The counts with what the signers say. Reported deliveries are those of people recorded by some name already."""
    if signed is None:
        return recipients
    are_named = bool(totals.get("delivered", 0))
    opens, clicks = (
        None if base is None else max(base - fewer, 0)
        for fewer in (
            signed.only_opens if are_named else signed.opens,
            signed.only_clicks if are_named else signed.clicks,
        )
    )
    tracked = opens if opens is None or clicks is None else min(opens, clicks)
    return replace(
        recipients,
        tracked=tracked,
        untracked=sum(signed.by_reason.values()),
        tracked_opens=opens,
        tracked_clicks=clicks,
        untracked_by=signed.by_reason,
        withdrawn_later=totals.get("opted_out", 0),
    )


def _audience(tracked: int | None, totals: Mapping[str, int]) -> Audience | None:
    if tracked is None:
        return None
    return Audience(tracked, *(totals.get(measure, 0) for measure in AUDIENCE))


def _rates(recipients: RecipientCounts, totals: Mapping[str, int], known: Known) -> dict[str, Rate]:
    openers, clickers = totals.get("opens.unique_human", 0), totals.get("clicks.unique_human", 0)
    certain = openers + totals.get("opens.inferred_from_clicks", 0)
    unseen = totals.get("clicks.without_opens", 0)
    left_out = " Messages whose opens are not recorded are left out." if unseen else ""
    of = _of_messages(recipients, totals)
    opens, clicks = recipients.tracked, recipients.tracked
    if recipients.untracked_by is not None:
        opens, clicks = recipients.tracked_opens, recipients.tracked_clicks
    less = {
        "opens": _less("opens", opens, recipients),
        "clicks": _less("clicks", clicks, recipients),
    }
    rates = {
        "open_rate": (openers, opens, f"Messages with at least one human open, {of}{less['opens']}"),
        "click_rate": (clickers, clicks, f"Messages with at least one human click, {of}{less['clicks']}"),
        "click_to_open_rate": (
            clickers - unseen,
            certain,
            "Messages with at least one human click, of the messages with a human open or a human click."
            + left_out,
        ),
    }
    reasons = {note.field: note.reason for note in known.notes()}
    return {name: _rate(*rate, reasons.get(f"rates.{name}", "")) for name, rate in rates.items()}


def _less(purpose: str, denominator: int | None, recipients: RecipientCounts) -> str:
    """The part of a definition about recipients who are not recorded by name, or not any more."""
    if denominator is None or recipients.untracked_by is None:
        return ""
    left_out = (
        f" Recipients whose {purpose} are not recorded by name are left out." if recipients.untracked else ""
    )
    return left_out + (
        " Those who opted out after sending are included." if recipients.withdrawn_later else ""
    )


def _of_messages(recipients: RecipientCounts, totals: Mapping[str, int]) -> str:
    """The end of a definition: the denominator, and a warning when it cannot be right."""
    base = "sent (no deliveries were reported)" if recipients.delivered is None else "reported as delivered"
    less = ["those that bounced"] * bool(recipients.bounced)
    if recipients.untracked_by is None:
        less.append("those of recipients who opted out of tracking")
    text = f"of the messages {base}{', less ' if less else ''}{' and '.join(less)}."
    arrived = totals.get("seen", 0) - recipients.standing[Standing.BOUNCED]
    if recipients.tracked is not None and arrived > recipients.tracked + recipients.untracked:
        text += (
            " More messages were seen, so the number sent or delivered is too low and the rate is too high."
        )
    return text


def _rate(numerator: int, denominator: int | None, definition: str, reason: str) -> Rate:
    """A rate. `reason` says why it cannot be known; empty if it can."""
    if reason:
        return Rate(None, numerator, None, f"{definition} Not known. {reason}")
    if denominator is None:
        definition += " Unknown: set the number of messages sent, or report deliveries."
    known = bool(denominator) and denominator is not None and numerator <= denominator
    value = rounded(numerator / denominator) if known and denominator else None
    return Rate(value, numerator, denominator, definition)
