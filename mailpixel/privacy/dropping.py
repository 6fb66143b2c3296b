"""Drops the details of hits that are old enough to be settled for good.

Rules compare hits over `GAP_MS` at most. So a hit near the limit is dropped together with those that follow it
closely, and its verdict is that of all of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from mailpixel.classify.rules import Rules
from mailpixel.classify.without_details import without_details
from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Campaign, Event, Message
from mailpixel.store.consumers import Consumers, Settled
from mailpixel.store.details import Details

GAP_MS = 1_000_000
"""Hits further apart have no effect on one another, but for opens of a source that follows many links later."""
AHEAD_MS = 3_600_000
"""How much younger than the limit a hit may be that is dropped with one before it."""


class Droppable(Consumers, Details, Protocol):
    """The part of a store that is needed."""


class Dropped(NamedTuple):
    """What one round did: how many hits lost their details, and whether more may follow."""

    hits: int
    more: bool


@dataclass(frozen=True, slots=True)
class Dropping:
    """Drops details round by round. `name` is the consumer that notes how far it is.

    With `full` it takes the hits whose network was kept as text, without it all others. Hits without a tag, from
    before a mode was chosen, are left alone.
    """

    store: Droppable
    campaigns: Mapping[str, Campaign]
    rules: Callable[[], Rules]
    full: bool = False

    @property
    def name(self) -> str:
        """The consumer."""
        return "details of full" if self.full else "details"

    def round(self, before_ms: int, limit: int) -> Dropped:
        """Drop the details of about `limit` hits received before this moment. Raises `StoreUnavailable`.

        A crash repeats a round, which changes nothing.
        """
        consumer = self.store.consumer(self.name)
        settled = consumer.settled(consumer.position(), before_ms - 1, limit)
        if not settled.entries:
            return Dropped(0, False)
        changed = self.store.drop_details(self._kept(settled, before_ms))
        consumer.done(settled.entries[-1].position)
        return Dropped(changed, len(settled.entries) == limit)

    def _kept(self, settled: Settled, before_ms: int) -> Sequence[Event]:
        rules = self.rules()
        return [
            hit
            for message in settled.messages
            if isinstance(message, Message) and self._concerns(message)
            for hit in self._of(message, before_ms, rules)
        ]

    def _of(self, message: Message, before_ms: int, rules: Rules) -> Sequence[Event]:
        mine = {event.id for event in message.events if (event.address != "") == self.full}
        until_ms = _until_ms(message.events, before_ms)
        kept = without_details(message, self.campaigns[message.campaign], rules, until_ms)
        return [event for event in kept if event.id in mine]

    def _concerns(self, message: Message) -> bool:
        return any(event.tag and event.decided is None for event in message.events)


def _until_ms(events: Sequence[Event], before_ms: int) -> int:
    """The last moment of the hits before the limit, and of those that follow them closely."""
    moments = sorted(event.received_at_ms for event in events if event.kind in HIT_KINDS)
    until_ms = max((moment for moment in moments if moment < before_ms), default=before_ms - 1)
    for moment in moments:
        if until_ms < moment <= min(until_ms + GAP_MS, before_ms + AHEAD_MS):
            until_ms = moment
    return until_ms
