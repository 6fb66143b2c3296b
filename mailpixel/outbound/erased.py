"""Notifies the receivers of webhooks that people were erased, before it is forgotten who they are.

{"type": "person.erased", "timestamp": "2026-11-28T08:06:08.938Z", "data": {"erasure": "6f68…", "recipient": "r-1003"}}

No record of who was erased is kept, so each receiver gets one post. The caller learns which webhooks did not take it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from mailpixel.links.keyring import Keyring
from mailpixel.outbound.chosen import ERASED
from mailpixel.outbound.delivering import secrets_of
from mailpixel.outbound.payloads import batch_payload, encoded
from mailpixel.outbound.sender import Sender
from mailpixel.outbound.signing import message_id, signed_headers
from mailpixel.report.moments import iso_ms
from mailpixel.store.webhooks import PostOutcome, Webhook

WITHIN_S = 30.0
"""How long all posts of one webhook may take. An erasure waits for them."""
WINDOW = 16


@dataclass(frozen=True, slots=True)
class ErasedPeople:
    """People of an erasure, and when it was asked for in milliseconds since 1970."""

    erasure: str
    asked_at_ms: int
    recipients: Sequence[str]

    def payload(self, recipient: str) -> Any:
        """What a receiver gets of one of them."""
        data = {"erasure": self.erasure, "recipient": recipient}
        return {"type": ERASED, "timestamp": iso_ms(self.asked_at_ms), "data": data}

    def id(self, recipient: str) -> bytes:
        """The id of this event, the same whenever it is posted."""
        return blake2b(f"{self.erasure} {recipient}".encode(), digest_size=16).digest()


class Notifier:
    """Posts to one webhook, inside of an event loop."""

    def __init__(self, webhook: Webhook, keyring: Keyring, networks: Sequence[str], now_ms: int) -> None:
        self._webhook = webhook
        self._secrets = secrets_of(webhook, keyring, now_ms)
        self._networks = networks
        self._now_ms = now_ms

    async def notify(self, people: ErasedPeople) -> bool:
        """Post all these people. Returns False when the receiver did not accept everything in time."""
        size = self._webhook.batch
        parts = [people.recipients[start : start + size] for start in range(0, len(people.recipients), size)]
        try:
            async with asyncio.timeout(WITHIN_S), Sender(self._webhook.url, self._networks, WINDOW) as sender:
                for start in range(0, len(parts), WINDOW):
                    posts = [self._post(sender, people, part) for part in parts[start : start + WINDOW]]
                    if not all(await asyncio.gather(*posts)):
                        return False
        except TimeoutError:
            return False
        return True

    async def _post(self, sender: Sender, people: ErasedPeople, part: Sequence[str]) -> bool:
        payloads = [people.payload(recipient) for recipient in part]
        body = encoded(batch_payload(payloads) if self._webhook.batch > 1 else payloads[0])
        id = message_id(*(people.id(recipient) for recipient in part))
        result = await sender.post(signed_headers(self._secrets, id, self._now_ms, body), body)
        return result.outcome is PostOutcome.ACCEPTED


def notify(
    news: Sequence[tuple[Webhook, ErasedPeople]], keyring: Keyring, networks: Sequence[str], now_ms: int
) -> list[str]:
    """Notify the receivers of these webhooks. Returns the names of those that did not accept everything."""

    async def all_posts() -> list[bool]:
        notifiers = [(Notifier(webhook, keyring, networks, now_ms), people) for webhook, people in news]
        return await asyncio.gather(*(notifier.notify(people) for notifier, people in notifiers))

    taken = asyncio.run(all_posts())
    return [webhook.name for (webhook, _), each in zip(news, taken, strict=True) if not each]
