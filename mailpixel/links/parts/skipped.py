"""Why a message, or a part of one, is skipped regardless of its links."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailpixel.links.parts.mime_part import MimeMessage, MimePart, Place


class SkipCause(StrEnum):
    """The closed set of causes. Those of a whole message come first."""

    DKIM = "dkim"
    """Signed (DKIM-Signature, ARC-Seal): sign after tracking."""
    SIGNED = "signed"
    """Signed by the sender (multipart/signed)."""
    ENCRYPTED = "encrypted"
    """Encrypted or opaquely signed: multipart/encrypted, S/MIME."""
    PGP = "pgp"
    """PGP armour in a text."""
    LIST_POST = "list_post"
    """Mail of a discussion list, which holds what others wrote."""
    MALFORMED = "malformed"
    """Programs would disagree on where its parts are."""
    NO_HTML = "no_html"
    """No HTML part, so no pixel."""
    NO_BODY = "no_body"
    """A text that ends with its headers: there is no place for a link or a pixel."""
    ATTACHMENT = "attachment"
    """A file, by its disposition or by its name."""
    RESOURCE = "resource"
    """A resource of a multipart/related: only the root is shown."""
    MESSAGE = "message"
    """A message inside the message."""
    AMP = "amp"
    """AMP for e-mail, which has different rules."""
    CALENDAR = "calendar"
    """An invitation."""
    ENCODING = "encoding"
    """An unknown content transfer encoding, or text that is not valid in it."""
    FLOWED = "flowed"
    """Plain text with format=flowed and DelSp: its URLs are broken by spaces."""
    FAILED = "failed"
    """Rewriting it failed; see the plan's error."""


@dataclass(frozen=True, slots=True)
class SkippedPart:
    """A part that stays as it is: its path (`2.1`; empty for the whole message) and the cause."""

    path: str
    cause: SkipCause


_SIGNING_HEADERS = ("dkim-signature", "domainkey-signature", "arc-seal")
_SEALED = {
    "multipart/signed": SkipCause.SIGNED,
    "multipart/encrypted": SkipCause.ENCRYPTED,
    "application/pkcs7-mime": SkipCause.ENCRYPTED,
    "application/x-pkcs7-mime": SkipCause.ENCRYPTED,
}
_COMMENT = re.compile(r"\([^()]*\)")


def why_message(message: MimeMessage) -> SkipCause | None:
    """The cause to skip a whole message, from its headers and structure; None to go on."""
    headers = message.whole.headers
    if any(name in headers for name in _SIGNING_HEADERS):
        return SkipCause.DKIM
    for part in message.everything:
        if part.kind in _SEALED:
            return _SEALED[part.kind]
    if "list-post" in headers:
        return SkipCause.LIST_POST
    return None if message.whole.sound else SkipCause.MALFORMED


def skipped_parts(message: MimeMessage) -> list[SkippedPart]:
    """The parts skipped for a cause in their headers. Other non-text parts are not listed."""
    causes = ((part.path, _why_part(part)) for part in message.leaves)
    return [SkippedPart(path, cause) for path, cause in causes if cause is not None]


def _why_part(part: MimePart) -> SkipCause | None:
    return next((cause for cause, holds in _PART_RULES if holds(part)), None)


def _is_text(part: MimePart) -> bool:
    return part.kind.startswith("text/")


def _is_flowed(part: MimePart) -> bool:
    """Whether spaces at the ends of lines are soft breaks, so that a URL may continue on the next line."""
    return part.kind == "text/plain" and str(part.headers.get_param("delsp", "")).lower() == "yes"


def _is_file(part: MimePart) -> bool:
    """Whether a part is a file attached to the mail.

    Any disposition but `inline` makes it one, known or not, in any of several headers. So does a
    name in any spelling, unless the part is in the place of the mail's body. Source: RFC 2183
    section 2.8 (1997); names: RFC 2231 (1997).
    """
    said = [str(value) for value in part.headers.get_all("content-disposition", [])]
    if any(_disposition(value) not in ("", "inline") for value in said):
        return True
    return part.place is Place.BESIDE and any(_parameter(part, header, name) for header, name in _NAMES)


_NAMES = (("content-disposition", "filename"), ("content-disposition", "name"), ("content-type", "name"))
"""Headers and their parameters that name a file."""


def _disposition(value: str) -> str:
    return _COMMENT.sub("", value).partition(";")[0].strip().strip('"').strip().lower()


def _parameter(part: MimePart, header: str, name: str) -> object:
    """A parameter, decoded or not; one in pieces or with a charset is found, too."""
    parameters = part.headers.get_params([], header)
    return next((value for key, value in parameters if key.partition("*")[0].lower() == name and value), None)


_PART_RULES: tuple[tuple[SkipCause, Callable[[MimePart], bool]], ...] = (
    (SkipCause.MALFORMED, lambda part: not part.sound),
    (SkipCause.MESSAGE, lambda part: part.kind.startswith("message/")),
    (SkipCause.ATTACHMENT, lambda part: _is_text(part) and _is_file(part)),
    (SkipCause.RESOURCE, lambda part: _is_text(part) and part.place is Place.RESOURCE),
    (SkipCause.NO_BODY, lambda part: _is_text(part) and not part.has_body),
    (SkipCause.FLOWED, _is_flowed),
    (SkipCause.AMP, lambda part: part.kind == "text/x-amp-html"),
    (SkipCause.CALENDAR, lambda part: part.kind == "text/calendar"),
)
"""First match wins."""
