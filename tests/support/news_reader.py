"""A consumer that acts on each message with news."""

from collections.abc import Callable

from mailpixel.model import Message
from mailpixel.projections.lease import Lease, LeaseLost
from mailpixel.store.consumers import Consumer
from mailpixel.store.log import PutAside
from mailpixel.work.consumer_at_work import Clock

NEWS = 1_000
"""Events whose messages are read at a time. After a failure, all of them come again."""

TURN_MS = 5_000
"""How long one call reads when news keeps coming."""


class NewsReader:
    """A `ConsumerAtWork` that passes every message with news to `act`, at least once.

    When `act` raises, the position does not move and the same messages come again.
    """

    def __init__(
        self, name: str, consumer: Consumer, lease: Lease, act: Callable[[Message | PutAside], object]
    ) -> None:
        self.name = name
        self._consumer = consumer
        self._lease = lease
        self._act = act

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`."""
        read = 0
        end_ms = clock() + TURN_MS
        try:
            while (now_ms := clock()) <= end_ms:
                if not self._consumer.waiting().events:
                    self._lease.note_caught_up(now_ms, lease_ms)
                    break
                self._lease.hold(now_ms, lease_ms)
                read += self._read(clock, lease_ms)
        except LeaseLost:
            return None
        return read

    def leave(self) -> None:
        """See `ConsumerAtWork`."""
        self._lease.drop()

    def _read(self, clock: Clock, lease_ms: int) -> int:
        """Act on the next news. Returns the number of messages. Raises `LeaseLost`."""
        news = self._consumer.news(NEWS)
        read = 0
        for message in news.messages:
            self._act(message)
            self._lease.hold(clock(), lease_ms)
            read += 1
        self._consumer.done(news.position)
        return read
