"""Links for whole lists of recipients: offline, in order, on all cores, in flat memory.

Columns of the output, as CSV or as the keys of NDJSON: `recipient,pixel_url,link_1..link_n,choice_url`; with `merge`
`recipient,token,choice_url`. With `hash_recipients` the first column keeps what the sender wrote and a column
`pseudonym` holds the id that stands in the links and in every report: the mapping, for the sender alone. For people
whose opens are not recorded `pixel_url` is empty, and for those whose clicks are not, links are the destinations.
"""

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, BinaryIO
from zlib import crc32

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.head import is_parquet
from mailpixel.links.lists.layout import FIELD, Layout
from mailpixel.links.lists.minted_rows import Format, Job, Minted, mint_block
from mailpixel.links.lists.text_list import TextList
from mailpixel.pool import cores, in_order

if TYPE_CHECKING:
    from mailpixel.links.lists.parquet import ParquetRows

BLOCK_BYTES = 262_144
"""Bytes of a list that are read at once, for rows of two columns."""
BLOCK_ROWS = 40_000
"""Rows of a Parquet list that are read at once, for rows of one column."""

_ENDED = (
    'a worker process died (out of memory?); a script must call mint_links under `if __name__ == "__main__":`'
)

_NO_MEMORY = (
    "out of memory while signing the list; free some memory or raise the limit (ulimit -v), then run again"
)


@dataclass(frozen=True, slots=True)
class Done:
    """How far a list is done: its first `blocks`, their CRC-32, the `rows` in them and the `read_bytes`.

    Of the rows, `minted` have links and `faulty` have none. The others are blank or headers. `signed` are the numbers
    of minted rows by treatment.
    """

    blocks: int = 0
    crc32: int = 0
    rows: int = 0
    minted: int = 0
    faulty: int = 0
    read_bytes: int = 0
    signed: Mapping[str, int] = field(default_factory=dict)

    @property
    def recipients(self) -> int:
        """The rows that are neither blank nor headers."""
        return self.minted + self.faulty


@dataclass(frozen=True, slots=True)
class MintedCounts:
    """The counts of a whole list: `rows` without the header and blank rows, of these `minted` and `faulty`.

    `duplicates` counts minted rows that repeat a recipient, with the same links. It covers only the rows of this run.
    `signed` are the numbers of all minted rows by treatment.
    """

    rows: int
    minted: int
    faulty: int
    duplicates: int
    signed: Mapping[str, int] = field(default_factory=dict, compare=False)


def _ignore(*news: object) -> None:
    """The default callback: does nothing."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What to report while a list is minted, and how far an earlier run got.

    `on_fault(row, fault)` is called for every row that is left out, in order. `on_block(done)` is called
    after each block, once its rows are written. Rows that an earlier run of the same job has `done` are read
    again, but neither written nor reported.
    """

    on_fault: Callable[[int, InvalidInput], None] = _ignore
    on_block: Callable[[Done], None] = _ignore
    done: Done = Done()


def mint_links(
    source: BinaryIO, sink: BinaryIO, job: Job, keyring: Keyring, watch: Watch = Watch()
) -> MintedCounts:
    """Mint links for every recipient of a list: CSV, one id a line, NDJSON, or Parquet. Returns the tally.

    Raises `InvalidInput` for a list that cannot be read and, with `job.strict`, for the first faulty row,
    after the rows before it were written. Raises `MissingExtra` for Parquet without pyarrow.
    """
    beginning = source.read(BLOCK_BYTES)
    layout, cut = _cut(source, beginning, job)
    job = job.keeping(layout.kept)
    blocks = _not_done((Block(job, keyring, *piece) for piece in cut), watch.done)
    processes = worker_count(job)
    several = len(beginning) == BLOCK_BYTES and processes > 1
    minted = in_processes(blocks, processes) if several else ((block, block.mint()) for block in blocks)
    with _rows_into(sink, job, watch.done) as rows:
        output = _Output(rows, watch)
        for block, made in minted:
            output.take(block, made)
    return output.tally()


def check_head(source: BinaryIO, job: Job) -> None:
    """Read the beginning of a list, and go back to its start. Raises the errors of `mint_links` that show there."""
    _cut(source, source.read(BLOCK_BYTES), job)
    source.seek(0)


def worker_count(job: Job) -> int:
    """The number of processes for a long list: the job's, or one for each core."""
    return cores() if job.workers is None else job.workers


_Piece = tuple[Layout, bytes, int, int]
"""The layout of a block, its rows, the number of rows to skip, and the bytes of the file that it makes up."""


