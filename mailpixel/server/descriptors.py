"""The limit of open files, which bounds the connections of a process."""

from contextlib import suppress
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit

RESERVED = 128
"""Descriptors for files, the database, temporary files and the listening socket."""


def raise_limit() -> None:
    """Raise the soft limit of this process, and of those that it starts, to the hard one."""
    _, hard = getrlimit(RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # the system may not grant the hard limit in full
        setrlimit(RLIMIT_NOFILE, (hard, hard))


def most_connections(wanted: int) -> int:
    """How many connections to allow, at least 1: as many as wanted and as descriptors permit."""
    soft, _ = getrlimit(RLIMIT_NOFILE)
    return wanted if soft == RLIM_INFINITY else min(wanted, max(soft - RESERVED, soft // 2, 1))
