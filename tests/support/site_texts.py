"""Envelopes for laws and floods: addresses of people in many spellings, and a look at what the log would keep."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, unquote

import msgspec

from mailpixel.site.outcomes import Reading
from mailpixel.site_model import Site

NOW_MS = 1_790_000_000_000
SITE = Site(
    "shop", "0123456789abcdef", ("shop.example",), ask=False, names=("scroll", "search"), keep=("q", "page")
)
ADDRESSES = (
    "jane@mail.example",
    "jane.doe+news@mail.co.uk",
    "JANE@MAIL.EXAMPLE",
    "jané@mäil.example",
    "jane＠mail.example",
    quote("jane@mail.example", safe=""),
    quote(quote("jane@mail.example", safe=""), safe=""),
    quote(quote(quote("jane+x@mail.example", safe=""), safe=""), safe=""),
    "%6A%61%6E%65%40%6D%61%69%6C%2E%65%78%61%6D%70%6C%65",
    "jane&#64;mail.example",
    "jane&#x40;mail&period;example",
    "mailto:jane@mail.example",
    "Jane Doe <jane@mail.example>",
)
"""One address and its kin, as pages send them."""
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
_SPELLED = re.compile("[@%&]")


def kept_values(reading: Reading) -> Iterator[Any]:
    """What the log would get: each step and each claim, as plain values."""
    for event in reading.events:
        for kept in (event.step, event.order):
            if kept is not None:
                yield msgspec.to_builtins(kept)
    if reading.withdrawal is not None:
        yield msgspec.to_builtins(reading.withdrawal)


def texts(value: Any) -> Iterator[str]:
    """Every text inside of a value, names of fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)


def has_address(text: str) -> bool:
    """Whether a text holds an e-mail address, also after it is unescaped several times."""
    if text.isascii() and not _SPELLED.search(text):
        return False
    for _ in range(6):
        if _ADDRESS.search(text) or _ADDRESS.search(normalize("NFKC", text)):
            return True
        text = unescape(unquote(text))
    return False


def addresses_in(reading: Reading) -> list[str]:
    """The texts of a reading that hold an e-mail address, of what is kept and of what is shown."""
    shown = [*reading.problems, *(text for event in reading.events for text in (event.name, *event.problems))]
    kept = [text for value in kept_values(reading) for text in texts(value)]
    return [text for text in [*shown, *kept] if has_address(text)]
