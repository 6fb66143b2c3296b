"""Why a message, or a part of one, is left alone whatever its links say."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from mailpixel.links.parts.mime_part import Entity, Place
from mailpixel.links.parts.transfer import base64_decoded, quoted_decoded


class Cause(StrEnum):
    """The closed set of causes. Those of a whole message come first."""

    DKIM = "dkim"
    """Signed in transit (DKIM-Signature, ARC-Seal): sign after tracking."""
    SIGNED = "signed"
    ENCRYPTED = "encrypted"
    """Encrypted or opaquely signed: multipart/encrypted, S/MIME."""
    PGP = "pgp"
    """PGP armour in a text."""
    LIST_POST = "list_post"
    """Mail of a discussion list: what it says is not the sender's alone."""
    MALFORMED = "malformed"
    """Programs would differ on where its parts are."""
    NO_HTML = "no_html"
    """No HTML part, so no pixel."""
    NO_BODY = "no_body"
    """A text that ends with its headers: there is no place for anything."""
    ATTACHMENT = "attachment"
    """A file, by its disposition or by its name."""
    RESOURCE = "resource"
    """What the root of a multipart/related refers to: only the root is shown."""
    MESSAGE = "message"
    """A message inside the message."""
    AMP = "amp"
    CALENDAR = "calendar"
    ENCODING = "encoding"
    """A content transfer encoding nobody knows, or text that does not keep to it."""
    FLOWED = "flowed"
    """Plain text with format=flowed and DelSp: its URLs are broken by spaces."""
    FAILED = "failed"
    """Rewriting it went wrong; the plan's error says how."""


@dataclass(frozen=True, slots=True)
class Left:
    """A part left alone: its path (`2.1`; empty for the whole message) and why."""

    path: str
    cause: Cause


_SIGNING_HEADERS = ("dkim-signature", "domainkey-signature", "arc-seal")
_KINDS = {
    "multipart/signed": Cause.SIGNED,
    "multipart/encrypted": Cause.ENCRYPTED,
    "application/pkcs7-mime": Cause.ENCRYPTED,
    "application/x-pkcs7-mime": Cause.ENCRYPTED,
}
_COMMENT = re.compile(r"\([^()]*\)")
_ARMOUR = re.compile(rb"^-----BEGIN PGP ", re.MULTILINE)


def why_whole(message: Entity, raw: bytes) -> Cause | None:
    """The cause to leave all of a message alone."""
    if any(name in message.headers for name in _SIGNING_HEADERS):
        return Cause.DKIM
    entities = list(message.everything())
    sealed = next((_KINDS[entity.kind] for entity in entities if entity.kind in _KINDS), None)
    if sealed is not None:
        return sealed
    if "list-post" in message.headers:
        return Cause.LIST_POST
    if not message.sound:
        return Cause.MALFORMED
    return Cause.PGP if any(_is_armoured(leaf, raw) for leaf in message.leaves()) else None


def why_part(leaf: Entity) -> Cause | None:
    """The cause to leave a part alone that its headers give; None for non-text parts."""
    return next((cause for cause, holds in _PART_RULES if holds(leaf)), None)


def _is_text(leaf: Entity) -> bool:
    return leaf.kind.startswith("text/")


def _is_file(leaf: Entity) -> bool:
    """Whether a part is a file beside the mail.

    Any disposition but `inline` makes it one, also one nobody knows, and in any of several headers; so does a name, in
    whatever spelling, unless the part stands where the body of a mail stands. Source: RFC 2183 section 2.8 (1997);
    names: RFC 2231 (1997).
    """
    said = [str(value) for value in leaf.headers.get_all("content-disposition", [])]
    if any(_disposition(value) not in ("", "inline") for value in said):
        return True
    return leaf.place is Place.BESIDE and any(_parameter(leaf, header, name) for header, name in _NAMES)


_NAMES = (("content-disposition", "filename"), ("content-disposition", "name"), ("content-type", "name"))
"""Headers and their parameters that name a file."""


def _disposition(value: str) -> str:
    return _COMMENT.sub("", value).partition(";")[0].strip().strip('"').strip().lower()


def _parameter(leaf: Entity, header: str, name: str) -> object:
    """A parameter, decoded or not; one in pieces or with a charset is found, too."""
    parameters = leaf.headers.get_params([], header)
    return next((value for key, value in parameters if key.partition("*")[0].lower() == name and value), None)


_PART_RULES: tuple[tuple[Cause, Callable[[Entity], bool]], ...] = (
    (Cause.MALFORMED, lambda leaf: not leaf.sound),
    (Cause.MESSAGE, lambda leaf: leaf.kind.startswith("message/")),
    (Cause.ATTACHMENT, lambda leaf: _is_text(leaf) and _is_file(leaf)),
    (Cause.RESOURCE, lambda leaf: _is_text(leaf) and leaf.place is Place.RESOURCE),
    (Cause.NO_BODY, lambda leaf: _is_text(leaf) and not leaf.has_body),
    (Cause.FLOWED, lambda leaf: leaf.kind == "text/plain" and leaf.parameter("delsp") == "yes"),
    (Cause.AMP, lambda leaf: leaf.kind == "text/x-amp-html"),
    (Cause.CALENDAR, lambda leaf: leaf.kind == "text/calendar"),
)
"""First match wins."""


def decoded_body(leaf: Entity, raw: bytes) -> bytes | None:
    """The body of a part without its transfer encoding; None where it is unknown or not kept to."""
    body = raw[leaf.body_start : leaf.end]
    match transfer_encoding(leaf):
        case "quoted-printable":
            quoted = quoted_decoded(body)
            return quoted.decoded if quoted else None
        case "base64":
            return base64_decoded(body)
        case "" | "7bit" | "8bit" | "binary":
            return body
        case _:
            return None


def transfer_encoding(leaf: Entity) -> str:
    """The declared content transfer encoding in lower case."""
    return leaf.header("content-transfer-encoding").strip().lower()


def _is_armoured(leaf: Entity, raw: bytes) -> bool:
    if not leaf.kind.startswith("text/") or (
        b"-----BEGIN PGP" not in raw and transfer_encoding(leaf) != "base64"
    ):
        return False
    return _ARMOUR.search(decoded_body(leaf, raw) or raw[leaf.body_start : leaf.end]) is not None
