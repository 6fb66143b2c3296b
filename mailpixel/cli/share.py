"""`mailpixel share`: addresses that show the figures of one campaign to whoever has them."""

from datetime import UTC, datetime

import click

from mailpixel.cli.context import CommandGroup, base_url, print_json, print_table, say, settings, stores
from mailpixel.cli.suggestions import campaign_argument, campaign_of, complete_campaign
from mailpixel.folder.sign_in import pages_address
from mailpixel.report.moments import iso
from mailpixel.report.shares import parts_in_order, share_row
from mailpixel.shares import DAYS, EVERYTHING, MOST_DAYS, Terms, add_share, share_urls
from mailpixel.store.shares import Share, SharePart

MOST_LISTED = 1_000_000
PART = click.Choice([part.value for part in SharePart])


@click.group("share", cls=CommandGroup, example="mailpixel share list")
def share_command() -> None:
    """Share the figures of a campaign, without its recipients."""


@share_command.command("add", example="mailpixel share add spring-2026 --days 30")
@campaign_argument
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    default=DAYS,
    show_default=True,
    help="End the share after this many days.",
)
@click.option(
    "--part",
    "parts",
    type=PART,
    multiple=True,
    help="Make only the page, or only the CSV for spreadsheets. Default: both.",
)
def share_add(id: str, days: int, parts: tuple[str, ...]) -> None:
    """Print addresses that show the figures of a campaign: a page, and a CSV for spreadsheets.

    They are shown only once. Whoever has them sees the figures until they expire or you revoke the share.
    """
    _, registry = stores()
    campaign_of(registry, id)
    terms = Terms(days, frozenset(map(SharePart, parts)) or EVERYTHING)
    share, key = add_share(registry, id, "cli", datetime.now(UTC), terms)
    for url in share_urls(pages_address(base_url(), settings().web_hosts), share, key).values():
        click.echo(url)
    say(
        f"this is share {share.id}, open until {iso(share.expires_at)}; it is not shown again."
        f" To end it earlier: mailpixel share revoke {share.id}"
    )


@share_command.command("list", example="mailpixel share list spring-2026")
@click.argument("id", required=False, shell_complete=complete_campaign)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def share_list(id: str | None, as_json: bool) -> None:
    """List shares by number, of one campaign or of all."""
    _, registry = stores()
    if id is not None:
        campaign_of(registry, id)
    now = datetime.now(UTC)
    shares = registry.shares(id, limit=MOST_LISTED)
    if as_json:
        print_json([share_row(share, now).to_json() for share in shares])
        return
    columns = ("share", "campaign", "parts", "state", "expires_at", "created_by")
    print_table(columns, (_row(share, now) for share in shares))


def _row(share: Share, now: datetime) -> tuple[object, ...]:
    parts = " ".join(parts_in_order(share.parts))
    return share.id, share.campaign, parts, share.state(now), iso(share.expires_at), share.created_by


@share_command.command("revoke", example="mailpixel share revoke 1")
@click.argument("number", type=click.IntRange(1))
def share_revoke(number: int) -> None:
    """End a share now. Its addresses show nothing from now on."""
    _, registry = stores()
    share = registry.revoke_share(number, datetime.now(UTC))
    say(f"share {share.id} of {share.campaign} is revoked; its addresses show nothing from now on")
