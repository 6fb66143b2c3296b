"""`mailpixel person`: export or erase what is stored about one person, or opt the person out."""

import json
from datetime import UTC, datetime

import click

from mailpixel.cli.context import CommandGroup, confirm, rules, say, stores, yes_option
from mailpixel.cli.recipient import recipient_argument, recipient_of, under_what
from mailpixel.privacy.erasure import erase_person
from mailpixel.privacy.optout import opt_out
from mailpixel.times import now_ms

OPT_OUT_STAYS = "This person opted out: that, with the recipient id, is stored and stays"
COUNTED_AGAIN = "New hits are logged again, unless you also run `mailpixel person optout`"


@click.group("person", cls=CommandGroup, example="mailpixel person export r-1001")
def person_command() -> None:
    """Export, erase or stop tracking one recipient in all campaigns.

    RECIPIENT is the id in the links. If the id is a pseudonym, it may be the e-mail address instead.
    """


@person_command.command("export", example="mailpixel person export r-1001 > r-1001.ndjson")
@recipient_argument
def person_export(recipient: str) -> None:
    """Print everything stored about a recipient, with IP addresses, as NDJSON: one line per event.

    An event that a webhook's receiver refused has one more line, with the name of the webhook.
    """
    from mailpixel.projections.known_campaigns import KnownCampaigns
    from mailpixel.report.export import event_json, judged_events
    from mailpixel.report.webhooks import letter_row

    store, registry = stores()
    ruleset, campaigns = rules(), KnownCampaigns(registry)
    id = recipient_of(registry, recipient)
    is_known = False
    for message in store.person(id):
        is_known = True
        for row in judged_events(message, campaigns[message.campaign], ruleset):
            click.echo(json.dumps(event_json(row, addresses=True), ensure_ascii=False))
    for letter in registry.letters_about(id):
        refused = {"webhook": letter.webhook, **letter_row(letter).to_json()}
        click.echo(json.dumps(refused, ensure_ascii=False))
    if registry.is_opted_out(id):
        say(OPT_OUT_STAYS)
    elif not is_known:
        _say_unknown(recipient)


@person_command.command("erase", example="mailpixel person erase r-1003")
@recipient_argument
@yes_option
def person_erase(recipient: str, yes: bool) -> None:
    """Delete everything stored about a recipient. The counts of their campaigns go down accordingly."""
    store, registry = stores()
    id = recipient_of(registry, recipient)
    confirm("Erase every event of this person, and take them out of all counts?", yes)
    events = erase_person(store, registry, id, now_ms())
    is_opted_out = registry.is_opted_out(id)
    if not events and not is_opted_out:
        _say_unknown(recipient)
        return
    say(f"{events} event(s) erased. {OPT_OUT_STAYS if is_opted_out else COUNTED_AGAIN}")


@person_command.command("optout", example="mailpixel person optout r-1002")
@recipient_argument
def person_optout(recipient: str) -> None:
    """Stop counting a recipient, also in mail already sent. Their links keep working."""
    store, registry = stores()
    opt_out(store, registry, recipient_of(registry, recipient), datetime.now(UTC))
    say("this person is no longer counted; a running server knows within two seconds")


def _say_unknown(recipient: str) -> None:
    say(f"nothing is stored{under_what(recipient)}; check the spelling if you expected something")
