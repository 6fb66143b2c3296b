"""What every store and registry does with the files it has open."""

from typing import Protocol


class Lifecycle(Protocol):
    """Files in use."""

    def check_in_place(self) -> None:
        """Raises `StoreUnavailable` when the files in use are no longer those in the data folder."""
        ...

    def close(self) -> None:
        """Let go of files; the next call opens them again."""
        ...
