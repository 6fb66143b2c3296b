"""What the registry offers for sources of delivery reports.

One contract suite (`tests/integration/test_inbound_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class InboundSource:
    """A source of delivery reports: its name, its ESP, and what proves its posts, sealed under the keyring.

    `confirm_url` confirms a subscription that waits for it; empty: none does.
    """

    name: str
    esp: str
    secret: bytes = field(repr=False)
    created_at: datetime
    confirm_url: str = field(default="", repr=False)


class InboundSources(Protocol):
    """The sources of delivery reports."""

    def inbound(self, name: str) -> InboundSource:
        """One source. Raises `NotFound`."""
        ...

    def inbounds(self) -> Sequence[InboundSource]:
        """All sources in order of name."""
        ...

    def add_inbound(self, source: InboundSource) -> None:
        """Add a source. Raises `Conflict` when the name is taken."""
        ...

    def remove_inbound(self, name: str) -> None:
        """Remove a source. Raises `NotFound`."""
        ...

    def keep_confirmation(self, name: str, url: str) -> None:
        """Keep the address that confirms a subscription, or forget it (empty). Raises `NotFound`."""
        ...

    def is_first(self, name: str, once: bytes, body: bytes, until_ms: int, now_ms: int) -> bool:
        """Remember until `until_ms` that `once` came with this `body` (digests of both), for all processes.

        False when it came before with another body. What came with the same body is being sent again.
        """
        ...
