"""Compares two messages as Python's own parser reads them: the safety net under the splice."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import Message

from mailpixel.links.parts.transfer import without_padding

_ENCODING = "content-transfer-encoding"
_MAY_CHANGE = frozenset({_ENCODING, "content-md5", "content-length"})


def difference(before: bytes, after: bytes, contents: Sequence[bytes]) -> str | None:
    """What differs but should not, in words; None when nothing does.

    `contents` are the decoded bodies that changed parts are to have, in order. All other parts, all headers and the
    structure must be equal; a changed part may differ in its transfer encoding and in the headers about its size.
    """
    old, new = _parts(before), _parts(after)
    if [part.get_content_type() for part in old] != [part.get_content_type() for part in new]:
        return "the rewritten message has other parts"
    left = list(contents)
    for one, other in zip(old, new, strict=True):
        changed = bool(left) and _content(other) == left[0] and _content(one) != left[0]
        if changed:
            left.pop(0)
        elif not one.is_multipart() and one.get_payload() != other.get_payload():
            return "the rewritten message has another part that differs"
        if _headers(one, changed) != _headers(other, changed):
            return "the rewritten message has other headers"
    return "a rewritten part does not read as planned" if left else None


def _parts(raw: bytes) -> "list[Message[str, str]]":
    """All of a message, in order. White space around the name of an encoding, which Python minds, means nothing."""
    parts = list(message_from_bytes(raw).walk())
    for part in parts:
        if encoding := part.get(_ENCODING):
            part.replace_header(_ENCODING, str(encoding).strip())
    return parts


def _content(part: "Message[str, str]") -> bytes | None:
    if str(part.get(_ENCODING, "")).lower() == "quoted-printable" and not part.is_multipart():
        return without_padding(str(part.get_payload()).encode("utf-8", "surrogateescape"))
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else None


def _headers(part: "Message[str, str]", changed: bool) -> list[tuple[str, str]]:
    dropped = (
        _MAY_CHANGE if changed else frozenset({"content-length"}) if part.is_multipart() else frozenset()
    )
    return [(name, str(value)) for name, value in part.items() if name.lower() not in dropped]
