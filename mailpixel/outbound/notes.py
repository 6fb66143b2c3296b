"""What is written down of a webhook's posts: at most once a second while it posts, and when it ends."""

from collections import Counter
from dataclasses import replace

from mailpixel.outbound.around import Around
from mailpixel.outbound.sender import PostResult
from mailpixel.store.webhooks import PostOutcome, Webhook

EVERY_MS = 1_000


class Notes:
    """How posting goes, in memory and in the registry."""

    def __init__(self, webhook: Webhook, around: Around) -> None:
        self._name = webhook.name
        self._around = around
        self._counts: Counter[PostOutcome] = Counter()
        self._written_ms = 0
        self._changed = False
        self.now = around.registry.posting(self._name)

    def took(self, result: PostResult, now_ms: int) -> None:
        """Note a post. One that was accepted ends a row of failures."""
        self._counts[result.outcome] += 1
        self._changed = True
        self.now = replace(
            self.now,
            last_outcome=result.outcome,
            last_status=result.status,
            last_took_ms=result.took_ms,
            last_at_ms=now_ms,
        )
        if result.outcome is PostOutcome.ACCEPTED:
            self.answers()

    def answers(self) -> None:
        """Note that the receiver is not down, though it refused an event."""
        self.now = replace(self.now, failures=0, failing_since_ms=None, retry_at_ms=None)

    def failed(self, now_ms: int, retry_after_ms: int | None) -> None:
        """Note that the receiver is down, and when to try again."""
        failures = self.now.failures + 1
        pause_ms = self._around.pauses.after_failure(failures, self._around.chance(), retry_after_ms)
        since_ms = now_ms if self.now.failing_since_ms is None else self.now.failing_since_ms
        self.now = replace(
            self.now, failures=failures, failing_since_ms=since_ms, retry_at_ms=now_ms + pause_ms
        )
        self._changed = True

    def write(self, now_ms: int, at_once: bool = False) -> None:
        """Write down what changed, unless that was done a moment ago."""
        if self._changed and (at_once or not 0 <= now_ms - self._written_ms < EVERY_MS):
            self._around.registry.note_posting(self._name, replace(self.now, posts=dict(self._counts)))
            self._counts.clear()
            self._changed = False
            self._written_ms = now_ms
