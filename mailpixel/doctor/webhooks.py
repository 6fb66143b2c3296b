"""A check of webhooks: whether one was stopped, or fails for long."""

from mailpixel.doctor.local import Check, Grade
from mailpixel.store.webhooks import Webhook, WebhookRegistry, WebhookState
from mailpixel.times import HOUR_MS


def check_webhooks(registry: WebhookRegistry, now_ms: int) -> Check:
    """Check that the receivers of webhooks answer. Raises `StoreUnavailable`."""
    webhooks = registry.webhooks()
    problems = {each.name: found for each in webhooks if (found := _problem(registry, each, now_ms))}
    if not problems:
        return Check("webhooks", Grade.OK, f"{len(webhooks)} webhook(s), none stopped or failing for an hour")
    first = next(iter(problems))
    return Check(
        "webhooks",
        Grade.WARN,
        "; ".join(f"{name} {problem}" for name, problem in problems.items()),
        f"see what it answers: mailpixel webhook test {first}; if it was stopped: mailpixel webhook start {first}",
    )


def _problem(registry: WebhookRegistry, webhook: Webhook, now_ms: int) -> str:
    if webhook.state is WebhookState.STOPPED:
        return f"is stopped ({webhook.stopped_because})"
    since_ms = registry.posting(webhook.name).failing_since_ms
    if since_ms is not None and now_ms - since_ms >= HOUR_MS:
        return f"has failed for {(now_ms - since_ms) // HOUR_MS:,} h"
    return ""
