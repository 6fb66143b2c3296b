"""What the consumers of webhooks work with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mailpixel.classify import Rules
from mailpixel.links.keyring import Keyring
from mailpixel.outbound.pauses import Pauses
from mailpixel.outbound.resolving import Resolver, resolve
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store
from mailpixel.store.webhooks import WebhookRegistry
from mailpixel.tracing import Record, record_nothing

WINDOW = 16


class DeliveryRegistry(FoldRegistry, WebhookRegistry, Protocol):
    """The part of a registry that posting needs."""


@dataclass(frozen=True, slots=True)
class Around:
    """What the consumers of webhooks work with.

    `keyring` and `rules` give what is in force now. An event is settled after `settle_ms`. `networks` are private
    ones that may be reached. `holder` names this process. `window` posts are under way at a time. An idle consumer
    notes every `note_every_ms` that it is up to date. `chance` gives numbers from 0 to 1. `record` gets
    a span for each post.
    """

    store: Store
    registry: DeliveryRegistry
    keyring: Callable[[], Keyring]
    rules: Callable[[], Rules]
    chance: Callable[[], float]
    holder: str
    settle_ms: int = 15_000
    networks: Sequence[str] = ()
    resolver: Resolver = resolve
    window: int = WINDOW
    pauses: Pauses = Pauses()
    note_every_ms: int = 20_000
    look_every_ms: int = 1_000
    record: Record = record_nothing
