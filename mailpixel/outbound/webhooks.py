"""What people do with webhooks: add, rotate the secret, replay, stop, start, remove, test."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailpixel.errors import MissingExtra
from mailpixel.links.keyring import Keyring
from mailpixel.outbound.checks import check_campaigns, check_events, check_name, check_url
from mailpixel.outbound.payloads import encoded, trial_payload
from mailpixel.outbound.sealing import EXTRA, seal, unseal
from mailpixel.outbound.signing import SECRET_BYTES, message_id, secret_text, signed_headers
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.store.consumers import Consumers
from mailpixel.store.webhooks import PostOutcome, Webhook, WebhookRegistry, Webhooks, WebhookState

HOUR_MS = 3_600_000
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
    registry.change_webhook(
        name,
        lambda webhook: replace(webhook, state=WebhookState.STOPPED, stopped_because="stopped by hand"),
    )


def start(registry: Webhooks, name: str) -> None:
    """Go on posting. Raises `NotFound`."""
    registry.change_webhook(
        name, lambda webhook: replace(webhook, state=WebhookState.RUNNING, stopped_because="")
    )


def remove(store: Consumers, registry: Webhooks, name: str) -> None:
    """Remove a webhook with its letters, lease and position. Raises `NotFound`."""
    consumer = registry.webhook(name).consumer
    registry.remove_webhook(name)
    store.forget_consumer(consumer)


class TrialRow(Answer, frozen=True):
    """What a receiver answered to a test. `answer` is the beginning of its answer, text of a stranger."""

    outcome: PostOutcome
    status: int | None
    took_ms: Count
    problem: str
    answer: str


def try_out(webhook: Webhook, keyring: Keyring, networks: Sequence[str], now_ms: int) -> TrialRow:
    """Post a test, which says so in its `type`, and wait for the answer. Raises `KeyringError`, `MissingExtra`."""
    try:
        from mailpixel.outbound.sender import PostResult, Sender
    except ImportError:
        raise MissingExtra(EXTRA) from None
    check_url(webhook.url, webhook.insecure, networks)
    body = encoded(trial_payload(webhook.name, now_ms))
    id = message_id(secrets.token_bytes(16))
    headers = signed_headers([unseal(keyring, webhook.name, webhook.secret)], id, now_ms, body)

    async def posted() -> PostResult:
        async with Sender(webhook.url, networks) as sender:
            return await sender.post(headers, body)

    result = asyncio.run(posted())
    return TrialRow(result.outcome, result.status, result.took_ms, result.problem, result.answer)


class WebhookRow(Answer, frozen=True):
    """A webhook and how posting to it goes. Its secret is never shown again.

    `waiting` is an upper bound of the events it has not been through. `letters` are refused events that are tried
    again, `dead_letters` those that are not.
    """

    name: str
    url: str
    events: list[str]
    verdicts: str
    campaigns: list[str]
    batch: Count
    insecure: bool
    state: WebhookState
    stopped_because: str
    created_at: Iso
    old_secret_until: Iso | None
    waiting: Count
    letters: Count
    dead_letters: Count
    failing_since: Iso | None
    retry_at: Iso | None
    last_outcome: PostOutcome | None
    last_status: int | None
    last_took_ms: Count | None
    last_at: Iso | None
    posts: dict[PostOutcome, Count]


def webhook_row(store: Consumers, registry: WebhookRegistry, webhook: Webhook) -> WebhookRow:
    """A webhook for people and programs."""
    posting, letters = registry.posting(webhook.name), registry.count_letters(webhook.name)
    waiting = 0 if webhook.start_at else store.consumer(webhook.consumer).waiting().events
    return WebhookRow(
        name=webhook.name,
        url=webhook.url,
        events=list(webhook.events),
        verdicts=webhook.verdicts,
        campaigns=list(webhook.campaigns),
        batch=webhook.batch,
        insecure=webhook.insecure,
        state=webhook.state,
        stopped_because=webhook.stopped_because,
        created_at=iso_ms(webhook.created_at_ms),
        old_secret_until=iso_ms(webhook.old_until_ms),
        waiting=waiting,
        letters=letters.waiting,
        dead_letters=letters.dead,
        failing_since=iso_ms(posting.failing_since_ms),
        retry_at=iso_ms(posting.retry_at_ms),
        last_outcome=posting.last_outcome,
        last_status=posting.last_status,
        last_took_ms=posting.last_took_ms,
        last_at=iso_ms(posting.last_at_ms),
        posts={outcome: posting.posts.get(outcome, 0) for outcome in PostOutcome},
    )
