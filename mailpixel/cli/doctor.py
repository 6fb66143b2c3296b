"""`mailpixel doctor`."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

import click

from mailpixel.cli.context import Command, print_table, rules, settings, stores
from mailpixel.cli.suggestions import campaign_of, complete_campaign
from mailpixel.doctor import (
    LATEST,
    Check,
    Grade,
    addresses,
    check_addresses,
    check_fold,
    check_key_file,
    check_links,
    check_public,
    check_put_aside,
    check_rights,
    check_rules,
    failed,
)
from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign
from mailpixel.store.store import Store
from mailpixel.times import now_ms


@click.command("doctor", cls=Command, example="mailpixel doctor --links spring-2026")
@click.option(
    "--links",
    "campaign",
    metavar="ID",
    shell_complete=complete_campaign,
    help="Also check where the links of this campaign lead.",
)
def doctor_command(campaign: str | None) -> None:
    """Check the keys, the fold and every public address, and say what to do. Exit code 1 when something fails."""
    graded = [grade for title, checks in _sections(campaign) for grade in _shown(title, checks)]
    if Grade.FAIL in graded:
        sys.exit(1)


def _shown(title: str, checks: Iterable[Check]) -> list[Grade]:
    """Print a section; how its checks ended."""
    found = list(checks)
    print_table(
        ("check", "result", "found", "what to do"),
        [(check.name, check.grade, check.found, check.remedy) for check in found],
        title,
    )
    click.echo()
    return [check.grade for check in found]


def _sections(campaign: str | None) -> Iterator[tuple[str, Iterable[Check]]]:
    """Titles and their checks, each made when its turn comes: a checkup that waits shows what it has found."""
    yield "this machine", _local()
    for address in addresses(settings().base_url, _campaigns()):
        yield str(address), check_public(address, _signer(), _log())
    if campaign is not None:
        _, registry = stores()
        yield f"where the links of {campaign} lead", check_links(campaign_of(registry, campaign))


def _campaigns() -> Iterator[Campaign]:
    """Every campaign, or none of a store that does not answer: that has been reported."""
    last = ""
    with suppress(StoreUnavailable):
        _, registry = stores()
        while page := registry.campaigns(last):
            yield from page
            last = page[-1].id


def _signer() -> TokenSigner | None:
    """The signer, where there are keys: a checkup makes none."""
    try:
        return TokenSigner(load_keyring(settings().key_file))
    except KeyringError:
        return None


def _log() -> Store | None:
    """The store, where it answers."""
    with suppress(StoreUnavailable):
        return stores()[0]
    return None


def _local() -> Iterator[Check]:
    """The keys, the rights and the fold."""
    try:
        store, registry = stores()
        remembered = registry.signing_keys()
    except StoreUnavailable as error:
        yield check_key_file(settings().key_file)
        yield failed("store", error)
        return
    yield check_key_file(settings().key_file, remembered)
    try:
        yield check_rights(settings().database)
        yield check_fold(store, registry, now_ms(), settings().ready_lag_s)
        yield check_put_aside(store)
        yield check_rules(store, rules().version)
        yield check_addresses(store.latest(LATEST), settings().base_url, settings().trusted_proxies)
    except StoreUnavailable as error:
        yield failed("store", error)
