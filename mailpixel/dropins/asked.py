"""What a message of Django's asks for by our headers and the settings, and the people it goes to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from mailpixel.dropins.headers import (
    CAMPAIGN_HEADER,
    OURS,
    PIXEL_HEADER,
    RECIPIENT_HEADER,
    SPLIT_HEADER,
    is_yes,
)
from mailpixel.dropins.merge_fields import MergeField, defaults_of, is_batch, merge_field
from mailpixel.dropins.people import distinct, people
from mailpixel.errors import InvalidInput
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import PixelPlace, check_pixel


@dataclass(frozen=True, slots=True)
class Asked:
    """What a message asks for; `recipient` is empty where it names none, `pixel` None where nobody says a place."""

    campaign: str
    recipient: str
    pixel: PixelPlace | None
    split: bool


def marks_of(message: Any) -> list[tuple[str, str]]:
    """Our headers in a message, as they are spelled there, with their values."""
    names = [name.lower() for name in OURS]
    return [(name, str(value)) for name, value in message.extra_headers.items() if name.lower() in names]


def asked_by(marks: list[tuple[str, str]]) -> Asked:
    """What the headers say, and the settings where they say nothing. Raises `InvalidInput`."""
    values = {name.lower(): value for name, value in marks}
    if len(values) != len(marks) or CAMPAIGN_HEADER.lower() not in values:
        raise InvalidInput(CAMPAIGN_HEADER, "is required, and each X-Mailpixel header may occur only once")
    pixel = values.get(PIXEL_HEADER.lower()) or getattr(settings, "MAILPIXEL_PIXEL", None)
    split = values.get(SPLIT_HEADER.lower())
    return Asked(
        values[CAMPAIGN_HEADER.lower()],
        values.get(RECIPIENT_HEADER.lower(), ""),
        check_pixel(str(pixel), PIXEL_HEADER) if pixel else None,
        is_yes(split) if split else bool(getattr(settings, "MAILPIXEL_SPLIT", False)),
    )


def all_addresses(message: Any, backend: Any) -> list[str]:
    """Every different bare address that the message goes to; with those that the backend adds to every message."""
    added = [each for name in _LISTS for each in _added(backend, name)]
    return distinct(people(filter(None, [*message.recipients(), *added])))


_LISTS = ("to", "cc", "bcc")


def _added(backend: Any, name: str) -> Iterable[object]:
    return defaults_of(backend).get(name) or ()


def ids_of(minter: Minter, message: Any, addresses: Iterable[str]) -> dict[str, str]:
    """The recipient id of each bare address: by `message.mailpixel_recipients`, else the keyed pseudonym."""
    theirs: Mapping[str, str] = getattr(message, "mailpixel_recipients", None) or {}
    known = {str(address).strip().lower(): str(id) for address, id in theirs.items()}
    return {each: known.get(each.lower()) or minter.pseudonym(each) for each in addresses}


def field_of_batch(message: Any, asked: Asked, backend: Any) -> MergeField:
    """The merge field that gives each person of a message to several a token of their own.

    Raises `InvalidInput` where there is none.
    """
    if not is_batch(message, backend):
        how = "this backend cannot split it" if asked.split else f"{SPLIT_HEADER}: yes asks for one copy each"
        raise InvalidInput("recipients", f"this is one mail to several addresses; {how}")
    field = merge_field(message, backend)
    if field is None:
        raise InvalidInput(
            "batch", "no merge field is known that this service fills for each of several people"
        )
    others = [*message.cc, *message.bcc, *(each for name in _LISTS for each in _added(backend, name))]
    problems = (
        (bool(asked.recipient), f"goes to several people; leave {RECIPIENT_HEADER} out"),
        (
            bool(others),
            "has cc, bcc or an address from SEND_DEFAULTS, whose reader would have another's token",
        ),
        (not all(map(str.isascii, people(message.to))), "has an address with non-ASCII letters"),
    )
    for is_so, problem in problems:
        if is_so:
            raise InvalidInput("batch", problem)
    return field
