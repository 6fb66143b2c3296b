"""What people do with webhooks: add, change, rotate the secret, replay, stop, start, remove."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailpixel.links.keyring import Keyring
from mailpixel.outbound.checks import check_campaigns, check_events, check_name, check_url
from mailpixel.outbound.sealing import seal
from mailpixel.outbound.signing import SECRET_BYTES, secret_text
from mailpixel.store.consumers import Consumers
from mailpixel.store.webhooks import Webhook, Webhooks, WebhookState
from mailpixel.times import HOUR_MS

LONGEST_HOURS = 24 * 30


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """A webhook as people ask for it. `since_ms`: begin with what was received then; None: with what comes now."""

    name: str
    url: str
    events: Sequence[str] = ()
    campaigns: Sequence[str] = ()
    verdicts: str = "human"
    batch: int = 1
    insecure: bool = False
    since_ms: int | None = None


def add_webhook(store: Consumers, registry: Webhooks, keyring: Keyring, new: NewWebhook, now_ms: int) -> str:
    """Add a webhook. Returns its secret as text, which is not shown again. Raises `InvalidInput` and `Conflict`.

    Whoever calls checks the URL by `check_url`, since that depends on the settings.
    """
    secret = secrets.token_bytes(SECRET_BYTES)
    webhook = Webhook(
        check_name(new.name),
        new.url,
        check_events(new.events),
        now_ms,
        seal(keyring, new.name, secret),
        verdicts=new.verdicts,
        campaigns=check_campaigns(new.campaigns),
        batch=new.batch,
        insecure=new.insecure,
        start_at=store.position_at(new.since_ms),
    )
    registry.add_webhook(webhook)
    return secret_text(secret)


@dataclass(frozen=True, slots=True)
class WebhookChange:
    """Changes to a webhook; what is None stays. Without events it gets all types, without campaigns all of them."""

    url: str | None = None
    events: Sequence[str] | None = None
    campaigns: Sequence[str] | None = None
    verdicts: str | None = None
    batch: int | None = None
    insecure: bool | None = None
    state: WebhookState | None = None

    def changed(self, webhook: Webhook, networks: Sequence[str]) -> Webhook:
        """The changed webhook. A new URL is checked. Raises `InvalidInput`."""
        insecure = webhook.insecure if self.insecure is None else self.insecure
        url = webhook.url
        if self.url is not None or insecure != webhook.insecure:
            url = check_url(self.url or url, insecure, networks)
        return replace(
            _in_state(webhook, self.state),
            url=url,
            events=webhook.events if self.events is None else check_events(self.events),
            campaigns=webhook.campaigns if self.campaigns is None else check_campaigns(self.campaigns),
            verdicts=self.verdicts or webhook.verdicts,
            batch=self.batch or webhook.batch,
            insecure=insecure,
        )


def change(registry: Webhooks, name: str, change: WebhookChange, networks: Sequence[str]) -> Webhook:
    """Change a webhook; it goes on where it is. Raises `InvalidInput` and `NotFound`."""
    return registry.change_webhook(name, lambda webhook: change.changed(webhook, networks))


def rotate(registry: Webhooks, keyring: Keyring, name: str, now_ms: int, hours: int = 24) -> str:
    """Make a new secret; for some hours posts are signed with both. Returns it as text. Raises `NotFound`."""
    secret = secrets.token_bytes(SECRET_BYTES)
    sealed = seal(keyring, name, secret)
    registry.change_webhook(
        name,
        lambda webhook: replace(
            webhook, secret=sealed, old_secret=webhook.secret, old_until_ms=now_ms + hours * HOUR_MS
        ),
    )
    return secret_text(secret)


def replay(store: Consumers, registry: Webhooks, name: str, since_ms: int) -> None:
    """Post again everything that was received since a moment, with the same ids. Raises `NotFound`."""
    registry.webhook(name)
    position = store.position_at(since_ms)
    registry.change_webhook(name, lambda webhook: replace(webhook, start_at=position))


def stop(registry: Webhooks, name: str) -> None:
    """Post nothing more until it is started again; then it goes on where it stopped. Raises `NotFound`."""
    registry.change_webhook(name, lambda webhook: _in_state(webhook, WebhookState.STOPPED))


def start(registry: Webhooks, name: str) -> None:
    """Go on posting. Raises `NotFound`."""
    registry.change_webhook(name, lambda webhook: _in_state(webhook, WebhookState.RUNNING))


def _in_state(webhook: Webhook, state: WebhookState | None) -> Webhook:
    """The webhook in this state. One that is in it already keeps the reason."""
    if state in (None, webhook.state):
        return webhook
    because = "stopped by hand" if state is WebhookState.STOPPED else ""
    return replace(webhook, state=state, stopped_because=because)


def remove(store: Consumers, registry: Webhooks, name: str) -> None:
    """Remove a webhook with its letters, lease and position. Raises `NotFound`."""
    consumer = registry.webhook(name).consumer
    registry.remove_webhook(name)
    store.forget_consumer(consumer)
