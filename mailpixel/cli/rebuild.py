"""`mailpixel rebuild`: judge past hits again."""

import sys
from collections.abc import Mapping, Sequence
from functools import partial

import click

from mailpixel.classify import judge
from mailpixel.cli.context import Command, policy, print_json, print_table, rules, say, stores
from mailpixel.cli.rebuild_sites import fold_again, print_site, sites_to_fold
from mailpixel.cli.suggestions import campaign_of, complete_campaign
from mailpixel.errors import InvalidInput
from mailpixel.projections.rebuild_difference import Difference
from mailpixel.times import moment_of

MINIMISED = (
    "hits that were logged without an address keep the network entry of their day, and hits whose details were "
    "dropped keep their verdict"
)


@click.command("rebuild", cls=Command, example="mailpixel rebuild --campaign spring-2026 --dry-run")
@click.option(
    "--campaign", "id", metavar="ID", shell_complete=complete_campaign, help="Judge only this campaign."
)
@click.option("--site", "site", metavar="ID", help="Fold only the visits and orders of this web site.")
@click.option("--dry-run", is_flag=True, help="Only print what would change.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def rebuild_command(id: str | None, site: str | None, dry_run: bool, as_json: bool) -> None:
    """Judge past hits and visits again by today's rules and print what changes. A running server keeps running."""
    from mailpixel.projections.rebuild import Rebuild, rebuild

    store, registry = stores()
    if id is not None and site is not None:
        raise InvalidInput(
            "--site", "and --campaign cannot be combined; choose one, or none to judge everything"
        )
    if id is not None:
        campaign_of(registry, id)
    sites = sites_to_fold(registry, site) if id is None else ()
    everything = id is None and site is None
    asked = None if everything else [] if id is None else [id]
    in_force = rules()
    how = Rebuild(dry_run=dry_run, edition=in_force.version)
    differences = rebuild(store, registry, partial(judge, rules=in_force), asked, how)
    folded = fold_again(store, registry, in_force, sites, dry_run)
    changed = [difference for difference in differences if not difference.is_empty]
    changed_sites = [difference for difference in folded if not difference.is_empty]
    if as_json:
        print_json([*(each.to_json() for each in changed), *(each.to_json() for each in changed_sites)])
    else:
        for difference in changed:
            _print_difference(difference)
        for each in changed_sites:
            print_site(each)
    _say_what_is_gone(store.people_gone(), differences)
    failed = [difference for difference in differences if difference.error]
    for difference in failed:
        say(f"campaign {difference.campaign} cannot be judged ({difference.error}); it stays as it was")
    judged = len(differences) - len(failed)
    changes = "would change" if dry_run else "changed"
    if site is None:
        say(f"{judged} campaign(s) judged, {len(changed)} {changes}")
    if folded:
        say(f"{len(folded)} site(s) folded, {len(changed_sites)} {changes}")
    if not policy(registry).legacy:
        say(MINIMISED)
    if failed:
        sys.exit(1)


def _say_what_is_gone(gone: Mapping[str, int], differences: Sequence[Difference]) -> None:
    """Say which figures cannot be judged again, because their messages were removed."""
    for each in differences:
        if each.campaign in gone:
            day = f"{moment_of(gone[each.campaign]):%Y-%m-%d}"
            say(
                f"campaign {each.campaign}: messages whose last event was before {day} are removed (retention) and are"
                " not judged again; their figures stay as they were"
            )


def _print_difference(difference: Difference) -> None:
    document = difference.to_json()
    for part in ("measures", "links", "moves"):
        rows = document[part]
        if rows:
            print_table(
                [name.replace("_", " ") for name in rows[0]],
                [row.values() for row in rows],
                difference.campaign,
            )
            click.echo()
