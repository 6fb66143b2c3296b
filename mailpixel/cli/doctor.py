"""`mailpixel doctor`."""

import sys
from collections.abc import Iterator

import click

from mailpixel.checkup import Check, Grade, check_fold, check_key_file, check_links, check_public
from mailpixel.cli.frame import Command, now_ms, print_table, settings, signer, stores
from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.links.token import TokenSigner


@click.command("doctor", cls=Command)
@click.option("--links", "campaign", metavar="ID", help="Also ask where the links of this campaign lead.")
def doctor_command(campaign: str | None) -> None:
    """Check the public address, clock, keys and fold, and say what to do. Exit code 1 when something fails."""
    checks = list(_checks(campaign))
    print_table(
        ("check", "result", "found", "what to do"),
        [(check.name, check.grade, check.found, check.remedy) for check in checks],
    )
    if any(check.grade is Grade.FAIL for check in checks):
        sys.exit(1)


def _checks(campaign: str | None) -> Iterator[Check]:
    yield check_key_file(settings().key_file)
    yield _fold()
    yield from check_public(settings().base_url, _signer())
    if campaign is not None:
        _, registry = stores()
        yield from check_links(registry.campaign(campaign))


def _signer() -> TokenSigner | None:
    """The signer, where there are keys: a checkup makes none."""
    try:
        return signer() if settings().key_file.exists() else None
    except KeyringError:
        return None


def _fold() -> Check:
    try:
        _, registry = stores()
        return check_fold(registry.fold_state(), now_ms(), settings().ready_lag_s)
    except StoreUnavailable as error:
        remedy = "free the disk, or end what holds the file"
        return Check("store", Grade.FAIL, str(error), remedy)
