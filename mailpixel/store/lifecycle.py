"""What every store and registry does with the files it has open."""

from typing import Protocol


class Lifecycle(Protocol):
    """Open files."""

    def check_in_place(self) -> None:
        """Raises `StoreUnavailable` when the open files are no longer the ones in the data folder."""
        ...

    def close(self) -> None:
        """Close all files. The next call opens them again."""
        ...
