"""The consumers of all webhooks, as webhooks are added, changed and removed."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mailpixel.outbound.around import Around
from mailpixel.store.webhooks import CONSUMER_PREFIX, Webhook, WebhookState

if TYPE_CHECKING:
    from mailpixel.outbound.delivering import Delivering

Key = tuple[str, int]
"""The name of a consumer and the revision of its webhook: with another revision it is another consumer."""


class WebhooksAtWork:
    """The webhooks that should run now. `wanted` is asked again and again."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def wanted(self) -> Mapping[Key, Callable[[], "Delivering"]]:
        """For each webhook that runs, what makes its consumer. Leases and positions of removed ones are dropped.

        Raises `StoreUnavailable`.
        """
        webhooks = self._around.registry.webhooks()
        self._forget_removed({webhook.consumer for webhook in webhooks})
        running = [webhook for webhook in webhooks if webhook.state is WebhookState.RUNNING]
        return {(webhook.consumer, webhook.revision): self._maker(webhook) for webhook in running}

    def _maker(self, webhook: Webhook) -> Callable[[], "Delivering"]:
        def make() -> "Delivering":
            from mailpixel.outbound.delivering import Delivering  # with the packages of an extra

            return Delivering(webhook, self._around)

        return make

    def _forget_removed(self, present: set[str]) -> None:
        """A consumer that ended a moment ago may have written its lease and position again."""
        for consumer in self._around.registry.leases():
            if consumer.startswith(CONSUMER_PREFIX) and consumer not in present:
                self._around.registry.forget_lease(consumer)
                self._around.store.forget_consumer(consumer)
