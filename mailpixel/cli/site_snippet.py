"""`mailpixel site snippet`: what is pasted into pages, Tag Manager and the server of a shop."""

import click

from mailpixel.cli.context import Command, base_url, say, stores
from mailpixel.errors import InvalidInput
from mailpixel.site.snippets import SNIPPETS, snippet


@click.command("snippet", cls=Command, example="mailpixel site snippet shop --for html")
@click.argument("id")
@click.option(
    "--for",
    "name",
    type=click.Choice(list(SNIPPETS)),
    default="html",
    show_default=True,
    help="Print what belongs there.",
)
def site_snippet(id: str, name: str) -> None:
    """Print what to paste into pages, into Google Tag Manager or into the server of a shop."""
    _, registry = stores()
    try:
        text = snippet(registry.site(id), base_url(), name)
    except InvalidInput as error:
        raise InvalidInput(f"--for {error.field}", error.problem) from None
    click.echo(text, nl=False)
    say(SNIPPETS[name].use)
