"""The headers by which a message asks to be tracked, and a message without them."""

import re
from dataclasses import dataclass

CAMPAIGN_HEADER = "X-Mailpixel-Campaign"
"""Names the campaign of a message. It never leaves for the recipient."""
RECIPIENT_HEADER = "X-Mailpixel-Recipient"
"""Names the recipient by the sender's own id. It never leaves for the recipient."""

_HEAD_END = re.compile(rb"(?:^|\n)\r?\n")
_FIELD = rb"(?im)^%b[ \t]*:((?:[^\r\n]|\r(?!\n)|\r?\n[ \t])*)(?:\r?\n|\Z)"


@dataclass(frozen=True, slots=True)
class Marked:
    """A message without our headers, and what these said, in order: most have one value, or none."""

    content: bytes
    campaigns: tuple[str, ...]
    recipients: tuple[str, ...]


def read_marked(raw: bytes) -> Marked:
    """Take our headers out of a message, folded ones whole; every other byte stays as it is."""
    end = _HEAD_END.search(raw)
    cut = len(raw) if end is None else end.end()
    head, campaigns = _without(raw[:cut], CAMPAIGN_HEADER)
    head, recipients = _without(head, RECIPIENT_HEADER)
    return Marked(head + raw[cut:], campaigns, recipients)


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
