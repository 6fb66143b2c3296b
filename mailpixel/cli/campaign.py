"""`mailpixel campaign`."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any

import click

from mailpixel.campaigns import (
    changed_links,
    check_name,
    check_new_id,
    delete_campaign,
)
from mailpixel.cli.campaign_options import corrections_of, fact_options, facts_of, new_links, passthrough_of
from mailpixel.cli.context import (
    CommandGroup,
    begun,
    confirm,
    policy,
    print_json,
    print_table,
    say,
    stores,
    warn,
    yes_option,
)
from mailpixel.cli.printing import batched, print_json_array, print_lines, zone_option
from mailpixel.cli.readiness import campaign_ready
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput
from mailpixel.links.passthrough import check_names
from mailpixel.model import Campaign
from mailpixel.privacy.policy import why_less
from mailpixel.privacy.resolve import ceiling
from mailpixel.report.links import campaign_row
from mailpixel.report.moments import iso
from mailpixel.report.zones import in_zone, local
from mailpixel.store.campaign_changes import with_mode_since
from mailpixel.store.campaigns import CampaignReader

MOST_LISTED = 1_000_000
PAGE = 500
"""How many campaigns are read and printed at a time."""


@click.group("campaign", cls=CommandGroup, example="mailpixel campaign list")
def campaign_command() -> None:
    """Register and change campaigns and their links."""


@campaign_command.command(
    "add",
    example='mailpixel campaign add summer-2026 --name "Summer sale" --link https://shop.example/summer',
)
@click.argument("id")
@click.option("--name", required=True, help="Display name.")
@click.option(
    "--link",
    "urls",
    multiple=True,
    metavar="URL",
    help="Add a destination. Links are numbered from 1 in this order. May be repeated.",
)
@click.option(
    "--trap",
    "traps",
    multiple=True,
    metavar="URL",
    help="Add a destination that readers cannot see, so that only machines follow it. May be repeated.",
)
@fact_options
@click.option(
    "--passthrough",
    multiple=True,
    metavar="NAME",
    help="Pass this query parameter through to the destination. May be repeated.",
)
def campaign_add(id: str, name: str, urls: tuple[str, ...], traps: tuple[str, ...], **facts: Any) -> None:
    """Register a campaign. A running server knows it within two seconds."""
    links = changed_links((), [*new_links(urls, "--link"), *new_links(traps, "--trap", trap=True)])
    names = check_names(facts.pop("passthrough"), "--passthrough")
    named = check_new_id(id, "ID"), check_name(name, "--name")
    campaign = Campaign(*named, links=links, passthrough=names)
    campaign = with_mode_since(None, replace(campaign, **facts_of(facts)), datetime.now(UTC))
    _, registry = begun()
    registry.add_campaign(campaign)
    warn(why_less(policy(registry), campaign))
    say(f"campaign {id} has {len(links)} link(s); next: mailpixel links {id} --recipients FILE")


@campaign_command.command("edit", example="mailpixel campaign edit spring-2026 --sent 25000")
@campaign_argument
@click.option("--name", help="Change the display name.")
@click.option(
    "--link",
    "urls",
    multiple=True,
    metavar="URL",
    help="Add a destination, numbered after the existing ones. May be repeated.",
)
@click.option(
    "--correct",
    nargs=2,
    multiple=True,
    metavar="N URL",
    help="Change the destination of link N, also in mail already sent. May be repeated.",
)
@fact_options
@click.option(
    "--passthrough",
    multiple=True,
    metavar="NAME",
    help="Also pass this query parameter through. May be repeated.",
)
@click.option(
    "--no-passthrough",
    "stopped",
    multiple=True,
    metavar="NAME",
    help="Stop passing this query parameter through. May be repeated.",
)
def campaign_edit(
    id: str, name: str | None, urls: tuple[str, ...], correct: tuple[tuple[str, str], ...], **facts: Any
) -> None:
    """Change a campaign. Former destinations are kept with the date of the change."""
    _, registry = stores()
    if all(each in (None, ()) for each in (name, urls, correct, *facts.values())):
        raise InvalidInput(
            "OPTIONS", "say what to change, such as --sent N; see `mailpixel campaign edit --help`"
        )
    begun, stopped = facts.pop("passthrough"), facts.pop("stopped")
    changes = facts_of(facts) | ({} if name is None else {"name": check_name(name, "--name")})

    def change(campaign: Campaign) -> Campaign:
        links = changed_links(
            campaign.links, [*corrections_of(campaign, correct), *new_links(urls, "--link")]
        )
        passthrough = passthrough_of(campaign, begun, stopped)
        return replace(campaign, links=links, passthrough=passthrough, **changes)

    changed = registry.change_campaign(id, change, "cli", datetime.now(UTC))
    warn(why_less(policy(registry), changed))
    say(f"campaign {id} is changed; a running server uses the change within two seconds")


@campaign_command.command("list", example="mailpixel campaign list --limit 20 --after spring-2026")
@click.option(
    "--limit",
    type=click.IntRange(1, MOST_LISTED),
    default=100,
    show_default=True,
    help="List at most this many.",
)
@click.option("--after", metavar="ID", default="", help="List the campaigns after this id.")
@click.option("--archived", is_flag=True, help="List only archived campaigns.")
@click.option("--all", "everything", is_flag=True, help="List archived campaigns too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def campaign_list(limit: int, after: str, archived: bool, everything: bool, as_json: bool) -> None:
    """List campaigns by id. Archived campaigns are left out."""
    if archived and everything:
        raise InvalidInput("--archived", "and --all cannot be combined; choose one")
    _, registry = stores()
    listed = Listed(registry, None if everything else archived)
    campaigns = listed.after(after, limit)
    if as_json:
        rules = policy(registry)
        print_json_array(campaign_row(each, ceiling(rules, each)).to_json() for each in campaigns)
    else:
        number = -1
        for number, page in enumerate(batched(campaigns, PAGE)):
            rows = [(c.id, _named(c), c.sent, iso(c.sent_at), len(c.links)) for c in page]
            print_lines(("id", "name", "sent", "sent_at", "links"), rows, with_head=not number)
        if number < 0:
            say("no campaigns" if archived or everything else "no campaigns; --all lists archived ones too")
    if listed.following is not None:
        say(
            f"there are more campaigns; next page: mailpixel campaign list --limit {limit} --after {listed.following}"
        )


@campaign_command.command("archive", example="mailpixel campaign archive spring-2026")
@campaign_argument
def campaign_archive(id: str) -> None:
    """Hide a campaign from lists. Its links keep working, and its hits are still counted."""
    _set_archived(id, True)
    say(f"campaign {id} is archived; `mailpixel campaign list --archived` shows it")


@campaign_command.command("restore", example="mailpixel campaign restore winter-2025")
@campaign_argument
def campaign_restore(id: str) -> None:
    """Show an archived campaign in lists again."""
    _set_archived(id, False)
    say(f"campaign {id} is in lists again")


@campaign_command.command("delete", example="mailpixel campaign delete draft-2026 --yes")
@campaign_argument
@yes_option
def campaign_delete(id: str, yes: bool) -> None:
    """Delete a campaign that was never sent. A campaign that may have been sent can only be archived."""
    store, registry = stores()
    campaign_of(registry, id)
    confirm("Delete this campaign and its links?", yes)
    delete_campaign(store, registry, id)
    say(f"campaign {id} is deleted; a running server forgets it within two seconds")


@campaign_command.command("show", example="mailpixel campaign show spring-2026")
@campaign_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@zone_option
def campaign_show(id: str, as_json: bool, zone: tzinfo | None) -> None:
    """Show a campaign with its links and their former destinations."""
    _, registry = stores()
    campaign, rules = campaign_of(registry, id), policy(registry)
    in_force = ceiling(rules, campaign)
    warn(why_less(rules, campaign))
    if as_json:
        print_json(in_zone(campaign_row(campaign, in_force).to_json(), zone))
        return
    if campaign.archived:
        say("this campaign is archived: hidden from lists, its links keep working")
    facts = (campaign.id, campaign.name, campaign.sent, _local(campaign.sent_at, zone), campaign.base_url)
    print_table(
        ("id", "name", "sent", "sent_at", "base_url", "passthrough"),
        [(*facts, " ".join(campaign.passthrough))],
    )
    click.echo()
    stated = "what the service records" if campaign.mode is None else campaign.mode.text
    carried = "on" if campaign.carry else "off"
    modes = (stated, _local(campaign.mode_since, zone), in_force.text)
    print_table(("mode", "since", "mode_in_force", "carry"), [(*modes, carried)])
    click.echo()
    print_table(
        ("link", "url", "trap"),
        [(link.number, link.url, "trap" if link.trap else "") for link in campaign.links],
    )
    if revisions := registry.link_revisions(id):
        click.echo()
        rows = [(row.number, row.url, _local(row.replaced_at, zone), row.replaced_by) for row in revisions]
        print_table(("link", "was", "until", "replaced_by"), rows)


campaign_command.add_command(campaign_ready)


def _local(moment: datetime | None, zone: tzinfo | None) -> str:
    text = iso(moment) or ""
    return local(text, zone) if text and zone else text


def _set_archived(id: str, archived: bool) -> None:
    _, registry = stores()
    campaign_of(registry, id)
    registry.change_campaign(
        id, lambda campaign: replace(campaign, archived=archived), "cli", datetime.now(UTC)
    )


def _named(campaign: Campaign) -> str:
    return f"{campaign.name} (demonstration)" if campaign.demonstration else campaign.name


class Listed:
    """The campaigns of one list, read a page at a time."""

    def __init__(self, registry: CampaignReader, archived: bool | None) -> None:
        self._registry, self._archived = registry, archived
        self.following: str | None = None
        """The last id of the list when more campaigns follow, else None. Set when the list has been read."""

    def after(self, id: str, limit: int) -> Iterator[Campaign]:
        """At most `limit` campaigns after an id."""
        left = limit
        while left and (page := self._registry.campaigns(id, min(left, PAGE), self._archived)):
            yield from page
            id, left = page[-1].id, left - len(page)
        self.following = id if not left and self._registry.campaigns(id, 1, self._archived) else None
