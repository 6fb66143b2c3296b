"""`mailpixel inbound`: sources of delivery reports."""

import secrets
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from mailpixel.cli.context import (
    CommandGroup,
    base_url,
    begun,
    confirm,
    keyring,
    print_table,
    say,
    stores,
    yes_option,
)
from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.inbound.esps import ESPS, Access
from mailpixel.inbound.sns import CONFIRM_URL
from mailpixel.inbound.source import CHANCE_BYTES, NewSource, new_source, url_of
from mailpixel.report.moments import iso
from mailpixel.store.inbound import InboundSources

STDIN = "-"
name_argument = click.argument("name")


@click.group("inbound", cls=CommandGroup, example="mailpixel inbound add postmark-news --esp postmark")
def inbound_command() -> None:
    """Receive delivery reports from ESPs: deliveries, bounces and complaints."""


@inbound_command.command("add", example="mailpixel inbound add postmark-news --esp postmark")
@name_argument
@click.option("--esp", type=click.Choice(list(ESPS)), required=True, help="Take reports from this ESP.")
@click.option(
    "--secret",
    default="",
    metavar="KEY|-",
    help="Check the ESP's signature with this key; `-` reads the key from stdin.",
)
@click.option("--topic", default="", metavar="ARN", help="Accept only this SNS topic (for `ses`).")
def inbound_add(name: str, esp: str, secret: str, topic: str) -> None:
    """Add a source and print the URL to paste at the ESP. Passwords and keys are shown only once."""
    if topic and (secret or esp != "ses"):
        raise InvalidInput("--topic", "is for `ses` alone, which needs no --secret")
    key = topic or (sys.stdin.readline() if secret == STDIN else secret)
    _, registry = begun()
    asked = NewSource(name, esp, key)
    source, password = new_source(
        asked, keyring(registry), secrets.token_bytes(CHANCE_BYTES), datetime.now(UTC)
    )
    registry.add_inbound(source)
    click.echo(url_of(base_url(), name, ESPS[esp].access, password))
    if ESPS[esp].access is Access.BEARER:
        click.echo(password)
    _say_setup(name, esp)


@inbound_command.command("list", example="mailpixel inbound list")
def inbound_list() -> None:
    """List sources by name, ESP and date."""
    _, registry = stores()
    rows = [
        (each.name, each.esp, iso(each.created_at), "to confirm" if each.confirm_url else None)
        for each in registry.inbounds()
    ]
    print_table(("name", "esp", "created_at", "subscription"), rows)


@inbound_command.command("show", example="mailpixel inbound show postmark-live")
@name_argument
def inbound_show(name: str) -> None:
    """Show the URL of a source without its password, and what to set up at the ESP."""
    _, registry = stores()
    source = registry.inbound(name)
    click.echo(url_of(base_url(), name, Access.BEARER, ""))
    _say_setup(name, source.esp)
    if source.confirm_url:
        say(f"SNS asks for a confirmation: mailpixel inbound confirm {name}")


@inbound_command.command("confirm", example="mailpixel inbound confirm ses-live --yes")
@name_argument
@yes_option
def inbound_confirm(name: str, yes: bool) -> None:
    """Confirm the SNS subscription of a source. This calls SNS over https, and no other host."""
    from mailpixel.ingest.sns_certificates import fetch

    _, registry = stores()
    url = registry.inbound(name).confirm_url
    if not CONFIRM_URL.fullmatch(url):
        raise InvalidInput("NAME", "has no subscription to confirm; subscribe its URL in SNS, then try again")
    say(f"SNS at {url.split('/')[2]} asks to send reports to `{name}`")
    confirm("Confirm the subscription?", yes)
    confirm_at(registry, name, url, fetch)
    say(f"the subscription of `{name}` is confirmed")


@inbound_command.command("remove", example="mailpixel inbound remove postmark-live --yes")
@name_argument
@yes_option
def inbound_remove(name: str, yes: bool) -> None:
    """Remove a source. Its reports are refused from now on; those already logged stay."""
    _, registry = stores()
    registry.inbound(name)
    confirm(f"The ESP can no longer report to `{name}`. Remove it?", yes)
    registry.remove_inbound(name)
    say(f"the source `{name}` is removed")


def confirm_at(sources: InboundSources, name: str, url: str, load: Callable[[str], bytes]) -> None:
    """Confirm by loading the address; then nothing waits any more. Raises `StoreUnavailable`."""
    try:
        load(url)
    except OSError:
        raise StoreUnavailable("SNS did not confirm; ask SNS to send the confirmation again") from None
    sources.keep_confirmation(name, "")


def _say_setup(name: str, esp: str) -> None:
    for number, step in enumerate(ESPS[esp].setup, 1):
        say(f"{number}. {step.replace('NAME', name)}")
