"""`mailpixel person`: what is stored about one person, erasing it, and opting out."""

import json
from datetime import UTC, datetime

import click

from mailpixel.cli.frame import Group, rules, say, stores
from mailpixel.ingest.optout import opt_out
from mailpixel.links.token import check_recipient


@click.group("person", cls=Group, example="mailpixel person export r-1001")
def person_command() -> None:
    """Export, erase or stop tracking one recipient in all campaigns."""


@person_command.command("export", example="mailpixel person export r-1001 > r-1001.ndjson")
@click.argument("recipient")
def person_export(recipient: str) -> None:
    """Print everything stored about a recipient, with IP addresses, as NDJSON: one line per event."""
    from mailpixel.report.export import event_json, judged_events

    store, registry = stores()
    ruleset = rules()
    for message in store.person(check_recipient(recipient, "RECIPIENT")):
        for row in judged_events(message, registry, ruleset):
            click.echo(json.dumps(event_json(row, addresses=True), ensure_ascii=False))


@person_command.command("erase", example="mailpixel person erase r-1003")
@click.argument("recipient")
@click.confirmation_option(prompt="Erase every event of this person, and take them out of all counts?")
def person_erase(recipient: str) -> None:
    """Delete everything stored about a recipient. The counts of their campaigns go down accordingly."""
    store, _ = stores()
    events = store.erase(check_recipient(recipient, "RECIPIENT"))
    say(
        f"{events} event(s) erased. Hits to come are logged again, unless you also run `mailpixel person optout`"
    )


@person_command.command("optout", example="mailpixel person optout r-1002")
@click.argument("recipient")
def person_optout(recipient: str) -> None:
    """Stop counting a recipient, also in mail already sent. Their links keep working."""
    store, registry = stores()
    opt_out(store, registry, check_recipient(recipient, "RECIPIENT"), datetime.now(UTC))
    say("nothing of this person is counted from now on, by a running server within two seconds")
