"""The one change of logged events: the details of a hit are dropped, and it carries its decision instead."""

from collections.abc import Sequence
from typing import Protocol

from mailpixel.model import Event


class Details(Protocol):
    """Drops what was needed to judge hits. One contract suite (`tests/integration/test_dropping_contract.py`)."""

    def drop_details(self, hits: Sequence[Event]) -> int:
        """Keep these hits as they are given here, each with its decision, in one transaction.

        Address, agent, facts, tags and decision change, nothing else. Events of web sites lose their network, too. A
        hit that is not in the log any more, or carries a decision already, stays as it is. Returns how many changed.
        Raises `StoreUnavailable`.
        """
        ...
