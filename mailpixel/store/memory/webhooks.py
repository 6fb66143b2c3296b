"""Webhooks in memory."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.leases import LeaseState
from mailpixel.store.webhooks import Letter, LetterCount, Posting, Webhook, starts_anew


class MemoryWebhooks:
    """A `WebhookRegistry` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.RLock()
        self._webhooks: dict[str, Webhook] = {}
        self._postings: dict[str, Posting] = {}
        self._letters: dict[tuple[str, bytes], Letter] = {}
        self._leases: dict[str, LeaseState] = {}
        self._webhook_revision = 0

    def webhooks(self) -> Sequence[Webhook]:
        """See `Webhooks`."""
        with self._lock:
            return [self._webhooks[name] for name in sorted(self._webhooks)]

    def webhook(self, name: str) -> Webhook:
        """See `Webhooks`."""
        with self._lock:
            if name not in self._webhooks:
                raise NotFound(f"there is no webhook {name!r}")
            return self._webhooks[name]

    def add_webhook(self, webhook: Webhook) -> None:
        """See `Webhooks`."""
        with self._lock:
            if webhook.name in self._webhooks:
                raise Conflict(f"a webhook {webhook.name!r} exists already; choose another name")
            self._put_webhook(webhook)

    def change_webhook(self, name: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """See `Webhooks`."""
        with self._lock:
            former = self.webhook(name)
            changed = replace(change(former), name=name, created_at_ms=former.created_at_ms)
            if starts_anew(former, changed):
                posting = replace(self.posting(name), failures=0, failing_since_ms=None, retry_at_ms=None)
                self._postings[name] = posting
            self._put_webhook(changed)
            return self.webhook(name)

    def _put_webhook(self, webhook: Webhook) -> None:
        self._webhook_revision += 1
        self._webhooks[webhook.name] = replace(webhook, revision=self._webhook_revision)

    def remove_webhook(self, name: str) -> None:
        """See `Webhooks`."""
        with self._lock:
            self._leases.pop(self.webhook(name).consumer, None)
            del self._webhooks[name]
            self._postings.pop(name, None)
            self._letters = {key: letter for key, letter in self._letters.items() if key[0] != name}

    def forget_start(self, webhook: Webhook) -> bool:
        """See `Webhooks`."""
        with self._lock:
            present = self._webhooks.get(webhook.name)
            if present is None or present.revision != webhook.revision:
                return False
            self._webhooks[webhook.name] = replace(present, start_at=None)
            return True

    def posting(self, name: str) -> Posting:
        """See `Postings`."""
        with self._lock:
            return self._postings.get(name, Posting())

    def note_posting(self, name: str, posting: Posting) -> None:
        """See `Postings`."""
        with self._lock:
            if name in self._webhooks:
                posts = Counter(self.posting(name).posts) + Counter(posting.posts)
                self._postings[name] = replace(posting, posts=dict(sorted(posts.items())))

    def letters(self, name: str, after: bytes = b"", limit: int = 1_000) -> Sequence[Letter]:
        """See `Letters`."""
        with self._lock:
            keys = sorted(key for key in self._letters if key[0] == name and key[1] > after)
            return [self._letters[key] for key in keys[:limit]]

    def due_letters(self, name: str, now_ms: int, limit: int) -> Sequence[Letter]:
        """See `Letters`."""
        with self._lock:
            due = [
                letter
                for letter in self._letters.values()
                if letter.webhook == name and not letter.dead and letter.next_at_ms <= now_ms
            ]
            return sorted(due, key=lambda letter: (letter.next_at_ms, letter.event_id))[:limit]

    def count_letters(self, name: str) -> LetterCount:
        """See `Letters`."""
        with self._lock:
            found = Counter(letter.dead for letter in self._letters.values() if letter.webhook == name)
            return LetterCount(found[False], found[True])

    def put_letters(self, letters: Sequence[Letter]) -> None:
        """See `Letters`."""
        with self._lock:
            known = [letter for letter in letters if letter.webhook in self._webhooks]
            self._letters.update({(letter.webhook, letter.event_id): letter for letter in known})

    def drop_letters(self, name: str, event_ids: Sequence[bytes]) -> None:
        """See `Letters`."""
        with self._lock:
            for event_id in event_ids:
                self._letters.pop((name, event_id), None)

    def retry_letters(self, name: str, event_id: bytes | None, now_ms: int) -> int:
        """See `Letters`."""
        with self._lock:
            chosen = [
                letter
                for letter in self._letters.values()
                if letter.webhook == name and event_id in (None, letter.event_id)
            ]
            self.put_letters([replace(each, attempts=0, next_at_ms=now_ms, dead=False) for each in chosen])
            return len(chosen)

    def letters_about(self, recipient: str) -> Sequence[Letter]:
        """See `Letters`."""
        with self._lock:
            return [
                self._letters[key]
                for key in sorted(self._letters)
                if self._letters[key].recipient == recipient
            ]

    def _forget_letters(self, recipients: Sequence[str]) -> int:
        """Delete every letter about these people. Returns how many there were."""
        with self._lock:
            kept = {key: each for key, each in self._letters.items() if each.recipient not in recipients}
            gone, self._letters = len(self._letters) - len(kept), kept
            return gone
