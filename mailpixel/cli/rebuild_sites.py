"""The part of `mailpixel rebuild` that folds web sites again."""

from collections.abc import Sequence

import click

from mailpixel.classify import Rules
from mailpixel.cli.context import print_table
from mailpixel.projections.site_rebuild import SiteDifference, SiteRebuild
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store

EVERY = 1_000_000


def sites_to_fold(registry: Registry, id: str | None) -> Sequence[str]:
    """The site of this id, or all. Raises `NotFound`."""
    return [registry.site(id).id] if id is not None else [site.id for site in registry.sites(limit=EVERY)]


def fold_again(
    store: Store, registry: Registry, rules: Rules, sites: Sequence[str], dry_run: bool
) -> Sequence[SiteDifference]:
    """Fold these sites again. Returns what changes, by site."""
    if not sites:
        return ()
    again = SiteRebuild(store, registry, rules, dry_run=dry_run)
    return [again.of_site(site) for site in sites]


def print_site(difference: SiteDifference) -> None:
    """Print what changes of a site."""
    document = difference.to_json()
    numbers = {name: document[name] for name in ("visits", "orders", "gone", "aside")}
    print_table(("what", "changed"), [each for each in numbers.items() if each[1]], f"site {difference.site}")
    click.echo()
    for part in ("moves", "money"):
        rows = document[part]
        if rows:
            print_table(list(rows[0]), [row.values() for row in rows], f"site {difference.site}")
            click.echo()
