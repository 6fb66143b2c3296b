"""The argument RECIPIENT: an id, or the address whose keyed pseudonym was signed."""

import click

from mailpixel.claims import check_recipient
from mailpixel.cli.context import keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.store.keys import SigningKeys

recipient_argument = click.argument("recipient")
"""The argument. `recipient_of` turns its text into an id."""


def recipient_of(registry: SigningKeys, asked: str) -> str:
    """The recipient id: the argument itself, or the keyed pseudonym of an address.

    Raises `InvalidInput` for text that is neither, and `KeyringError` when the keys for a pseudonym are missing.
    """
    if "@" in asked:
        return pseudonym(keyring(registry), asked, "RECIPIENT")
    return check_recipient(asked, "RECIPIENT")


def under_what(asked: str) -> str:
    """` under the keyed pseudonym of this address` for an address, empty for an id."""
    return " under the keyed pseudonym of this address" if "@" in asked else ""
