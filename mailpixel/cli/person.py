"""`mailpixel person`: what is held of one person, and an end to it."""

import json
from datetime import UTC, datetime

import click

from mailpixel.cli.frame import Group, rules, say, stores
from mailpixel.ingest.optout import opt_out
from mailpixel.links.token import check_recipient


@click.group("person", cls=Group)
def person_command() -> None:
    """One recipient over all campaigns: for access, erasure and withdrawal."""


@person_command.command("export")
@click.argument("recipient")
def person_export(recipient: str) -> None:
    """Everything held of a person, addresses too, as NDJSON: one line an event."""
    from mailpixel.report.export import event_json, judged_events

    store, registry = stores()
    ruleset = rules()
    for message in store.person(check_recipient(recipient, "RECIPIENT")):
        for row in judged_events(message, registry, ruleset):
            click.echo(json.dumps(event_json(row, addresses=True), ensure_ascii=False))


@person_command.command("erase")
@click.argument("recipient")
@click.confirmation_option(prompt="Erase every event of this person, and take them out of all counts?")
def person_erase(recipient: str) -> None:
    """Delete everything held of a person; the counts of their campaigns go down accordingly."""
    store, _ = stores()
    events = store.erase(check_recipient(recipient, "RECIPIENT"))
    say(
        f"{events} event(s) erased. Hits to come are logged again, unless you also run `mailpixel person optout`"
    )


@person_command.command("optout")
@click.argument("recipient")
def person_optout(recipient: str) -> None:
    """Count nothing of a person from now on, in mail already sent too. Their links keep working."""
    store, registry = stores()
    opt_out(store, registry, check_recipient(recipient, "RECIPIENT"), datetime.now(UTC))
    say("nothing of this person is counted from now on, by a running server within two seconds")
