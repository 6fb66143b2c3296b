"""What tells one state of a file from another."""

from pathlib import Path

Stamp = tuple[int, int, int, int, int]
"""Inode, moments of the last change of content and of facts in nanoseconds, size in bytes, mode."""


def stamp_of(path: Path) -> Stamp | None:
    """The state of a file; None while it is missing or cannot be looked at. One look, nothing is read."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_ino, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_mode
