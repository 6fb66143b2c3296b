"""Clicks that were carried on to a site: how a state packs them, and how a store finds them by their event ids.

A state holds 19 bytes for each: event id (16), link (2; 0: an embedded destination), verdict (1, its place in
`VERDICTS`). Numbers are big-endian. Most states hold none: a click is carried only where its campaign says so.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from mailpixel.model import Judged
from mailpixel.site_model import Click
from mailpixel.store.verdict_codes import VERDICTS

CLICK = struct.Struct(">16sHB")
_NUMBERS = {verdict: number for number, verdict in enumerate(VERDICTS)}


class Clicks(Protocol):
    """Carried clicks, as the fold of mail left them. What a message was judged to be last is what they say."""

    def clicks_by_id(self, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
        """The carried clicks with these event ids, by id; without those that are unknown, erased or not folded yet."""
        ...


def pack_clicks(judged: Iterable[Judged]) -> bytes:
    """The carried clicks of a message, in the order judged."""
    return b"".join(
        CLICK.pack(each.event.id, each.event.link or 0, _NUMBERS[each.verdict]) for each in judged
    )


def unpack_clicks(campaign: str, recipient: str, carried: bytes) -> Sequence[Click]:
    """The carried clicks of a state."""
    return [
        Click(id, campaign, recipient, link or None, int.from_bytes(id[:6], "big"), VERDICTS[verdict])
        for id, link, verdict in CLICK.iter_unpack(carried)
    ]


def ids_in(carried: bytes) -> Sequence[bytes]:
    """The event ids of the carried clicks of a state."""
    return [id for id, _, _ in CLICK.iter_unpack(carried)]
