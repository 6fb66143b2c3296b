"""Parses HTML in a time that grows with its length; a text that would take much longer is refused.

The parser merges the attributes of further `<html>` and `<body>` tags into the first, and compares each with all that
are there: 60,000 such tags took 40 seconds. All other shapes that were tried took a time that grew with their length
(turbohtml 1.15, 2026-11): it bounds the depth of elements to 512 and the list of open formatting elements.
"""

import re

import turbohtml

from mailpixel.errors import InvalidInput

ROOT_TAG_CHARS = 32_768
"""The most characters that the `<html>` and `<body>` tags of one text may have together; mail has a few hundred."""

_ROOT_TAG = re.compile(
    r"<(?:html|body)(?=[\s/>])(?:[^>=]++|=\s*+(?:\"[^\"]*+\"?|'[^']*+'?)?)*+", re.IGNORECASE
)
"""A start tag up to its `>`. Where the quotes are odd it is longer than a browser reads it, and never shorter."""


def parsed(view: str) -> turbohtml.Document:
    """The document of a text with the places of its elements. Raises `InvalidInput` naming `html`."""
    check_shape(view)
    return turbohtml.parse(view, source_locations=True)


def check_shape(view: str) -> None:
    """Raises `InvalidInput` naming `html` for a text that the parser would need much too long for."""
    if len(view) <= ROOT_TAG_CHARS:  # nearly always
        return
    chars = 0
    for tag in _ROOT_TAG.finditer(view):
        chars += tag.end() - tag.start()
        if chars > ROOT_TAG_CHARS:
            raise InvalidInput("html", _TOO_LARGE)


_TOO_LARGE = (
    f"has <html> and <body> tags of more than {ROOT_TAG_CHARS:,} characters together; mail has one of each, so leave "
    "out the others"
)
