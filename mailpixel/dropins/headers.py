"""The headers by which a message asks to be tracked, and a message without them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailpixel.errors import InvalidInput

CAMPAIGN_HEADER = "X-Mailpixel-Campaign"
"""Names the campaign of a message. It never leaves for the recipient."""
RECIPIENT_HEADER = "X-Mailpixel-Recipient"
"""Names the recipient by the sender's own id. It never leaves for the recipient."""
PIXEL_HEADER = "X-Mailpixel-Pixel"
"""Says where the pixel of a message goes: `bottom`, `top` or `none`. It never leaves for the recipient."""
SPLIT_HEADER = "X-Mailpixel-Split"
"""`yes` asks for one copy for each address that a message goes to. It never leaves for the recipient."""
OURS = (CAMPAIGN_HEADER, RECIPIENT_HEADER, PIXEL_HEADER, SPLIT_HEADER)

_HEAD_END = re.compile(rb"(?:^|\n)\r?\n")
_FIELD = rb"(?im)^%b[ \t]*:((?>[^\r\n]|\r(?!\n)|\r?\n[ \t])*+)(?:\r?\n|\Z)"


@dataclass(frozen=True, slots=True)
class Marked:
    """A message without our headers, and what these said, in order: most have one value, or none."""

    content: bytes
    campaigns: tuple[str, ...]
    recipients: tuple[str, ...]
    pixels: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()


def read_marked(raw: bytes) -> Marked:
    """Take our headers out of a message, folded ones whole; every other byte stays as it is."""
    end = _HEAD_END.search(raw)
    cut = len(raw) if end is None else end.end()
    head = raw[:cut]
    said = []
    for name in OURS:
        head, values = _without(head, name)
        said.append(values)
    return Marked(raw if len(head) == cut else head + raw[cut:], *said)


def without_headers(raw: bytes, names: Sequence[str]) -> bytes:
    """A message without some headers; every other byte stays as it is."""
    end = _HEAD_END.search(raw)
    cut = len(raw) if end is None else end.end()
    head = raw[:cut]
    for name in names:
        head = _field(name).sub(b"", head)
    return raw if len(head) == cut else head + raw[cut:]


def is_yes(value: str, field: str = SPLIT_HEADER) -> bool:
    """Whether a header says yes. Raises `InvalidInput` for what is neither yes nor no."""
    try:
        return _YES[value.strip().lower()]
    except KeyError:
        raise InvalidInput(field, "must be yes or no") from None


_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def header_values(raw: bytes, name: str) -> tuple[str, ...]:
    """What a header of the message says, in order of its appearances."""
    end = _HEAD_END.search(raw)
    return _values(raw if end is None else raw[: end.end()], _field(name))


def _without(head: bytes, name: str) -> tuple[bytes, tuple[str, ...]]:
    field = _field(name)
    return field.sub(b"", head), _values(head, field)


def _field(name: str) -> re.Pattern[bytes]:
    return re.compile(_FIELD % re.escape(name.encode("ascii")))


def _values(head: bytes, field: re.Pattern[bytes]) -> tuple[str, ...]:
    return tuple(
        "".join(value.decode("utf-8", "replace").splitlines()).strip() for value in field.findall(head)
    )
