"""`mailpixel networks sources`: clients that followed links of many recipients, for the operator to review."""

from collections.abc import Iterator
from enum import Enum
from typing import Any

import click

from mailpixel.cli.context import Command, policy, print_json, rules, say, settings, stores
from mailpixel.cli.suggestions import campaign_of, complete_campaign
from mailpixel.modes import Mode
from mailpixel.privacy.resolve import Policy

MOST = 1_000_000_000


class Kept(Enum):
    """What new hits keep of an address, for comparing sources over messages."""

    ADDRESS = 1
    NETWORK = 2
    NETWORK_OF_FULL = 3
    NOTHING = 4
    TAGS = 5


LIMITS = {
    Kept.NETWORK_OF_FULL: "the network of an address is kept only of people whose clicks are recorded in mode full",
    Kept.NOTHING: "addresses are not kept (MAILPIXEL_KEEP_ADDRESS=none), so sources cannot be distinguished",
    Kept.TAGS: "hits are logged without addresses, so sources cannot be compared from one message to another; "
    "that needs mode full (MAILPIXEL_MODE=full)",
}


@click.command("sources", cls=Command, example="mailpixel networks sources --campaign spring-2026")
@click.option(
    "--campaign", "id", metavar="ID", shell_complete=complete_campaign, help="Look at only this campaign."
)
@click.option(
    "--since",
    metavar="TIME",
    help="Look at only clicks since this time, such as 2026-11-25 or 2026-11-25T09:00:00Z.",
)
@click.option(
    "--min-recipients",
    "least",
    type=click.IntRange(2, MOST),
    default=10,
    show_default=True,
    help="Show only sources seen with at least this many recipients.",
)
@click.option(
    "--limit", type=click.IntRange(1, MOST), default=20, show_default=True, help="Print at most this many."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def sources_command(id: str | None, since: str | None, least: int, limit: int, as_json: bool) -> None:
    """List sources that followed links of many recipients, fastest first. For review only: no rule uses this list."""
    from mailpixel.classify.sources import source_evidence
    from mailpixel.projections.known_campaigns import KnownCampaigns
    from mailpixel.report.moments import from_iso
    from mailpixel.report.sources import hastiest_first, source_json
    from mailpixel.times import to_ms

    store, registry = stores()
    if id is not None:
        campaign_of(registry, id)
    since_ms = 0 if since is None else to_ms(from_iso(since, "--since"))
    ruleset, kept = rules(), _kept(policy(registry), settings().keep_address)
    followed = store.messages_by_source(least, since_ms, id)
    found = source_evidence(followed, KnownCampaigns(registry), ruleset, since_ms)
    listed = hastiest_first(found, ruleset.known_networks, least)
    rows = [
        source_json(each, by_network=kept in (Kept.NETWORK, Kept.NETWORK_OF_FULL)) for each in listed[:limit]
    ]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo("\n    ".join(_lines(row)))
    say(_summary(len(rows), len(listed), least, kept))


def _lines(row: dict[str, Any]) -> Iterator[str]:
    yield f"{row['address']}  {row['agent'] or 'no user agent'}"
    yield (
        f"haste {row['haste']:.0%}: {_soon(row['soon'])}, "
        f"{row['busiest_minute']:,} of {row['recipients']:,} recipients in its busiest minute"
    )
    yield (
        f"{row['clicks']:,} click(s) in {row['messages']:,} message(s) of {row['campaigns']:,} campaign(s), "
        f"{row['links_per_message']} link(s) a message; {row['unopened']:.0%} of the messages not opened before"
    )
    yield f"other rules already judge {row['machine']:.0%} of its clicks a machine's"
    yield f"first {row['first_at']}, last {row['last_at']}"
    yield _entry(row["network"]) if row["network"] else row["command"]


def _soon(share: float | None) -> str:
    return "delivery not known" if share is None else f"{share:.0%} of its messages within 5 min of delivery"


def _entry(entry: dict[str, str]) -> str:
    return f"covered by {entry['prefix']} “{entry['name']}” ({entry['scope']}, {entry['certainty']})"


def _summary(shown: int, found: int, least: int, kept: Kept) -> str:
    """The number of sources, or the reason for none, and what limits them."""
    limit = LIMITS.get(kept, "")
    if not found:
        return limit or f"no source followed links of {least:,} recipients or more"
    text = f"{shown:,} of {found:,} source(s) that followed links of {least:,} recipients or more"
    return f"{text}; {limit}" if limit else text


def _kept(policy: Policy, keep_address: str) -> Kept:
    if not policy.legacy:
        named = policy.mode.clicks is Mode.FULL and keep_address != "none"
        return Kept.NETWORK_OF_FULL if named else Kept.TAGS
    return {"full": Kept.ADDRESS, "network": Kept.NETWORK, "none": Kept.NOTHING}[keep_address]
