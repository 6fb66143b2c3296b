"""`mailpixel sign-in`: a link that signs a person in to the pages, once."""

from datetime import UTC, datetime, timedelta

import click

from mailpixel.cli.context import Command, base_url, begun, say, settings
from mailpixel.folder.sign_in import new_sign_in_link, sign_in_url

MOST_MINUTES = 1_440


@click.command("sign-in", cls=Command, example="mailpixel sign-in anna --scope read")
@click.argument("name", default="operator")
@click.option(
    "--scope",
    type=click.Choice(["read", "write", "privacy"]),
    default="write",
    show_default=True,
    help="Allow only reading, or also writing, or reading and whatever concerns single people.",
)
@click.option(
    "--minutes",
    type=click.IntRange(1, MOST_MINUTES),
    default=15,
    show_default=True,
    help="Let the link expire after this many minutes.",
)
@click.option(
    "--end",
    is_flag=True,
    help="End all sessions of this name that began with a link, and its unused links. Print no link.",
)
def sign_in_command(name: str, scope: str, minutes: int, end: bool) -> None:
    """Print a link that signs a person in to the pages. It works once."""
    _, registry = begun()
    if end:
        ended = registry.end_link_sessions(name)
        say(f"ended {ended} sessions of {name}; unused links of this name no longer work")
        return
    now = datetime.now(UTC)
    secret = new_sign_in_link(registry, name, scope, (now, now + timedelta(minutes=minutes)))
    click.echo(sign_in_url(base_url(), settings().web_hosts, secret))
