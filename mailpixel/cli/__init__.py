"""The command line. Rows go to stdout, messages and progress to stderr. Exit codes: 0 done, 1 failed, 2 misuse.

`COMMANDS` below maps each command to its file in this folder.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from mailpixel import __version__
from mailpixel.cli.context import DATA_OPTION, CommandGroup
from mailpixel.cli.ending import Interrupted, end_by_interrupt, ended_in_words
from mailpixel.errors import InvalidInput, MailpixelError

COMMANDS = {
    "serve": "serve",
    "work": "serve",
    "relay": "relay",
    "campaign": "campaign",
    "links": "links",
    "pseudonym": "pseudonym",
    "rewrite": "rewrite",
    "report": "report",
    "recipients": "recipients",
    "timeline": "timeline",
    "events": "events",
    "deliveries": "deliveries",
    "explain": "explain",
    "rebuild": "rebuild",
    "replay": "replay",
    "agents": "agents",
    "networks": "networks",
    "keys": "keys",
    "apikey": "keys",
    "sign-in": "sign_in",
    "inbound": "inbound",
    "share": "share",
    "site": "site",
    "funnel": "funnel",
    "person": "person",
    "consent": "consent",
    "retention": "retention",
    "record": "record",
    "settings": "settings",
    "webhook": "webhook",
    "backup": "backup",
    "restore": "backup",
    "check": "check",
    "doctor": "doctor",
    "metrics": "metrics",
    "demo": "demo",
    "docs": "docs",
}
"""Each command and its file. A file is imported when its command runs: `mailpixel links` imports no web server."""


class Main(CommandGroup):
    """Loads commands from their files and turns every expected error into one line and an exit code."""

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line and exit, as `click.Command.main` does."""
        with ended_in_words():
            return super().main(*arguments, **options)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(
            import_module(f"mailpixel.cli.{COMMANDS[cmd_name]}"), f"{cmd_name.replace('-', '_')}_command"
        )
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Print an error as one line with the problem and the remedy."""
        try:
            return super().invoke(ctx)
        except MailpixelError as error:
            click.echo(f"error: {error}", err=True)
            sys.exit(2 if isinstance(error, InvalidInput) else 1)
        except KeyboardInterrupt:
            raise Interrupted(130) from None  # the exit code shells use for a command that Ctrl-C ended


@click.group(
    cls=Main,
    params=[DATA_OPTION],
    context_settings={"help_option_names": ["-h", "--help"]},
    example="""mailpixel campaign add spring-2026 --name "Spring sale" --link https://shop.example/spring
mailpixel links spring-2026 --recipients recipients.csv > links.csv
mailpixel serve
mailpixel report spring-2026""",
)
@click.version_option(__version__, prog_name="mailpixel")
def cli() -> None:
    """Track opens and clicks of e-mail, and tell people from machines."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit. Ctrl-C ends the process by its signal, so that a loop in a shell ends with it."""
    interrupted = False
    try:
        cli(arguments)
    except Interrupted:
        interrupted = True
    if interrupted:  # and the exception is gone, with all that the command held
        end_by_interrupt()
