"""What a store can be asked: the questions, not the SQL, so that each store answers in its own best way.

`Store` is the log and what was folded from it; `Registry`, in `mailpixel.store.registry`, is what people set up. Both
are sums of small protocols by who asks: take the smallest that has what you need.
"""

from typing import Protocol

from mailpixel.store.lifecycle import Lifecycle
from mailpixel.store.log import Log
from mailpixel.store.projections import Projections


class Store(Log, Projections, Lifecycle, Protocol):
    """The log of events and the projections folded from it."""

    def erase(self, recipient: str) -> int:
        """Delete everything stored about a person, take it out of the counters; returns how many events went.

        Agents that no event uses any more go too. An opt-out stays: it is in the registry. Raises `ErasureUnfinished`
        when all that is done, and traces are left until it is called again.
        """
        ...