def _cut(source: BinaryIO, beginning: bytes, job: Job) -> tuple[Layout, Iterator[_Piece]]:
    return (_cut_parquet if is_parquet(beginning) else _cut_text)(source, beginning, job)


def _cut_text(source: BinaryIO, beginning: bytes, job: Job) -> tuple[Layout, Iterator[_Piece]]:
    listed = TextList(source, beginning, job.wanted, job.encoding)
    layout = listed.layout
    heads = chain([(layout.head_rows, listed.mark_bytes)], repeat((0, 0)))
    cut = zip(listed.blocks(max(BLOCK_BYTES // len(job.columns), 8_192)), heads, strict=False)
    return layout, ((layout, rows, skip, len(rows) + mark_bytes) for rows, (skip, mark_bytes) in cut)


def _cut_parquet(source: BinaryIO, beginning: bytes, job: Job) -> tuple[Layout, Iterator[_Piece]]:
    from mailpixel.links.lists.parquet import ParquetList  # needs an extra

    listed = ParquetList(source, job.wanted)
    bytes_a_row = (size_of(source) or len(beginning)) // max(listed.rows, 1)
    cut = listed.blocks(max(BLOCK_ROWS // len(job.columns), 500))
    return listed.layout, ((listed.layout, rows, 0, count * bytes_a_row) for rows, count in cut)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of whole rows, with everything needed to mint it in another process.

    The first `skip` rows are the head of the list. The block makes up `size_bytes` of the list.
    """

    job: Job
    keyring: Keyring
    layout: Layout
    rows: bytes
    skip: int
    size_bytes: int = 0

    def mint(self) -> Minted:
        """Sign its rows."""
        return mint_block(self.job, self.keyring, self.layout, self.rows, self.skip)


def _not_done(blocks: Iterator[Block], done: Done) -> Iterator[Block]:
    """The blocks after those done. Raises `InvalidInput` if the done ones have changed."""
    seen = 0
    for block in islice(blocks, done.blocks):
        seen = crc32(block.rows, seen)
    if seen != done.crc32:
        raise InvalidInput(FIELD, "changed since the run began; start again without `resume`")
    yield from blocks


def in_processes(blocks: Iterable[Block], processes: int) -> Iterator[tuple[Block, Minted]]:
    """The blocks minted by several processes, in order. Few are in progress at a time, so that memory stays flat."""
    try:
        yield from in_order(blocks, Block.mint, processes)
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


@contextmanager
def _rows_into(sink: BinaryIO, job: Job, done: Done) -> "Iterator[BinaryIO | ParquetRows]":
    """Where rows are written, after the head. It is completed at the end, also when a strict job stops."""
    if job.format is not Format.PARQUET:
        sink.write(b"" if done.blocks else job.header)
        yield sink
        return
    from mailpixel.links.lists.parquet import ParquetRows  # needs an extra

    with closing(ParquetRows(sink, job.columns)) as rows:
        yield rows


class _Output:
    """The blocks minted so far, written in order."""

    def __init__(self, sink: "BinaryIO | ParquetRows", watch: Watch) -> None:
        self._sink, self._watch = sink, watch
        self._done = watch.done
        self._fingerprints: dict[str, bytearray] = {}

    def take(self, block: Block, minted: Minted) -> None:
        """Write one block and report it. Raises `InvalidInput` for a fault in a strict job."""
        self._sink.write(minted.text)
        for row_in_block, fault in minted.faults:
            row = self._done.rows + row_in_block
            self._watch.on_fault(row, fault)
            if block.job.strict:
                raise InvalidInput(fault.field, f"row {row}: {fault.problem}")
        for bucket, fingerprints in minted.fingerprints.items():
            self._fingerprints.setdefault(bucket, bytearray()).extend(fingerprints)
        self._done = _after(self._done, block, minted)
        self._watch.on_block(self._done)

    def tally(self) -> MintedCounts:
        """The end of the list."""
        done, different = self._done, 0
        for fingerprints in self._fingerprints.values():
            different += len(set(memoryview(fingerprints).cast("Q")))
        duplicates = done.minted - self._watch.done.minted - different
        return MintedCounts(done.recipients, done.minted, done.faulty, duplicates, done.signed)


def _after(done: Done, block: Block, minted: Minted) -> Done:
    return Done(
        done.blocks + 1,
        crc32(block.rows, done.crc32),
        done.rows + minted.rows,
        done.minted + minted.minted,
        done.faulty + len(minted.faults),
        done.read_bytes + block.size_bytes,
        dict(Counter(done.signed) + Counter(minted.signed)),
    )
