"""`mailpixel report`."""

from collections.abc import Callable, Sequence
from datetime import tzinfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailpixel.cli.context import Command, plain, print_json, reporting, say, settings, stores
from mailpixel.cli.folding import fold_what_waits, say_what_waits
from mailpixel.cli.led_to import print_led_to
from mailpixel.cli.printing import zone_option
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.clients import Clients
from mailpixel.report.counts import named_counts
from mailpixel.report.parts import UNNAMED_NAMES, unnamed_parts
from mailpixel.report.summary import Summary
from mailpixel.report.wording import ASSUMPTIONS, SPACE, heading
from mailpixel.report.zones import in_zone
from mailpixel.times import now_ms


@click.command("report", cls=Command, example="mailpixel report spring-2026")
@campaign_argument
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, as the HTTP API does.")
@click.option("--sites", "on_sites", is_flag=True, help="Show only what the campaign led to on web sites.")
@zone_option
def report_command(id: str, as_json: bool, on_sites: bool, zone: tzinfo | None) -> None:
    """Show a campaign's results, and what it led to on web sites."""
    store, registry = stores()
    campaign = campaign_of(registry, id)
    if on_sites:
        fold_what_waits(store, registry, id)
        print_led_to(store, registry, campaign, as_json)
        return
    behind = fold_what_waits(store, registry, id)
    figures = store.figures(id, now_ms(), settings().settle_ms)
    summary = reporting(registry).summary(campaign, figures)
    if as_json:
        print_json(in_zone(summary.to_json(), zone))
    else:
        _print(summary, zone)
        print_led_to(store, registry, campaign, False, only=False)
        for each in registry.overrides(id):
            click.echo(f"decided before sending: {each.reason} does not count: {each.because} ({each.by})")
        if summary.recipients.tracked is None:
            say(f"open rates need the number of messages sent: mailpixel campaign edit {id} --sent N")
    say_what_waits(behind, id)
    if len(summary.editions) > 1:
        say(
            f"some of these figures were judged by an earlier edition of the rules ({summary.editions[0]});"
            f" run `mailpixel rebuild --campaign {id}` to judge all by the current one"
        )


def _print(summary: Summary, zone: tzinfo | None) -> None:
    console = Console(highlight=False)
    console.print(
        Text.assemble((summary.campaign.name, "bold"), f" ({summary.campaign.id})"),
        *_marks(summary),
        f"as of {in_zone(summary.to_json(), zone)['as_of'] or 'never'}",
    )
    console.print(f"{heading(summary).replace(SPACE, ' ')}.")
    for table in (
        _recipients,
        *_untracked(summary),
        _standing,
        _counts,
        _rates,
        _open_rates,
        _programs,
        _devices,
        _links,
    ):
        console.print()
        console.print(table(summary))
    for reason in dict.fromkeys(note.reason for note in summary.notes):
        console.print()
        console.print(reason)
    console.print()
    console.print(
        f"{summary.provisional} provisional, {summary.probes} probes, {summary.internal} internal, "
        f"{summary.overflow} past the cap, rules {' and '.join(summary.editions)}"
    )
    if summary.people_gone_before:
        console.print(
            f"messages whose last event was before {summary.people_gone_before[:10]} are removed; they count"
        )


def _marks(summary: Summary) -> tuple[str, ...]:
    return ("(demonstration: its readers are simulated)",) if summary.campaign.demonstration else ()


OPEN_RATE = "open rate of people"
LEFT = ("", OPEN_RATE, "definition", "url", "known of", "untracked by", "read in", "read on")


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column,
            justify="left" if column in LEFT else "right",
            overflow="fold",
        )
    return table


def _number(value: int | None) -> str:
    return "not known" if value is None else f"{value:,}"


def _recipients(summary: Summary) -> Table:
    known = summary.recipients
    names = ("sent", "delivered", "bounced", "complained", "tracked", "untracked")
    table = _table("", *names)
    numbers = (getattr(known, name) for name in names)
    table.add_row("recipients", *(_number(value) for value in numbers))
    return table


