"""mailpixel: e-mail open and click tracking that tells people from machines.

What a program that sends mail needs is here; importing it loads only itsdangerous and the standard library:

    from mailpixel import Minter, load_keyring

    mint = Minter(load_keyring("mailpixel-data/keys.json"), "https://t.example", "spring-2026")
    print(mint.pixel("r-1001"))
    print(mint.link("r-1001", 1))
"""

from mailpixel.claims import Claims, TokenKind
from mailpixel.errors import InvalidInput, KeyringError, MailpixelError
from mailpixel.folder.key_file import create_keyring, load_keyring
from mailpixel.links.keyring import Keyring, pseudonym
from mailpixel.links.minter import Minter
from mailpixel.links.token import Problem, Reading, TokenSigner
from mailpixel.links.urls import click_url, merge_click_url, optout_url, pixel_url

__version__ = "0.1.0"

__all__ = [
    "Claims",
    "InvalidInput",
    "Keyring",
    "KeyringError",
    "MailpixelError",
    "Minter",
    "Problem",
    "Reading",
    "TokenKind",
    "TokenSigner",
    "__version__",
    "click_url",
    "create_keyring",
    "load_keyring",
    "merge_click_url",
    "optout_url",
    "pixel_url",
    "pseudonym",
]
