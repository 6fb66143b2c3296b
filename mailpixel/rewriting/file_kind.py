"""Tells a message from HTML: by a file's name, else by its first lines."""

import re
from pathlib import PurePath

SUFFIXES = {".eml": True, ".mbox": True, ".mht": True, ".html": False, ".htm": False, ".xhtml": False}
"""File name suffixes that decide whether a file is a message."""

_MBOX_LINE = re.compile(rb"From [^\n]*\n")
_FIELD = re.compile(rb"([A-Za-z][\w-]*)[ \t]*:|[ \t]")
_WELL_KNOWN = frozenset(
    b"content-type date delivered-to from message-id mime-version received reply-to return-path sender"
    b" subject to".split()
)


def is_message(name: str, content: bytes) -> bool:
    """Whether this is an RFC 5322 message and not HTML, judged by the file name, else by the first lines."""
    by_name = SUFFIXES.get(PurePath(name).suffix.lower())
    return begins_with_headers(content) if by_name is None else by_name


def begins_with_headers(content: bytes) -> bool:
    """Whether all lines up to the first empty one are header fields, and one of these is well known."""
    envelope = _MBOX_LINE.match(content)
    head = re.split(rb"\r?\n\r?\n", content[envelope.end() if envelope else 0 :], maxsplit=1)[0]
    fields = [_FIELD.match(line) for line in head.splitlines()]
    names = {field[1].lower() for field in fields if field and field[1]}
    return all(fields) and not names.isdisjoint(_WELL_KNOWN)
