"""Webhooks and refused events as people and programs see them."""

from typing import Annotated

from msgspec.structs import asdict

from mailpixel.report.answer import Answer, Count, Iso, exactly
from mailpixel.report.moments import iso_ms
from mailpixel.store.consumers import Consumers, Waiting
from mailpixel.store.webhooks import Letter, PostOutcome, Webhook, WebhookRegistry, WebhookState


class WebhookRow(Answer, frozen=True):
    """A webhook and how posting to it goes. Its secret is never shown again.

    At most `waiting` events are still to be posted, the first received at `waiting_since`; both are empty until it
    has begun. `letters` counts refused events that are posted again, `dead_letters` those that were given up.
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
    waiting_since: Iso | None
    letters: Count
    dead_letters: Count
    failing_since: Iso | None
    retry_at: Iso | None
    last_outcome: PostOutcome | None
    last_status: int | None
    last_took_ms: Count | None
    last_at: Iso | None
    posts: Annotated[dict[str, Count], exactly(PostOutcome)]


def webhook_row(store: Consumers, registry: WebhookRegistry, webhook: Webhook) -> WebhookRow:
    """A webhook for people and programs."""
    posting, letters = registry.posting(webhook.name), registry.count_letters(webhook.name)
    waiting = Waiting() if webhook.start_at else store.consumer(webhook.consumer).waiting()
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
        waiting=waiting.events,
        waiting_since=iso_ms(waiting.first_event_ms),
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


class AddedWebhookRow(WebhookRow, frozen=True):
    """A new webhook, with the secret that signs its posts. The secret is shown only once."""

    secret: str


class NewSecretRow(Answer, frozen=True):
    """A new secret, shown only once. Until `old_secret_until`, posts are signed with the old one, too."""

    secret: str
    old_secret_until: Iso | None


class LetterRow(Answer, frozen=True):
    """An event that the receiver refused. `next_try` is null when it was given up: then only `retry` posts it again."""

    event: str
    campaign: str
    recipient: str
    attempts: Count
    last_status: int | None
    next_try: Iso | None


class TrialRow(Answer, frozen=True):
    """What a receiver answered to a test. `answer` is the beginning of its answer, text of a stranger."""

    outcome: PostOutcome
    status: int | None
    took_ms: Count
    problem: str
    answer: str


def added_webhook_row(row: WebhookRow, secret: str) -> AddedWebhookRow:
    """A new webhook with its secret."""
    return AddedWebhookRow(**asdict(row), secret=secret)


def letter_row(letter: Letter) -> LetterRow:
    """A letter for people and programs."""
    return LetterRow(
        letter.event_id.hex(),
        letter.campaign,
        letter.recipient,
        letter.attempts,
        letter.last_status,
        None if letter.dead else iso_ms(letter.next_at_ms),
    )
