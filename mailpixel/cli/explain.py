"""`mailpixel explain`: why each hit of one message got its verdict."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import click

from mailpixel.cli.context import Command, print_json, rules, stores
from mailpixel.cli.printing import zone_option
from mailpixel.cli.recipient import recipient_argument, recipient_of, under_what
from mailpixel.cli.site_visits import print_visit, visit_named
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.model import Message
from mailpixel.report.zones import in_zone
from mailpixel.store.keys import SigningKeys
from mailpixel.store.log import MessageReader


@click.command("explain", cls=Command, example="mailpixel explain spring-2026 r-1001")
@campaign_argument
@recipient_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the HTTP API does.")
@zone_option
def explain_command(id: str, recipient: str, as_json: bool, zone: tzinfo | None) -> None:
    """Show every hit of one message: its verdict, the rule that decided and the evidence.

    What the ESP reported about the message comes first.

    RECIPIENT is the id in the links. If the id is a pseudonym, it may be the e-mail address instead. For a visit to a
    web site, give `site:ID` and the key of its visitor.
    """
    from mailpixel.report.explanation import explanation

    if site := visit_named(id):
        print_visit(site, recipient, as_json, zone)
        return
    store, registry = stores()
    campaign = campaign_of(registry, id)
    answer = in_zone(explanation(_message(store, registry, id, recipient), campaign, rules()).to_json(), zone)
    if as_json:
        print_json(answer)
        return
    for report in answer["reports"]:
        click.echo(f"{report['at']}  {report['text']}")
    for hit in answer["hits"]:
        _print_hit(hit)


def _message(store: MessageReader, registry: SigningKeys, campaign: str, recipient: str) -> Message:
    """The logged events of a recipient. Raises `NotFound` when there are none, or when the id is invalid."""
    try:
        asked = recipient_of(registry, recipient)
    except InvalidInput as error:
        raise NotFound(f"RECIPIENT {error.problem}") from None
    found = store.message(campaign, asked)
    if not found.events:
        raise NotFound(
            f"RECIPIENT: nothing is logged{under_what(recipient)} in this campaign; check the spelling, and check that "
            "the mail was sent with the links of this campaign"
        )
    return found


def _print_hit(hit: Mapping[str, Any]) -> None:
    what = hit["kind"] + (f" of link {hit['link']}" if hit["link"] else "")
    click.echo(
        f"{hit['received_at']}  {hit['method']} {what}: {hit['verdict']} ({hit['rule']})"
        + ("  repeat" if hit["dup"] else "")
    )
    click.echo(f"    {hit['client'] or hit['agent'] or 'no user agent'}")
    for reason in hit["reasons"]:
        click.echo(f"    - {reason}")
