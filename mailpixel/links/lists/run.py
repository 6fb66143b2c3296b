"""Links for whole lists of recipients: offline, in order, on all cores, in flat memory.

Columns of the output, as CSV or as the keys of NDJSON: `recipient,pixel_url,link_1..link_n`; with `merge`
`recipient,token`. With `hash_recipients` the first column keeps what the sender wrote and a last column
`pseudonym` holds the id that stands in the links and in every report: the mapping, for the sender alone.
"""

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import BinaryIO, Protocol
from zlib import crc32

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.head import is_parquet
from mailpixel.links.lists.opening import TextList
from mailpixel.links.lists.recipients import FIELD, Layout
from mailpixel.links.lists.rows import Format, Job, Minted, mint_block
from mailpixel.pool import in_order

BLOCK_BYTES = 262_144
"""How much of a list is read at once for a row of two columns."""
BLOCK_ROWS = 40_000
"""How many rows of a Parquet list are read at once for a row of one column."""

_ENDED = (
    "a worker process died (out of memory?); a script that calls mint_links must do so under "
    '`if __name__ == "__main__":`'
)

_NO_MEMORY = (
    "there is not enough memory to sign the list; free some, or raise its limit (ulimit -v), and run again"
)


def _on_no_fault(row: int, fault: InvalidInput) -> None: ...


