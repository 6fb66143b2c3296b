"""A long bad day of a webhook: its receiver is down for an hour, then slow and faulty, and its sender is killed.

Started by hand: `scripts/soak -k webhooks_soak -s` prints the figures.
"""

import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from standardwebhooks import Webhook as Oracle

from mailpixel.store.webhooks import LetterCount
from tests.support.processes import wait_until
from tests.support.receiver import DIE, Post, Receiver, a_receiver
from tests.support.sending import Sending, sending
from tests.support.service import free_port

EVENTS = 3_000
MINUTE = 60


class BadDay:
    """A receiver that is slow, not available for 1 post in 20, and dies before it answers to 3 in 100."""

    def __init__(self, refused: str) -> None:
        self.refused = refused
        self.taken: Counter[str] = Counter()
        self._chance = Random(7)

    def __call__(self, post: Post) -> int:
        time.sleep(0.02)
        if post.id == self.refused:
            return 400
        chance = self._chance.random()
        if chance < 0.05:
            return 503
        self.taken[post.id] += 1
        return DIE if chance < 0.08 else 204


@pytest.mark.soak
def test_every_event_arrives_once_by_id_through_a_long_bad_day(tmp_path: Path) -> None:
    with sending(tmp_path) as sender:
        port = free_port()
        sender.add(f"http://127.0.0.1:{port}/in")
        ids = list(sender.log(EVENTS))
        an_hour_of_silence(sender)
        assert sender.registry.count_letters("crm") == LetterCount(), "nothing is held against an event"
        day = BadDay(ids[EVENTS // 2])
        with a_receiver(day, port) as receiver:
            through_kills(sender, receiver, day)
            until_all_is_done(sender)
        assert set(day.taken) == set(ids) - {day.refused}
        assert sum(post.id == day.refused for post in receiver.posts) == 6
        (letter,) = sender.registry.letters("crm")
        assert (letter.dead, letter.attempts, f"msg_{letter.event_id.hex()}") == (True, 6, day.refused)
        assert bad_signatures(receiver, sender.secret) == 0
        assert sender.kills >= 4
        again = sum(number > 1 for number in day.taken.values())
        print(
            f"\n{len(day.taken)} of {EVENTS} events arrived, 1 is dead after 6 tries, 0 are missing; {again} came again"
            f" with the same id; {len(receiver.posts)} posts; {sender.kills} kills;"
            f" peak {sender.peak_kib / 1024:.0f} MiB"
        )


def an_hour_of_silence(sender: Sending) -> None:
    """Nobody listens for an hour of the sender's clock, in which it is killed three times."""
    for _ in range(3):
        sender.start(later_s=20 * MINUTE)
        sender.failed(times=sender.registry.posting("crm").failures + 1)
        sender.kill()


def through_kills(sender: Sending, receiver: Receiver, day: BadDay) -> None:
    """Kill the sender three times while it posts."""
    for share in (0.1, 0.4, 0.8):
        sender.start(later_s=20 * MINUTE)
        wait_until(lambda share=share: len(day.taken) >= EVENTS * share, "it does not post", 120)  # type: ignore[misc]
        sender.kill()


def until_all_is_done(sender: Sending) -> None:
    """Start the sender at later and later times, until no letter waits for another try."""
    for _ in range(20):
        sender.start(later_s=45 * MINUTE)
        wait_until(sender.is_idle, "something stays", 240)
        sender.kill()
        if not sender.registry.count_letters("crm").waiting:
            return
    raise AssertionError("a letter waits for ever")


def bad_signatures(receiver: Receiver, secret: str) -> int:
    """How many posts the reference library signs otherwise. It verifies none of a clock that runs ahead."""
    oracle = Oracle(secret)
    return sum(
        post.headers["webhook-signature"]
        != oracle.sign(
            post.id,
            datetime.fromtimestamp(int(post.headers["webhook-timestamp"]), UTC),
            post.body.decode(),
        )
        for post in receiver.posts
    )


@pytest.mark.soak
def test_memory_does_not_grow_with_the_events_that_wait(tmp_path: Path) -> None:
    peaks = {}
    for number in (300, 3_000, 30_000):
        with sending(tmp_path / str(number)) as sender, a_receiver(lambda post: 503) as receiver:
            sender.add(receiver.url)
            sender.log(number)
            sender.start()
            sender.failed(times=3)
            receiver.answer = lambda post: 204
            wait_until(lambda r=receiver: len(r.accepted) >= 300, "it does not post", 120)  # type: ignore[misc]
            sender.kill()
            peaks[number] = sender.peak_kib / 1024
    print("\npeak RSS by the number of events waiting:", {n: f"{peak:.1f} MiB" for n, peak in peaks.items()})
    assert peaks[30_000] < peaks[300] + 10
