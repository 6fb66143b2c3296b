"""Compares two messages as Python's parser reads them: the safety check after the splice."""

from collections.abc import Sequence
from email import message_from_string
from email.message import Message

from mailpixel.links.parts.transfer import without_padding

_ENCODING = "content-transfer-encoding"
_OF_CHANGED = frozenset({_ENCODING, "content-md5", "content-length"})
"""Headers that may differ in a changed part."""
_OF_OTHERS = {True: frozenset({"content-length"}), False: frozenset[str]()}
"""Those that may differ elsewhere, by whether the part holds others."""


def difference(before: bytes, after: bytes, contents: Sequence[bytes]) -> str | None:
    """What differs but should not, in words; None when nothing does.

    `contents` are the expected decoded bodies of the changed parts, in order. All other parts,
    all headers and the structure must be equal. A changed part may differ in its transfer
    encoding and in the headers about its size.
    """
    old, new = _parts(before), _parts(after)
    if [part.get_content_type() for part in old] != [part.get_content_type() for part in new]:
        return "the rewritten message has other parts"
    expected = list(contents)
    for one, other in zip(old, new, strict=True):
        changed = bool(expected) and _content(other) == expected[0] and _content(one) != expected[0]
        if changed:
            expected.pop(0)
        elif not one.is_multipart() and one.get_payload() != other.get_payload():
            return "the rewritten message has another part that differs"
        if _headers(one, changed) != _headers(other, changed):
            return "the rewritten message has other headers"
    return "a rewritten part does not read as planned" if expected else None


def _parts(raw: bytes) -> "list[Message[str, str]]":
    """All of a message, in order, each byte as one letter: of bytes, Python reads a body in its charset.

    White space around the name of an encoding, which Python minds, means nothing.
    """
    parts = list(message_from_string(raw.decode("latin-1")).walk())
    for part in parts:
        if encoding := part.get(_ENCODING):
            part.replace_header(_ENCODING, str(encoding).strip())
    return parts


def _content(part: "Message[str, str]") -> bytes | None:
    if str(part.get(_ENCODING, "")).lower() == "quoted-printable" and not part.is_multipart():
        return without_padding(str(part.get_payload()).encode("latin-1"))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else None


def _headers(part: "Message[str, str]", changed: bool) -> list[tuple[str, str]]:
    may_change = _OF_CHANGED if changed else _OF_OTHERS[part.is_multipart()]
    return [(name, str(value)) for name, value in part.items() if name.lower() not in may_change]
