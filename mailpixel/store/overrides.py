"""Reasons against sending a campaign that somebody decided do not count.

One contract suite (`tests/integration/test_overrides_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol


class Override(NamedTuple):
    """A reason that does not count: its name, why, who said so (an API key, a person, or `cli`), and when."""

    reason: str
    because: str
    by: str
    at: datetime


class Overrides(Protocol):
    """What does not count before sending, at most one row for each reason. A deleted campaign leaves none."""

    def overrides(self, campaign: str) -> Sequence[Override]:
        """What does not count for a campaign, in order of the reasons."""
        ...

    def override(self, campaign: str, override: Override) -> None:
        """Let a reason not count, in place of what was said of it. Raises `NotFound` for no such campaign."""
        ...

    def drop_override(self, campaign: str, reason: str) -> None:
        """Let a reason count again. Nothing happens when it does. Raises `NotFound` for no such campaign."""
        ...
