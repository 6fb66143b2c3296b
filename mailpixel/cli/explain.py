"""`mailpixel explain`: why every hit of one message was judged as it was."""

from datetime import tzinfo

import click

from mailpixel.cli.frame import Command, print_json, rules, say, stores
from mailpixel.cli.printing import zone_option
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.report.zones import in_zone


@click.command("explain", cls=Command, example="mailpixel explain spring-2026 r-1001")
@campaign_argument
@click.argument("recipient")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as the HTTP API does.")
@zone_option
def explain_command(id: str, recipient: str, as_json: bool, zone: tzinfo | None) -> None:
    """Show every hit of one message: its verdict, the rule that decided and the evidence."""
    from mailpixel.report.explanation import explanation

    store, registry = stores()
    told = in_zone(explanation(store.message(id, recipient), campaign_of(registry, id), rules()), zone)
    if as_json:
        print_json(told)
        return
    for hit in told["hits"]:
        what = hit["kind"] + (f" of link {hit['link']}" if hit["link"] else "")
        click.echo(
            f"{hit['received_at']}  {hit['method']} {what}: {hit['verdict']} ({hit['rule']})"
            + ("  repeat" if hit["dup"] else "")
        )
        click.echo(f"    {hit['client'] or hit['agent'] or 'no user agent'}")
        for reason in hit["reasons"]:
            click.echo(f"    - {reason}")
    if not told["hits"]:
        say("no hit of this message is logged")
