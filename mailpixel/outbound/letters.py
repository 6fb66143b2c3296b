"""Refused events: put aside as letters, tried again when they are due, and dead in the end."""

from collections.abc import Iterable
from dataclasses import replace

from mailpixel.outbound.around import Around
from mailpixel.outbound.sender import PostResult
from mailpixel.outbound.window import Slot
from mailpixel.store.webhooks import Letter, PostOutcome, Webhook

AT_ONCE = 4
"""Letters tried at a time, beside the window."""
POSTPONED_MS = 60_000


class LetterBox:
    """The letters of one webhook. `waiting` counts those that are not dead, as of the last look."""

    def __init__(self, webhook: Webhook, around: Around) -> None:
        self._webhook = webhook
        self._registry = around.registry
        self._pauses = around.pauses
        self.waiting = self._registry.count_letters(webhook.name).waiting

    def put(self, slots: Iterable[Slot], now_ms: int) -> None:
        """Make a letter of each event of these posts."""
        letters = [
            Letter(
                self._webhook.name,
                entry.event_id,
                entry.campaign,
                entry.recipient,
                1,
                now_ms + self._pauses.letters_ms[0],
                slot.status,
            )
            for slot in slots
            for entry in slot.entries
        ]
        if letters:
            self._registry.put_letters(letters)
            self.waiting = self._registry.count_letters(self._webhook.name).waiting

    def due(self, now_ms: int) -> list[Letter]:
        """The letters to try now."""
        if not self.waiting:
            return []
        return list(self._registry.due_letters(self._webhook.name, now_ms, AT_ONCE))

    def drop(self, letter: Letter) -> None:
        """Forget a letter: its event was accepted, or erased."""
        self._registry.drop_letters(letter.webhook, [letter.event_id])
        self.waiting -= 1

    def failed(self, letter: Letter, result: PostResult, others_pass: bool, now_ms: int) -> None:
        """Note that a letter failed again. While the receiver is down for all, that is not counted against it."""
        if result.outcome is not PostOutcome.REFUSED and not others_pass:
            later = replace(letter, next_at_ms=now_ms + POSTPONED_MS, last_status=result.status)
        elif letter.attempts + 1 >= self._pauses.most_attempts:
            later = replace(letter, attempts=letter.attempts + 1, last_status=result.status, dead=True)
            self.waiting -= 1
        else:
            pause_ms = self._pauses.letters_ms[letter.attempts]
            later = replace(
                letter,
                attempts=letter.attempts + 1,
                next_at_ms=now_ms + pause_ms,
                last_status=result.status,
            )
        self._registry.put_letters([later])
