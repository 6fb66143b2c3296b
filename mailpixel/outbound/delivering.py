"""The consumer of one webhook: it reads settled events, posts them, and moves its position over what is done with."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from mailpixel.errors import NotFound
from mailpixel.links.keyring import Keyring
from mailpixel.outbound.around import Around
from mailpixel.outbound.pauses import HOUR_MS
from mailpixel.outbound.round import Round
from mailpixel.outbound.sealing import unseal
from mailpixel.outbound.sender import Sender
from mailpixel.projections.lease import Lease, LeaseLost
from mailpixel.store.webhooks import Webhook, WebhookState

Clock = Callable[[], int]
END_WITHIN_S = 3.0
"""How long posts under way may take when the work ends. What is not answered by then is posted again."""
LOOK_S = 0.1


class Delivering:
    """A consumer at work that posts events to one webhook. All calls come from one thread."""

    def __init__(self, webhook: Webhook, around: Around) -> None:
        self.name = webhook.consumer
        self._webhook = webhook
        self._around = around
        self._lease = Lease(around.registry, self.name, around.holder, around.note_every_ms)
        self._runner = asyncio.Runner()
        self._sender: Sender | None = None
        self._looked_ms: int | None = None

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """Post what is settled. Returns the number of posts, or None while another process has the lease.

        It goes on for as long as there is something to post, and calls the clock several times a second.
        """
        now_ms = clock()
        looked_ago_ms = None if self._looked_ms is None else now_ms - self._looked_ms
        if looked_ago_ms is not None and 0 <= looked_ago_ms < self._around.look_every_ms:
            return 0
        self._looked_ms = now_ms
        if not self._is_current() or self._rests(now_ms):
            return 0
        try:
            self._start_where_told(now_ms, lease_ms)
            return self._runner.run(self._posted(clock, lease_ms))
        except LeaseLost:
            return None

    def leave(self) -> None:
        """Close the connections and give up the lease."""
        if self._sender is not None:
            self._runner.run(self._sender.close())
        self._runner.close()
        self._lease.drop()

    def _is_current(self) -> bool:
        """Whether the webhook runs, and is as it was when this consumer was made."""
        try:
            present = self._around.registry.webhook(self._webhook.name)
        except NotFound:
            return False
        return present.revision == self._webhook.revision and present.state is WebhookState.RUNNING

    def _rests(self, now_ms: int) -> bool:
        """Whether the receiver failed and it is too early for another try. A clock that was set back rests no one."""
        retry_at_ms = self._around.registry.posting(self._webhook.name).retry_at_ms
        return retry_at_ms is not None and 0 < retry_at_ms - now_ms <= 2 * HOUR_MS

    def _start_where_told(self, now_ms: int, lease_ms: int) -> None:
        if self._webhook.start_at is None:
            return
        self._lease.hold(now_ms, lease_ms)
        self._around.store.consumer(self.name).done(self._webhook.start_at)
        self._around.registry.forget_start(self._webhook)
        self._webhook = replace(self._webhook, start_at=None)

    async def _posted(self, clock: Clock, lease_ms: int) -> int:
        """Post until nothing is settled, or the receiver is down. Returns the number of posts."""
        round = Round(self._webhook, self._around, self._sender_now(), self._secrets(clock()))
        if not round.has_work(clock()):
            self._lease.note_caught_up(clock(), lease_ms)
            return 0
        try:
            while True:
                self._lease.hold(clock(), lease_ms)
                round.fill(clock())
                round.settle(clock())
                if not round.is_busy or not self._goes_on(clock()):
                    break
                await round.wait(LOOK_S)
            if round.is_all_done:
                self._lease.note_caught_up(clock(), lease_ms)
        finally:
            await round.end(END_WITHIN_S)
        return round.posts

    def _goes_on(self, now_ms: int) -> bool:
        """Look once a second whether the webhook is still as it was."""
        if self._looked_ms is not None and 0 <= now_ms - self._looked_ms < self._around.look_every_ms:
            return True
        self._looked_ms = now_ms
        return self._is_current()

    def _sender_now(self) -> Sender:
        if self._sender is None:
            connections = self._around.window
            self._sender = Sender(
                self._webhook.url, self._around.networks, connections, self._around.resolver
            )
        return self._sender

    def _secrets(self, now_ms: int) -> Sequence[bytes]:
        return secrets_of(self._webhook, self._around.keyring(), now_ms)


def secrets_of(webhook: Webhook, keyring: Keyring, now_ms: int) -> Sequence[bytes]:
    """The secrets that sign now: the present one, and the old one while it is in force. Raises `KeyringError`."""
    until_ms = webhook.old_until_ms
    old = webhook.old_secret if until_ms is not None and now_ms < until_ms else None
    return [unseal(keyring, webhook.name, sealed) for sealed in (webhook.secret, old) if sealed is not None]
