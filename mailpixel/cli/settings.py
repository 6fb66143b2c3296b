"""`mailpixel settings`."""

import click

from mailpixel.cli.frame import Command, print_table, settings


@click.command("settings", cls=Command)
def settings_command() -> None:
    """Every setting with its value now, its default and what it does."""
    print_table(("variable", "value", "default", "unit", "help"), settings().table())
