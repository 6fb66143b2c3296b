"""Locates the parts of an RFC 5322 message in its bytes.

Only header blocks are parsed. Bodies are never taken apart and written again, because that would change three
of four messages. Places are offsets in the whole message.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.parser import BytesHeaderParser
from enum import StrEnum

from mailpixel.links.parts.header_block import head_end

_DEEPEST = 32
_LISTED = re.compile(r"<([^<>]+)>")
_DIGESTED = "message/rfc822"
"""The default content type of a part in a multipart/digest."""


class Place(StrEnum):
    """The role of a part within the part around it."""

    BODY = "body"
    """The message itself, one of its alternatives, or the root of a multipart/related: what a reader is shown."""
    BESIDE = "beside"
    """One of several in a row: a name makes it a file."""
    RESOURCE = "resource"
    """What the root of a multipart/related refers to, or a part of that."""


@dataclass(frozen=True, slots=True)
class MimePart:
    """One part of a message, or the whole message: its header block, and its body with the parts in it.

    `path` counts from 1 at each level, as `2.1`; empty for the whole message. `has_body` is False where no
    empty line ends the headers: then there is not even an empty body. `sound` is False where the bytes can be
    read in more than one way: such a part is skipped. `kind` is its content type and `encoding` its content
    transfer encoding, both in lower case. `place` is its role within the part around it.
    """

    path: str
    start: int
    body_start: int
    end: int
    headers: "Message[str, str]"
    kind: str
    encoding: str
    has_body: bool
    sound: bool
    parts: tuple["MimePart", ...] = ()
    place: Place = Place.BODY


@dataclass(frozen=True, slots=True)
class MimeMessage:
    """A message taken apart.

    `everything` are its parts in order, the whole message first; `leaves` are those without inner parts.
    `unsubscribe` are the URLs of its List-Unsubscribe header.
    """

    whole: MimePart
    everything: tuple[MimePart, ...]
    leaves: tuple[MimePart, ...]
    unsubscribe: frozenset[str]


def read_message(raw: bytes) -> MimeMessage:
    """The parts of a message."""
    whole = _placed(_read(raw, 0, len(raw), "", "text/plain"), Place.BODY)
    everything = tuple(_in_order(whole))
    leaves = tuple(part for part in everything if not part.parts)
    listed = whole.headers.get_all("list-unsubscribe", [])
    urls = {"".join(url.split()) for value in listed for url in _LISTED.findall(str(value))}
    return MimeMessage(whole, everything, leaves, frozenset(urls))


def _in_order(part: MimePart) -> Iterator[MimePart]:
    yield part
    for inner in part.parts:
        yield from _in_order(inner)


def _placed(around: MimePart, place: Place) -> MimePart:
    """The part in its place, and all below it in theirs. Whatever is in a resource is one, too."""
    root = _root_of(around) if around.kind == "multipart/related" else None
    parts = []
    for part in around.parts:
        if place is Place.RESOURCE or (root is not None and part is not root):
            inner = Place.RESOURCE
        elif part is root or around.kind == "multipart/alternative":
            inner = Place.BODY
        else:
            inner = Place.BESIDE
        parts.append(_placed(part, inner))
    return replace(around, parts=tuple(parts), place=place)


def _root_of(related: MimePart) -> MimePart | None:
    """The part that `start` names, else the first. Source: RFC 2387 section 3.2 (1998)."""
    start = _bare_id(str(related.headers.get_param("start", "")))
    named = (
        part for part in related.parts if start and _bare_id(str(part.headers.get("content-id", ""))) == start
    )
    return next(named, related.parts[0] if related.parts else None)


def _bare_id(text: str) -> str:
    return "".join(text.split()).strip("<>")


def _read(raw: bytes, start: int, end: int, path: str, default: str) -> MimePart:
    found = head_end(raw, start, end)
    body_start = end if found is None else found
    headers = BytesHeaderParser().parsebytes(raw[start:body_start])
    kind = headers.get_content_type() if "content-type" in headers else default
    sound = not headers.get_payload()  # a line that is no header ended the block early
    parts: tuple[MimePart, ...] = ()
    if kind.startswith("multipart/"):
        spans = _spans(raw, body_start, end, headers.get_boundary(""))
        sound = sound and bool(spans) and path.count(".") < _DEEPEST
        inner = _DIGESTED if kind == "multipart/digest" else "text/plain"
        if sound:
            names = (f"{path}.{place}".lstrip(".") for place in range(1, len(spans) + 1))
            parts = tuple(_read(raw, *span, name, inner) for span, name in zip(spans, names, strict=True))
    encoding = str(headers.get("content-transfer-encoding", "")).strip().lower()
    return MimePart(path, start, body_start, end, headers, kind, encoding, found is not None, sound, parts)


def _spans(raw: bytes, start: int, end: int, boundary: str) -> list[tuple[int, int]]:
    """Where the parts between these delimiters stand. The line break before a delimiter belongs to it."""
    if not boundary:
        return []
    name = re.escape(boundary.encode("utf-8", "surrogateescape"))
    spans: list[tuple[int, int]] = []
    opened: int | None = None
    for match in re.finditer(rb"^--" + name + rb"(--)?[ \t]*\r?(?:\n|\Z)", raw[:end][start:], re.MULTILINE):
        at = start + match.start()
        if opened is not None:
            spans.append((opened, max(opened, _without_break(raw, at))))
        opened = None if match[1] else start + match.end()
        if match[1]:
            break
    if opened is None:
        return spans
    # A message cut short: its end is as good as a delimiter.
    return [*spans, (opened, max(opened, _without_break(raw, end) if end == len(raw) else end))]


def _without_break(raw: bytes, at: int) -> int:
    return at - (2 if raw.endswith(b"\r\n", 0, at) else raw.endswith(b"\n", 0, at))
