"""The list of campaigns: the figures of each on one line, on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.model import Campaign
from mailpixel.pages.addresses import campaign_url
from mailpixel.pages.charts.open_range import small_range
from mailpixel.pages.charts.parts import Part, parts_bar
from mailpixel.pages.charts.scales import rate_top
from mailpixel.pages.charts.sparkline import sparkline
from mailpixel.pages.numbers import NONE, day_text, grouped, rate_of, views_text
from mailpixel.report.parts import PART_NAMES, open_parts
from mailpixel.report.summary import Summary
from mailpixel.report.wording import rate_text, sending_text
from mailpixel.times import HOUR_MS

SPARK_HOURS = 72


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """One campaign of the list, as text and small charts.

    `delivered` is the number sent while no delivery is known; `base_name` says which of the two it is,
    and `is_known` whether there is any.
    """

    id: str
    name: str
    url: str
    sent: str
    base_name: str
    delivered: str
    is_known: bool
    read_by: str
    range_chart: Markup
    clicked: str
    parts: Markup
    spark: Markup
    is_demonstration: bool


def campaign_lines(
    campaigns: Sequence[Campaign],
    summaries: Mapping[str, Summary],
    hours: Mapping[str, Sequence[int]],
) -> list[CampaignLine]:
    """One line a campaign, all ranges on one scale.

    `hours` has the human opens of each of the first hours after sending, for the campaigns for which they are known.
    """
    top = rate_top(summary.open_rate_range.high for summary in summaries.values())
    return [_line(each, summaries[each.id], hours.get(each.id, ()), top) for each in campaigns]


def by_hour(counters: Mapping[int, Mapping[str, int]], since_ms: int) -> list[int]:
    """The human opens of each hour since a moment, from the counts by quarter hour. Trailing hours are zeros."""
    numbers = [0] * SPARK_HOURS
    for start_ms, measures in counters.items():
        hour = max((start_ms - since_ms) // HOUR_MS, 0)
        if hour < SPARK_HOURS:
            numbers[hour] += measures.get("opens.human", 0)
    return numbers


def _line(campaign: Campaign, summary: Summary, hours: Sequence[int], top: float) -> CampaignLine:
    rates, recipients = summary.open_rate_range, summary.recipients
    base = recipients.sent if recipients.delivered is None else recipients.delivered
    parts = [Part(kind, PART_NAMES[kind], number) for kind, number in open_parts(summary).items()]
    return CampaignLine(
        id=campaign.id,
        name=campaign.name,
        url=campaign_url(campaign.id),
        sent=sending_text(summary) if campaign.sent_at is None else day_text(campaign.sent_at),
        base_name="Sent" if recipients.delivered is None else "Delivered",
        delivered=grouped(base),
        is_known=base is not None,
        read_by=_read_by(summary),
        range_chart=small_range(rates, top) if summary.has_hits else Markup(""),
        clicked=rate_of(summary, summary.rates["click_rate"].value),
        parts=parts_bar("Opens", parts, 12),
        spark=sparkline("Human opens by hour", hours),
        is_demonstration=campaign.demonstration,
    )


def _read_by(summary: Summary) -> str:
    """The range of the open rate; where no recipient is known, the number of views by people."""
    low, high = summary.open_rate_range.low, summary.open_rate_range.high
    if not summary.has_hits:
        return "no hits yet"
    if summary.opens.unique is None:
        return views_text(summary.opens.human)
    if low is None or high is None:
        return NONE
    least, most = rate_text(low), rate_text(high)
    return least if least == most else f"{least} to {most}"
