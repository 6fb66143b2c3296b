"""The argument RECIPIENT: an id, or the address whose keyed pseudonym was signed."""

import click

from mailpixel.claims import check_recipient
from mailpixel.cli.context import keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.store.keys import SigningKeys

recipient_argument = click.argument("recipient")
"""The argument itself; `recipient_of` reads it."""


def recipient_of(registry: SigningKeys, asked: str) -> str:
    """The recipient id that was asked for: an address stands for its keyed pseudonym.

    Raises `InvalidInput` for what can be neither, and `KeyringError` where an address needs keys that are not there.
    """
    if "@" in asked:
        return pseudonym(keyring(registry), asked, "RECIPIENT")
    return check_recipient(asked, "RECIPIENT")


def under_what(asked: str) -> str:
    """` under the keyed pseudonym of this address`, or nothing for an id."""
    return " under the keyed pseudonym of this address" if "@" in asked else ""
