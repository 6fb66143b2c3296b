"""What the registry offers for sources of delivery reports.

One contract suite (`tests/integration/test_inbound_contract.py`) runs on every registry.
"""

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class InboundPosts:
    """When the last post of a source was taken and when one was refused, about to the minute. None: never.

    `refused_as` is the outcome of the one that was refused, such as `forged`; empty: none was.
    """

    taken_at_ms: int | None = None
    refused_at_ms: int | None = None
    refused_as: str = ""

    @property
    def are_all_refused(self) -> bool:
        """Whether posts came and none was ever taken."""
        return self.taken_at_ms is None and self.refused_at_ms is not None


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

    def inbound_posts(self) -> Mapping[str, InboundPosts]:
        """What became of the posts of each source, by name; sources without any are left out."""
        ...

    def note_inbound_post(self, name: str, at_ms: int, refused_as: str = "") -> None:
        """Note that a post of a source was taken, or refused as this. Nothing happens for an unknown source."""
        ...

    def is_first(self, name: str, once: bytes, body: bytes, until_ms: int, now_ms: int) -> bool:
        """Remember until `until_ms` that `once` came with this `body` (digests of both), for all processes.

        False when it came before with another body. What came with the same body is being sent again.
        """
        ...
