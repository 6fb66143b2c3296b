"""One round of posting: from the saved position until nothing is settled any more, or the receiver is down."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from mailpixel.errors import NotFound
from mailpixel.outbound.around import Around
from mailpixel.outbound.letters import LetterBox
from mailpixel.outbound.notes import Notes
from mailpixel.outbound.payloads import batch_payload, encoded
from mailpixel.outbound.sender import PostResult, Sender
from mailpixel.outbound.signing import message_id, signed_headers
from mailpixel.outbound.source import Found, Source
from mailpixel.outbound.window import Slot, Window
from mailpixel.store.webhooks import Letter, PostOutcome, Webhook, WebhookState
from mailpixel.tracing import Timed

POSITION_EVERY_MS = 100
Task = asyncio.Task[PostResult]


class Round:
    """Posts of one webhook, made in an event loop. `posts` counts them."""

    def __init__(self, webhook: Webhook, around: Around, sender: Sender, secrets: Sequence[bytes]) -> None:
        self._webhook = webhook
        self._around = around
        self._sender = sender
        self._secrets = secrets
        self._source = Source(webhook, around)
        self._consumer = around.store.consumer(webhook.consumer)
        self._window = Window(around.window)
        self._box = LetterBox(webhook, around)
        self._notes = Notes(webhook, around)
        self._tasks: dict[Task, Slot | tuple[Letter, int]] = {}
        self._position: str | None = None
        self._moved_ms = 0
        self._now_ms = 0
        self._retry_after_ms: int | None = None
        self._ended = False
        self._all_read = False
        self.posts = 0

    @property
    def is_busy(self) -> bool:
        """Whether there is more to do now."""
        return bool(self._tasks) or not (self._ended or self._all_read)

    @property
    def is_all_done(self) -> bool:
        """Whether everything that is settled was done with."""
        return self._all_read and not self._window.slots

    def has_work(self, now_ms: int) -> bool:
        """Whether anything is settled, or a letter is due."""
        until_ms = now_ms - self._around.settle_ms
        return bool(self._consumer.settled(self._source.at, until_ms, 1).entries or self._box.due(now_ms))

    def fill(self, now_ms: int) -> None:
        """Send what there is room for."""
        self._now_ms = now_ms
        self._all_read = False
        if self._ended:
            return
        self._fill_window(now_ms)
        self._fill_letters()

    def _fill_window(self, now_ms: int) -> None:
        while self._window.has_room and not self._window.has_failed:
            room = (self._window.size - self._window.waiting) * self._webhook.batch
            found = self._source.read(room, now_ms - self._around.settle_ms)
            if not found:
                self._all_read = True
                return
            self._send(found)
            if not any(each.payload is not None for each in found):
                return  # a page without a wanted event: let the caller look at the clock

    def _send(self, found: Sequence[Found]) -> None:
        remaining = iter(found)
        for first in remaining:
            if first.payload is None:
                self._pass_over(first.entry.position)
                continue
            chosen, position = [first], first.entry.position
            while len(chosen) < self._webhook.batch and (more := next(remaining, None)):
                chosen += [more] if more.payload is not None else []
                position = more.entry.position
            self._post(Slot(position, [each.entry for each in chosen], self._body(chosen)))

    def _pass_over(self, position: str) -> None:
        """An event that is not wanted is done with when the post before it is."""
        if self._window.slots:
            self._window.slots[-1].position = position
        else:
            self._position = position

    def _body(self, chosen: Sequence[Found]) -> bytes:
        payloads = [each.payload for each in chosen]
        return encoded(batch_payload(payloads) if self._webhook.batch > 1 else payloads[0])

    def _post(self, slot: Slot) -> None:
        self._window.add(slot)
        id = message_id(*(entry.event_id for entry in slot.entries))
        self._start(id, slot.body, slot)

    def _start(self, id: str, body: bytes, what: Slot | tuple[Letter, int]) -> None:
        headers = signed_headers(self._secrets, id, self._now_ms, body)
        self._tasks[asyncio.ensure_future(self._timed_post(headers, body))] = what
        self.posts += 1

    async def _timed_post(self, headers: Mapping[str, str], body: bytes) -> PostResult:
        with Timed(
            self._around.record, "webhook post", **{"mailpixel.consumer": self._webhook.consumer}
        ) as span:
            result = await self._sender.post(headers, body)
            span.facts["mailpixel.outcome"] = result.outcome.value
        return result

    def _fill_letters(self) -> None:
        """Try letters that are due, a few at a time, but not while the receiver is down."""
        under_way = any(not isinstance(what, Slot) for what in self._tasks.values())
        if under_way or (self._notes.now.failures and self._window.slots):
            return
        for letter in self._box.due(self._now_ms):
            payload = self._source.payload_of(letter)
            if payload is None:
                self._box.drop(letter)
                continue
            body = encoded(batch_payload([payload]) if self._webhook.batch > 1 else payload)
            self._start(message_id(letter.event_id), body, (letter, self._window.accepted))

    async def wait(self, within_s: float) -> None:
        """Wait for the next answers."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(0)

    def settle(self, now_ms: int) -> None:
        """Take the answers that came, and move the position over what is done with."""
        self._now_ms = now_ms
        for task in [task for task in self._tasks if task.done()]:
            what, result = self._tasks.pop(task), task.result()
            self._notes.took(result, now_ms)
            self._window.accepted += result.outcome is PostOutcome.ACCEPTED
            self._retry_after_ms = result.retry_after_ms
            if isinstance(what, Slot):
                self._answered(what, result)
            else:
                self._letter_answered(*what, result)
            if result.outcome is PostOutcome.GONE:
                self._stop("it answered 410 Gone")
        self._put_aside(self._window.outlived())
        if not self._ended and self._window.has_failed:
            self._rest()
        self._move(now_ms)

    def _answered(self, slot: Slot, result: PostResult) -> None:
        slot.body = b""
        if result.outcome is PostOutcome.ACCEPTED:
            slot.done = True
            return
        slot.failed, slot.status = result.outcome, result.status
        few = self._box.waiting < self._around.window
        if result.outcome is PostOutcome.REFUSED and few:
            self._put_aside([slot])
            self._notes.answers()

    def _letter_answered(self, letter: Letter, began: int, result: PostResult) -> None:
        if result.outcome is PostOutcome.ACCEPTED:
            self._box.drop(letter)
        else:
            self._box.failed(letter, result, self._window.accepted > began, self._now_ms)

    def _put_aside(self, slots: Sequence[Slot]) -> None:
        for slot in slots:
            slot.entries = [entry for entry in slot.entries if self._source.holds(entry)]
            slot.done = True
        self._box.put(slots, self._now_ms)

    def _rest(self) -> None:
        """The receiver is down: try again later, from the saved position."""
        self._ended = True
        self._notes.failed(self._now_ms, self._retry_after_ms)
        since_ms = self._notes.now.failing_since_ms
        if since_ms is not None and self._now_ms - since_ms >= self._around.pauses.give_up_ms:
            self._stop("it failed for five days")

    def _stop(self, because: str) -> None:
        self._ended = True
        as_read = self._webhook.revision

        def stopped(present: Webhook) -> Webhook:
            if present.revision != as_read:  # meanwhile it may have got another URL
                return present
            return replace(present, state=WebhookState.STOPPED, stopped_because=because)

        with suppress(NotFound):  # removed meanwhile
            self._around.registry.change_webhook(self._webhook.name, stopped)

    def _move(self, now_ms: int, at_once: bool = False) -> None:
        position = self._window.pop_done()
        self._position = self._position if position is None else position
        is_time = at_once or not 0 <= now_ms - self._moved_ms < POSITION_EVERY_MS
        if self._position is not None and is_time:
            self._consumer.done(self._position)
            self._position, self._moved_ms = None, now_ms
        self._notes.write(now_ms, at_once)

    async def end(self, within_s: float) -> None:
        """Wait briefly for posts under way, note what became of them, and give up the rest."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
            self.settle(self._now_ms)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        self._move(self._now_ms, at_once=True)
