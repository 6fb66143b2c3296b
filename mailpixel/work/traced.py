"""A consumer at work whose turns are traced."""

from collections.abc import Mapping

from mailpixel.projections.lease import Stop
from mailpixel.tracing import Facts, Record, Span
from mailpixel.work.consumer_at_work import Clock, ConsumerAtWork
from mailpixel.work.side_by_side import Make, Wanted


class Traced:
    """A `ConsumerAtWork` that records a span for each turn in which another did something or failed.

    The clock that passes through here says when the turn began.
    """

    def __init__(self, consumer: ConsumerAtWork, record: Record, clock_ns: Clock) -> None:
        self.name = consumer.name
        self._consumer = consumer
        self._record = record
        self._clock_ns = clock_ns

    def catch_up(self, clock: Clock, lease_ms: int) -> int | None:
        """See `ConsumerAtWork`."""
        began_ns = self._clock_ns()
        try:
            done = self._consumer.catch_up(clock, lease_ms)
        except Stop:
            raise
        except Exception as error:
            self._note(began_ns, 0, type(error).__name__)
            raise
        if done:
            self._note(began_ns, done, "")
        return done

    def leave(self) -> None:
        """See `ConsumerAtWork`."""
        self._consumer.leave()

    def _note(self, began_ns: int, messages: int, error: str) -> None:
        facts: Facts = {"mailpixel.consumer": self.name, "mailpixel.messages": messages}
        self._record(Span("consumer turn", began_ns, self._clock_ns(), facts, error))


def traced_wanted(wanted: Wanted, record: Record, clock_ns: Clock) -> Wanted:
    """The consumers that come and go, each `Traced`."""

    def traced(make: Make) -> Make:
        return lambda: Traced(make(), record, clock_ns)

    def found() -> Mapping[tuple[str, int], Make]:
        return {key: traced(make) for key, make in wanted().items()}

    return found
