"""Whether a listener may still listen. A stream may outlive the key or the session that opened it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """What a stream was opened with. `holder` is the digest of a key or a session: equal ones are checked once.

    `holds` says whether it is still valid. It runs in a thread and may raise `StoreUnavailable`.
    """

    holder: bytes
    holds: Callable[[], bool]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Permission) and self.holder == other.holder

    def __hash__(self) -> int:
        return hash(self.holder)