def _untracked(summary: Summary) -> Sequence[Callable[[Summary], Table]]:
    """The table of recipients who are not recorded by name, where signers counted any."""
    return [_untracked_by] if any((summary.recipients.untracked_by or {}).values()) else []


def _untracked_by(summary: Summary) -> Table:
    """Why recipients are not recorded by name, and how many of the others opted out after they were signed for."""
    recipients = summary.recipients
    reasons = {**(recipients.untracked_by or {}), "withdrawn later": recipients.withdrawn_later}
    table = _table("untracked by", *reasons)
    table.add_row("recipients", *(_number(number) for number in reasons.values()))
    return table


def _standing(summary: Summary) -> Table:
    """Recipients by standing. `nothing` and `hidden` are separate: both may have read the mail unseen."""
    standing = summary.recipients.standing
    table = _table("known of", *(name.replace("_", " ") for name in standing))
    table.add_row("recipients", *(_number(number) for number in standing.values()))
    return table


def _programs(summary: Summary) -> Table:
    return _clients("read in", summary.programs)


def _devices(summary: Summary) -> Table:
    return _clients("read on", summary.devices)


def _clients(title: str, clients: Clients) -> Table:
    """The programs or devices seen, then the messages without a known one."""
    table = _table(title, "messages", "share")
    found = [(name, number) for name, number in clients.known.items() if number]
    for name, number in (*found, ("not known", clients.unknown)):
        share = number / clients.messages if clients.messages else None
        table.add_row(name.replace("_", " "), _number(number), _percent(share))
    return table


def _counts(summary: Summary) -> Table:
    table = _table("", "opens", "clicks")
    clicks = dict(named_counts(summary.clicks))
    for name, number in named_counts(summary.opens):
        of_clicks = _number(clicks[name]) if name in clicks else ""
        table.add_row(name.replace("_", " "), _number(number), of_clicks)
    opens, followed = (dict(unnamed_parts(each)) for each in (summary.opens, summary.clicks))
    for part in opens or followed:
        name = f"without recipients: {UNNAMED_NAMES[part]}"
        table.add_row(name, _number(opens.get(part, 0)), _number(followed.get(part, 0)))
    return table


def _rates(summary: Summary) -> Table:
    table = _table("", "rate", "of", "definition")
    for name, rate in summary.rates.items():
        table.add_row(
            name.replace("_", " "),
            _percent(rate.value),
            f"{rate.numerator:,}/{_number(rate.denominator)}",
            rate.definition,
        )
    return table


def _open_rates(summary: Summary) -> Table:
    """The certain bounds and the estimates, and the range as well when the estimates disagree."""
    between = summary.open_rate_range
    values: dict[str, tuple[float | None, float | None, float | None]] = {
        each.method: (each.value, each.low, each.high) for each in between.estimates
    }
    values |= {"floor": (between.low, None, None), "ceiling": (between.high, None, None)}
    table = _table(OPEN_RATE, "rate", "95 % interval", "definition")
    for name, definition in ASSUMPTIONS.items():
        value, low, high = values[name]
        table.add_row(name.replace("_", " "), _percent(value), _interval(low, high), definition)
    if between.agree is False:
        table.add_row(
            "range",
            _interval(between.low, between.high),
            "",
            "The estimates disagree; only this range is certain.",
        )
    return table


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1%} to {high:.1%}"


def _percent(rate: float | None) -> str:
    return "not known" if rate is None else f"{rate:.1%}"


def _links(summary: Summary) -> Table:
    table = _table("link", "clicks", "human", "unique human", "url")
    for link in summary.links:
        number, url = link.number, link.url
        counted = [_number(count) for count in (link.events, link.human, link.unique_human)]
        table.add_row(str(number or ""), *counted, plain(url or "links made for single recipients"))
    return table
