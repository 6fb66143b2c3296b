"""`mailpixel pseudonym`: the recipient id that `--hash-recipients` signs for an address."""

import sys
from collections.abc import Iterator

import click

from mailpixel.cli.context import Command, keyring, stores
from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import pseudonym

BOM = "\ufeff"


@click.command("pseudonym", cls=Command, example="mailpixel pseudonym ann@example.com")
@click.argument("address", metavar="ADDRESS|-")
def pseudonym_command(address: str) -> None:
    """Print the recipient id that `--hash-recipients` makes from an address.

    With `-`, read addresses from standard input and print one id per line.
    """
    keys = keyring(stores()[1])
    if address != "-":
        click.echo(pseudonym(keys, address, "ADDRESS"))
        return
    for number, line in _lines():
        click.echo(pseudonym(keys, line, f"line {number}") if line.strip() else "")


def _lines() -> Iterator[tuple[int, str]]:
    """The lines of standard input, numbered from 1. Raises `InvalidInput` for a line that is not UTF-8."""
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            raise InvalidInput(f"line {number}", "is not UTF-8; save the list as UTF-8") from None
        yield number, text.removeprefix(BOM) if number == 1 else text
