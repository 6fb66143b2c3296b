"""What pages show of a site: its overview, and its funnel as a drawing with a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from mailpixel.measure.blind_spot import BlindSpot
from mailpixel.measure.funnel import Funnel
from mailpixel.measure.overview import SiteOverview
from mailpixel.measure.results import LedTo, Results
from mailpixel.pages.charts.columns import Column, columns
from mailpixel.pages.charts.figure import figure, numbers_table
from mailpixel.pages.charts.funnel_bars import FunnelBar, funnel_bars
from mailpixel.pages.numbers import NONE, grouped, per_cent

NAMES = {"human": "people", "machine": "machines", "unknown": "internal"}
NO_SERVER_ORDERS = "not known: the shop's server reported no order"
FUNNEL_NAMES = {"human": "people", "machine": "machines"}


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site at a glance. `figures` are names, values and definitions."""

    visits: Markup
    figures: Sequence[tuple[str, str, str]]
    consents: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LedToLine:
    """A row of what a campaign led to: a name, visits, orders and revenue as text, and a definition."""

    name: str
    visits: str
    orders: str
    revenue: str
    definition: str = ""


def site_view(seen: SiteOverview) -> SiteView:
    """What the page of a site shows."""
    steps = [
        Column(day.day, {"human": day.human, "machine": day.machine, "unknown": day.internal})
        for day in seen.days
    ]
    rows = [(day.day, grouped(day.human), grouped(day.machine), grouped(day.internal)) for day in seen.days]
    table = numbers_table("Visits by day (UTC)", ("Day", "People", "Machines", "Internal"), rows)
    revenue = ", ".join(f"{each.amount} {each.currency}" for each in seen.revenue)
    return SiteView(
        visits=figure(columns("Visits by day", steps), NAMES, table) if steps else Markup(""),
        figures=(
            (
                "Orders",
                grouped(seen.orders),
                "Orders of the last 30 days that a page or the shop's server reported.",
            ),
            (
                "Revenue",
                revenue or NONE,
                "What was paid less what was refunded, by currency. Currencies are never added. An order that only a "
                "page reported counts where its visit is a person's.",
            ),
            (
                "Without money",
                grouped(seen.without_money),
                "Orders whose money is not known or not confirmed.",
            ),
            ("Blind spot", blind_spot_text(seen.blind_spot), seen.blind_spot.definition),
        ),
        consents=[(name, grouped(number)) for name, number in seen.consents],
    )


def blind_spot_text(blind: BlindSpot) -> str:
    """The blind spot as its share and interval; as counts where there are too few orders, and in words without any."""
    if not blind.server_orders:
        return NO_SERVER_ORDERS
    counts = f"{grouped(blind.server_only)} of {grouped(blind.server_orders)}"
    if blind.share is None:
        return counts
    return (
        f"{per_cent(blind.share)} ({counts}; 95 % interval {per_cent(blind.low)} to {per_cent(blind.high)})"
    )


def funnel_figure(found: Funnel) -> Markup:
    """The drawing of a funnel with its table. Empty when nobody took any step."""
    bars = [FunnelBar(each.name, each.visitors, each.machine, each.share_of_first) for each in found.steps]
    rows = [
        (
            f"{place}. {each.name}",
            grouped(each.visitors),
            per_cent(each.share_of_first),
            per_cent(each.share_of_previous),
            NONE if each.median_s is None else f"{each.median_s:,.1f} s",
            grouped(each.machine),
        )
        for place, each in enumerate(found.steps, 1)
    ]
    head = ("Step", "People", "Of first", "Of before", "Median", "Machines")
    return figure(funnel_bars(bars), FUNNEL_NAMES, numbers_table("Funnel", head, rows))


def led_to_lines(found: Results) -> Sequence[LedToLine]:
    """What a campaign led to: known, then estimated, then by how it is known."""
    return [
        _line("Known", found.known),
        _line("Only estimated", found.estimated),
        *(_line(row.how, row.led_to, row.definition) for row in found.by),
    ]


def led_to_links(found: Results) -> Sequence[tuple[str, LedToLine, LedToLine]]:
    """The same by link: its name, what is known and what is estimated."""
    return [
        (
            f"{row.link} {row.url or ''}".strip() if row.link else "link not known",
            _line("Known", row.known),
            _line("Only estimated", row.estimated),
        )
        for row in found.links
    ]


def _line(name: str, led_to: LedTo, definition: str = "") -> LedToLine:
    money = ", ".join(f"{each.amount} {each.currency}" for each in led_to.revenue)
    return LedToLine(name, grouped(led_to.visits), grouped(led_to.orders), money or NONE, definition)
