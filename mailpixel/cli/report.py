"""`mailpixel report`."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailpixel.cli.frame import Command, fold_what_waits, now_ms, plain, print_json, rules, settings, stores
from mailpixel.report.summary import Rate, Summary, summarise


@click.command("report", cls=Command)
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="The summary as the HTTP API gives it.")
def report_command(id: str, as_json: bool) -> None:
    """How a campaign did."""
    store, registry = stores()
    campaign = registry.campaign(id)
    fold_what_waits(store, registry)
    counts = store.counts(id, now_ms(), settings().settle_ms)
    summary = summarise(campaign, counts, rules().version)
    if as_json:
        print_json(summary.to_json())
    else:
        _print(summary)


def _print(summary: Summary) -> None:
    console = Console(highlight=False)
    console.print(
        Text.assemble((summary.campaign.name, "bold"), f" ({summary.campaign.id})"),
        f"as of {summary.to_json()['as_of'] or 'never'}",
    )
    for row in (_recipients(summary), _counts(summary), _rates(summary), _links(summary)):
        console.print()
        console.print(row)
    console.print()
    console.print(
        f"{summary.provisional} provisional, {summary.probes} probes, {summary.internal} internal, "
        f"{summary.overflow} past the cap, rules {summary.rules_version}"
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(
            column,
            justify="right" if column and column not in ("definition", "url") else "left",
            overflow="fold",
        )
    return table


def _number(value: int | None) -> str:
    return "not known" if value is None else f"{value:,}"


def _recipients(summary: Summary) -> Table:
    table = _table("", *summary.recipients.to_json())
    table.add_row("recipients", *(_number(value) for value in summary.recipients.to_json().values()))  # type: ignore[arg-type]
    return table


def _counts(summary: Summary) -> Table:
    names = list(summary.opens)
    table = _table("", "opens", "clicks")
    for name in names:
        clicks = summary.clicks.get(name)
        table.add_row(
            name.replace("_", " "), _number(summary.opens[name]), "" if clicks is None else _number(clicks)
        )
    return table


def _rates(summary: Summary) -> Table:
    table = _table("", "rate", "of", "definition")
    for name, rate in summary.rates.items():
        table.add_row(
            name.replace("_", " "),
            _share(rate),
            f"{rate.numerator:,}/{_number(rate.denominator)}",
            rate.definition,
        )
    between = summary.open_rate_range.to_json()
    low, high = between["low"], between["high"]
    if low is not None and high is not None:
        table.add_row(
            "open rate range",
            f"{low:.1%} to {high:.1%}",
            "",
            "Between the readers we know of and all who may have read.",
        )
    return table


def _share(rate: Rate) -> str:
    return "not known" if rate.value is None else f"{rate.value:.1%}"


def _links(summary: Summary) -> Table:
    table = _table("link", "clicks", "human", "unique human", "url")
    for link in summary.links:
        row = link.to_json()
        number, url = row["number"], row["url"]
        counted = [f"{row[name]:,}" for name in ("events", "human", "unique_human")]
        table.add_row(str(number or ""), *counted, plain(url or "links of one recipient alone"))
    return table
