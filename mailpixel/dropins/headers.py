"""The headers by which a message asks to be tracked, and a message without them."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailpixel.errors import InvalidInput
from mailpixel.links.parts import header_block

CAMPAIGN_HEADER = "X-Mailpixel-Campaign"
"""Names the campaign of a message. It never leaves for the recipient."""
RECIPIENT_HEADER = "X-Mailpixel-Recipient"
"""Names the recipient by the sender's own id. It never leaves for the recipient."""
PIXEL_HEADER = "X-Mailpixel-Pixel"
"""Says where the pixel of a message goes: `bottom`, `top` or `none`. It never leaves for the recipient."""
SPLIT_HEADER = "X-Mailpixel-Split"
"""`yes` asks for one copy for each address that a message goes to. It never leaves for the recipient."""
OURS = (CAMPAIGN_HEADER, RECIPIENT_HEADER, PIXEL_HEADER, SPLIT_HEADER)


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
    return Marked(without_headers(raw, OURS), *(header_values(raw, name) for name in OURS))


def without_headers(raw: bytes, names: Sequence[str]) -> bytes:
    """A message without some headers; every other byte stays as it is."""
    head = kept = _head(raw)
    for name in names:
        kept = header_block.without_header(kept, name)
    return raw if kept == head else kept + raw[len(head) :]


def header_values(raw: bytes, name: str) -> tuple[str, ...]:
    """What a header of the message says, in order of its appearances."""
    return header_block.header_values(_head(raw), name)


def _head(raw: bytes) -> bytes:
    """The header block of a message; all of it where no empty line ends the headers."""
    return raw[: header_block.head_end(raw)]


def is_yes(value: str, field: str = SPLIT_HEADER) -> bool:
    """Whether a header says yes. Raises `InvalidInput` for what is neither yes nor no."""
    try:
        return _YES[value.strip().lower()]
    except KeyError:
        raise InvalidInput(field, "must be yes or no") from None


_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
