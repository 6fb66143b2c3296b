"""Webhooks in tests: a store, a registry, and consumers with a clock that the test moves."""

from collections.abc import Callable, Sequence
from typing import Any

from mailpixel.outbound.around import Around
from mailpixel.outbound.delivering import Delivering
from mailpixel.outbound.pauses import Pauses
from mailpixel.outbound.webhooks import NewWebhook, add_webhook
from mailpixel.projections.lease import LEASE_MS
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from tests.support.builders import KEYRING, an_open, at_ms, plain_rules

LOCAL = ("127.0.0.0/8",)


class Clock:
    """Gives milliseconds since 1970: what the test says, and a little more each time, so that looks go on."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        self.now_ms += 1
        return self.now_ms


class Hooks:
    """Webhooks on a store and a registry, an hour after the campaign was sent."""

    def __init__(self, store: Store, registry: Registry, **around: Any) -> None:
        self.store, self.registry = store, registry
        self.clock = Clock(at_ms(3600))
        self.how = around
        self.secrets: dict[str, str] = {}

    def around(self, holder: str = "one") -> Around:
        given: dict[str, Any] = {"networks": LOCAL, "look_every_ms": 0} | self.how
        return Around(
            self.store,
            self.registry,
            lambda: KEYRING,
            plain_rules,
            chance=lambda: 0.5,
            holder=holder,
            **given,
        )

    def add(self, url: str, name: str = "crm", since_ms: int | None = 0, **new: Any) -> None:
        wanted = NewWebhook(name, url, insecure=True, since_ms=since_ms, **new)
        self.secrets[name] = add_webhook(self.store, self.registry, KEYRING, wanted, self.clock())

    def consumer(self, name: str = "crm", holder: str = "one") -> Delivering:
        return Delivering(self.registry.webhook(name), self.around(holder))

    def run(self, name: str = "crm", turns: int = 1, after_s: float = 0) -> None:
        """Let a consumer work, `turns` times with so many seconds in between, and leave."""
        consumer = self.consumer(name)
        try:
            for _ in range(turns):
                consumer.catch_up(self.clock, LEASE_MS)
                self.clock.now_ms += round(after_s * 1000)
        finally:
            consumer.leave()

    def log(self, number: int, make: Callable[..., Any] = an_open, first: int = 0) -> Sequence[str]:
        """Log events of as many recipients; returns the ids of their posts, in order."""
        events = [make(100 + n, recipient=f"r-{n}") for n in range(first, first + number)]
        self.store.append(events)
        return [f"msg_{event.id.hex()}" for event in events]


QUICK = Pauses(first_ms=1_000, longest_ms=300_000, letters_ms=(1_000,) * 5)
