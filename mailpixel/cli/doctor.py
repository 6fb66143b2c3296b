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
    check_erasures,
    check_fold,
    check_inbound,
    check_key_file,
    check_links,
    check_mails,
    check_public,
    check_put_aside,
    check_replaced,
    check_retention,
    check_rights,
    check_rules,
    check_salts,
    check_spool,
    check_stored,
    check_suppressed,
    check_webhooks,
    failed,
)
from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.suppressed import suppressed_file
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign
from mailpixel.privacy.retained import periods
from mailpixel.spool.state import state_of
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
@click.option(
    "--deep",
    is_flag=True,
    help="Also check that all that is stored fits together, as `mailpixel check` does.",
)
def doctor_command(campaign: str | None, deep: bool) -> None:
    """Check the keys, the fold and every public address, and suggest fixes. Exit with code 1 if a check fails."""
    graded = [grade for title, checks in _sections(campaign, deep) for grade in _shown(title, checks)]
    if Grade.FAIL in graded:
        sys.exit(1)


def _shown(title: str, checks: Iterable[Check]) -> list[Grade]:
    """Print a section and return the grades of its checks."""
    found = list(checks)
    print_table(
        ("check", "result", "found", "what to do"),
        [(check.name, check.grade, check.found, check.remedy) for check in found],
        title,
    )
    click.echo()
    return [check.grade for check in found]


def _sections(campaign: str | None, deep: bool) -> Iterator[tuple[str, Iterable[Check]]]:
    """Titles and their checks. Checks run one by one, so that results appear while later checks still wait."""
    yield "this machine", _local()
    if deep:
        yield "what is stored", _deep()
    for address in addresses(settings().base_url, _campaigns()):
        yield str(address), check_public(address, _signer(), _log())
    if campaign is not None:
        _, registry = stores()
        yield (
            f"where the links of {campaign} lead",
            check_links(campaign_of(registry, campaign), allowed=settings().webhook_networks),
        )


def _deep() -> Iterator[Check]:
    """Check that what is stored fits together."""
    from mailpixel.checks.opened import opened_check

    try:
        _, registry = stores()
        yield from check_stored(opened_check(settings(), registry, rules()).run().differing)
    except StoreUnavailable as error:
        yield failed("store", error)


def _campaigns() -> Iterator[Campaign]:
    """Every campaign, or none when the store does not answer, which another check reports."""
    last = ""
    with suppress(StoreUnavailable):
        _, registry = stores()
        while page := registry.campaigns(last):
            yield from page
            last = page[-1].id


def _signer() -> TokenSigner | None:
    """The signer, or None without keys. The doctor creates no keys."""
    try:
        return TokenSigner(load_keyring(settings().key_file))
    except KeyringError:
        return None


def _log() -> Store | None:
    """The store, or None when it does not answer."""
    with suppress(StoreUnavailable):
        return stores()[0]
    return None


def _local() -> Iterator[Check]:
    """Check the keys, the file permissions and the fold."""
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
        state = state_of(settings().spool, store, now_ms())
        yield check_spool(state, settings().ready_lag_s)
        yield check_fold(store, registry, now_ms(), settings().ready_lag_s)
        yield check_webhooks(registry, now_ms())
        yield check_put_aside(store)
        yield check_erasures(store, registry, now_ms())
        yield check_replaced(settings().data)
        yield check_suppressed(store, suppressed_file(settings().key_file))
        yield check_mails(registry)
        found = periods(settings(), registry.privacy_choice())
        yield check_retention(found, registry.retention_runs(), now_ms())
        yield check_rules(store, rules().version)
        with suppress(KeyringError):  # the check of the key file says it
            yield from check_inbound(registry, load_keyring(settings().key_file))
        yield check_salts(store.salt_days(), now_ms())
        yield check_addresses(
            store.latest(LATEST), settings().base_url, settings().trusted_proxies, store.salts()
        )
    except StoreUnavailable as error:
        yield failed("store", error)
