"""Links for whole lists of recipients: offline, in order, on all cores, in flat memory.

Columns of the output, as CSV or as the keys of NDJSON: `recipient,pixel_url,link_1..link_n`; with `merge`
`recipient,token`. With `hash_recipients` the first column keeps what the sender wrote and a last column
`pseudonym` holds the id that stands in the links and in every report: the mapping, for the sender alone.
"""

import multiprocessing
import os
import stat
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import BinaryIO

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.keyring import Keyring
from mailpixel.links.recipients import BOM, Layout, blocks, look
from mailpixel.links.rows import Job, Minted, mint_block

BLOCK_BYTES = 262_144
"""How much of a list is read at once for a row of two columns."""

_ENDED = (
    "a minting process ended: is there memory left? A script that calls mint_links must do so under "
    '`if __name__ == "__main__":`'
)
IN_FLIGHT = 2
"""Blocks on their way besides one for each process."""


def _on_no_fault(row: int, fault: InvalidInput) -> None: ...


def _on_no_progress(rows: int, read_bytes: int, total_bytes: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """What is told while a list is minted.

    `on_fault(row, fault)` for every row that was left out, in order. `on_progress(rows, read_bytes, total_bytes)`
    a few times a second; the total is None for a pipe.
    """

    on_fault: Callable[[int, InvalidInput], None] = _on_no_fault
    on_progress: Callable[[int, int, int | None], None] = _on_no_progress


@dataclass(frozen=True, slots=True)
class Tally:
    """How a list ended: `rows` read without the header and blank rows, of these `minted` and `faulty`; `duplicates`
    are minted rows whose recipient had come before (their links are the same)."""

    rows: int
    minted: int
    faulty: int
    duplicates: int


def mint_links(
    source: BinaryIO, sink: BinaryIO, job: Job, keyring: Keyring, watch: Watch | None = None
) -> Tally:
    """Mint links for every recipient of a list: CSV, one id a line or NDJSON, in UTF-8.

    Raises `InvalidInput` for a list that cannot be read and, with `job.strict`, for the first faulty row, after
    the rows before it were written.
    """
    beginning = source.read(BLOCK_BYTES)
    first = beginning.removeprefix(BOM)
    layout = look(first, job.column)
    sink.write(job.header)
    collected = _Collected(sink, watch or Watch(), len(beginning) - len(first), _size_of(source))
    size_bytes = max(BLOCK_BYTES // len(job.columns), 8_192)
    cut = enumerate(blocks(source, first, size_bytes, layout))
    tasks = (Task(job, keyring, layout, block, 0 if at else layout.head_rows) for at, block in cut)
    several = len(beginning) == BLOCK_BYTES and job.worker_count > 1
    for task, minted in in_processes(tasks, job.worker_count) if several else _here(tasks):
        collected.take(len(task.block), minted)
    return collected.tally()


@dataclass(frozen=True, slots=True)
class Task:
    """A block to mint, with all that is needed to mint it in another process."""

    job: Job
    keyring: Keyring
    layout: Layout
    block: bytes
    skip: int

    def run(self) -> Minted:
        """Mint it."""
        return mint_block(self.job, self.keyring, self.layout, self.block, self.skip)


def _here(tasks: Iterable[Task]) -> Iterator[tuple[Task, Minted]]:
    return ((task, task.run()) for task in tasks)


def in_processes(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Minted]]:
    """The tasks done by several processes, in order; few are on their way at a time, so that memory stays flat."""
    context = multiprocessing.get_context("spawn")  # the caller may have threads, which do not survive a fork
    waiting: deque[tuple[Task, Future[Minted]]] = deque()
    with ProcessPoolExecutor(workers, context) as pool:
        try:
            for task in tasks:
                waiting.append((task, pool.submit(task.run)))
                if len(waiting) > workers + IN_FLIGHT:
                    done, future = waiting.popleft()
                    yield done, future.result()
            for done, future in waiting:
                yield done, future.result()
        except BrokenProcessPool:
            raise MailpixelError(_ENDED) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _size_of(source: BinaryIO) -> int | None:
    """The size of a regular file; None for a pipe."""
    try:
        facts = os.fstat(source.fileno())
    except OSError:  # a stream in memory has no number
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


class _Collected:
    """What came back of the blocks so far, in order."""

    def __init__(self, sink: BinaryIO, watch: Watch, read_bytes: int, total_bytes: int | None) -> None:
        self._sink, self._watch, self._total_bytes = sink, watch, total_bytes
        self._read_bytes = read_bytes
        self._row = self._minted = self._faulty = 0
        self._marks: dict[str, bytearray] = {}

    def take(self, size_bytes: int, minted: Minted) -> None:
        """Write one block and tell of it. Raises `InvalidInput` for a fault that ends a strict job."""
        self._sink.write(minted.text)
        self._minted += minted.minted
        self._faulty += len(minted.faults)
        for fault in minted.faults:
            row = self._row + fault.row
            self._watch.on_fault(row, InvalidInput(fault.field, fault.problem))
            if minted.stopped:
                raise InvalidInput(fault.field, f"row {row}: {fault.problem}")
        self._row += minted.rows
        self._read_bytes += size_bytes
        for bucket, marks in minted.marks.items():
            self._marks.setdefault(bucket, bytearray()).extend(marks)
        self._watch.on_progress(self._minted + self._faulty, self._read_bytes, self._total_bytes)

    def tally(self) -> Tally:
        """The end of the list."""
        different = sum(len(set(memoryview(marks).cast("Q"))) for marks in self._marks.values())
        return Tally(self._minted + self._faulty, self._minted, self._faulty, self._minted - different)
