"""What a store can be asked when a person is to be erased from it.

One contract suite (`tests/integration/test_store_contract.py`) runs on every store.
"""

from typing import Protocol


class Erasure(Protocol):
    """Hides a person at once, and overwrites what files still hold of them."""

    def erase(self, recipient: str, now_ms: int) -> int:
        """Delete everything stored about a person, take it out of the counters; returns how many events went.

        What was received up to now stays out for good, however late it arrives: a retry, a spool, a late commit of
        another worker, a state that was folded before. What is received after it counts. Where a clock was ahead,
        "now" is the moment of the last event that went, up to a day ahead. Of hits past the cap, those of the whole
        day stay out.

        Nobody reads anything of the person from here on. `sweep` overwrites what the files still hold. An opt-out
        stays: it is in the registry.
        """
        ...

    def sweep(self) -> None:
        """Overwrite what was deleted and still stands in files; agents that no event uses any more go too.

        Raises `ErasureUnfinished` when traces are left until it is called again.
        """
        ...
