"""`mailpixel settings`."""

import click

from mailpixel.cli.context import Command, print_table, settings


@click.command("settings", cls=Command, example="mailpixel settings")
def settings_command() -> None:
    """Show every setting with its value, its default and what it does."""
    print_table(("variable", "value", "default", "unit", "help"), settings().table())