def _on_no_progress(rows: int, read_bytes: int, total_bytes: int | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Done:
    """How far a list is done: its first `blocks`, their CRC-32, the `rows` in them, of these `minted` and
    `faulty`, the rest being blank or headers, and the `read_bytes`."""

    blocks: int = 0
    crc32: int = 0
    rows: int = 0
    minted: int = 0
    faulty: int = 0
    read_bytes: int = 0


def _on_not_done(done: Done) -> None: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """What is reported while a list is minted, and how far an earlier run came.

    `on_fault(row, fault)` for every row that was left out, in order. `on_progress(rows, read_bytes, total_bytes)`
    a few times a second; the total is None for a pipe. `on_done(done)` after each block, when its rows are
    written. What was `done` by an earlier run with the same job is read over, and neither written nor reported again.
    """

    on_fault: Callable[[int, InvalidInput], None] = _on_no_fault
    on_progress: Callable[[int, int, int | None], None] = _on_no_progress
    on_done: Callable[[Done], None] = _on_not_done
    done: Done = Done()


@dataclass(frozen=True, slots=True)
class Tally:
    """How a list ended: `rows` read without the header and blank rows, of these `minted` and `faulty`; `duplicates`
    are minted rows whose recipient had come before (their links are the same), seen by this run alone."""

    rows: int
    minted: int
    faulty: int
    duplicates: int


def mint_links(
    source: BinaryIO, sink: BinaryIO, job: Job, keyring: Keyring, watch: Watch | None = None
) -> Tally:
    """Mint links for every recipient of a list: CSV, one id a line, NDJSON, or Parquet.

    Raises `InvalidInput` for a list that cannot be read and, with `job.strict`, for the first faulty row, after
    the rows before it were written; `MissingExtra` for Parquet without pyarrow.
    """
    watch = watch or Watch()
    beginning = source.read(BLOCK_BYTES)
    layout, cut = (_cut_parquet if is_parquet(beginning) else _cut_text)(source, beginning, job)
    job = job.keeping(layout.kept)
    tasks = _not_done((Task(job, keyring, *piece) for piece in cut), watch.done)
    several = len(beginning) == BLOCK_BYTES and job.worker_count > 1
    minted = in_processes(tasks, job.worker_count) if several else _here(tasks)
    with _rows_into(sink, job, watch.done) as rows:
        collected = _Collected(rows, watch, size_of(source))
        for task, made in minted:
            collected.take(task, made)
    return collected.tally()


_Piece = tuple[Layout, bytes, int, int]
"""How a block is read, the block, the rows to skip in it, and how many bytes of the file it stands for."""
_Cut = tuple[Layout, Iterator[_Piece]]


def _cut_text(source: BinaryIO, beginning: bytes, job: Job) -> _Cut:
    listed = TextList(source, beginning, job.wanted, job.encoding)
    layout = listed.layout
    heads = chain([(layout.head_rows, listed.mark_bytes)], repeat((0, 0)))
    cut = zip(listed.blocks(max(BLOCK_BYTES // len(job.columns), 8_192)), heads, strict=False)
    return layout, ((layout, block, skip, len(block) + mark_bytes) for block, (skip, mark_bytes) in cut)


def _cut_parquet(source: BinaryIO, beginning: bytes, job: Job) -> _Cut:
    from mailpixel.links.lists.parquet import ParquetList  # needs an extra

    listed = ParquetList(source, job.wanted)
    bytes_a_row = (size_of(source) or len(beginning)) // max(listed.rows, 1)
    cut = listed.blocks(max(BLOCK_ROWS // len(job.columns), 500))
    return listed.layout, ((listed.layout, block, 0, rows * bytes_a_row) for block, rows in cut)


def _not_done(tasks: Iterator["Task"], done: Done) -> Iterator["Task"]:
    """The tasks after those done. Raises `InvalidInput` when these are not what they were."""
    seen = 0
    for task in islice(tasks, done.blocks):
        seen = crc32(task.block, seen)
    if seen != done.crc32:
        raise InvalidInput(FIELD, "changed since the run began; start again without --resume")
    yield from tasks


class _Rows(Protocol):
    """What takes the rows: a file, or what makes Parquet of them."""

    def write(self, text: bytes, /) -> object: ...


@contextmanager
def _rows_into(sink: BinaryIO, job: Job, done: Done) -> Iterator[_Rows]:
    """What rows are written to, after the head; whole at the end, also when a strict job stops."""
    if job.format is not Format.PARQUET:
        sink.write(b"" if done.blocks else job.header)
        yield sink
        return
    from mailpixel.links.lists.parquet import ParquetRows  # needs an extra

    with closing(ParquetRows(sink, job.columns)) as rows:
        yield rows


@dataclass(frozen=True, slots=True)
class Task:
    """A block to mint in another process, with all that takes; it stands for `size_bytes` of the list."""

    job: Job
    keyring: Keyring
    layout: Layout
    block: bytes
    skip: int
    size_bytes: int = 0

    def run(self) -> Minted:
        """Mint it."""
        return mint_block(self.job, self.keyring, self.layout, self.block, self.skip)


def _here(tasks: Iterable[Task]) -> Iterator[tuple[Task, Minted]]:
    return ((task, task.run()) for task in tasks)


def in_processes(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Minted]]:
    """The tasks done by several processes, in order; few are on their way at a time, so that memory stays flat."""
    try:
        yield from in_order(tasks, Task.run, workers)
    except BrokenProcessPool:
        raise MailpixelError(_ENDED) from None
    except MemoryError:
        raise MailpixelError(_NO_MEMORY) from None


def size_of(source: BinaryIO) -> int | None:
    """The size of a regular file; None for a pipe."""
    try:
        facts = os.fstat(source.fileno())
    except OSError:  # a stream in memory has no number
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


class _Collected:
    """What came back of the blocks so far, in order."""

    def __init__(self, sink: _Rows, watch: Watch, total_bytes: int | None) -> None:
        self._sink, self._watch, self._total_bytes = sink, watch, total_bytes
        self._done = watch.done
        self._marks: dict[str, bytearray] = {}

    def take(self, task: Task, minted: Minted) -> None:
        """Write one block and report it. Raises `InvalidInput` for a fault that ends a strict job."""
        self._sink.write(minted.text)
        for fault in minted.faults:
            row = self._done.rows + fault.row
            self._watch.on_fault(row, InvalidInput(fault.field, fault.problem))
            if minted.stopped:
                raise InvalidInput(fault.field, f"row {row}: {fault.problem}")
        for bucket, marks in minted.marks.items():
            self._marks.setdefault(bucket, bytearray()).extend(marks)
        self._done = done = _after(self._done, task, minted)
        self._watch.on_done(done)
        self._watch.on_progress(done.minted + done.faulty, done.read_bytes, self._total_bytes)

    def tally(self) -> Tally:
        """The end of the list."""
        different = sum(len(set(memoryview(marks).cast("Q"))) for marks in self._marks.values())
        minted, faulty = self._done.minted, self._done.faulty
        return Tally(minted + faulty, minted, faulty, minted - self._watch.done.minted - different)


def _after(done: Done, task: Task, minted: Minted) -> Done:
    return Done(
        done.blocks + 1,
        crc32(task.block, done.crc32),
        done.rows + minted.rows,
        done.minted + minted.minted,
        done.faulty + len(minted.faults),
        done.read_bytes + task.size_bytes,
    )
