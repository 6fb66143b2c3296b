"""Which processes a process has started, and which of them still run, as /proc tells it."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="only /proc tells which processes run"
)


def descendants(pid: int) -> list[Path]:
    """The processes that a process started, and those that these started, which still run."""
    try:
        listed = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:  # it has ended, or a thread of it has
        return []
    children = [int(child) for of_thread in listed for child in of_thread]
    return [each for child in children for each in (Path(f"/proc/{child}"), *descendants(child))]


def runs(process: Path) -> bool:
    """Whether it is there and no mere entry that nobody has asked after."""
    try:
        return (process / "stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def has_open(process: Path, name: str) -> bool:
    """Whether it has a file of this name open."""
    try:
        return any(Path(os.readlink(fd)).name == name for fd in (process / "fd").iterdir())
    except OSError:
        return False


def wait_until(is_so: Callable[[], bool], problem: str, within_s: float = 20) -> None:
    """Look until it is so."""
    until = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < until, problem
        time.sleep(0.02)


def wait_for_the_end_of(processes: Iterable[Path]) -> None:
    """Wait until none of them runs."""
    left = list(processes)
    wait_until(lambda: not any(map(runs, left)), "a process outlives the one that started it")


def peak_mib(pid: int) -> float:
    """The most memory that a process has had in use since its start, or since `forget_peak`, in MiB (VmHWM)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def forget_peak(pid: int) -> None:
    """Count the peak of a process from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
