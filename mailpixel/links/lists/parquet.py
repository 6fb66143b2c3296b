"""Parquet in and out for lists of recipients, a piece at a time: needs the extra `parquet`.

A row of a Parquet list is numbered from 1; there is no header that counts. The column with the recipients is found
as in CSV; it holds text, bytes in UTF-8, or whole numbers, which become their decimal digits.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from mailpixel.errors import InvalidInput, MissingExtra
from mailpixel.links.lists.columns import Wanted, column_of, kept_columns
from mailpixel.links.lists.layout import FIELD, Column

try:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile, ParquetWriter
except ImportError as error:
    raise MissingExtra("Parquet needs pyarrow: pip install '.[parquet]' in the clone of mailpixel") from error

READ_BYTES = 1 << 20
"""How much of a column is read from the file at once."""
ROW_GROUP_BYTES = 16 << 20
"""About how much text a row group of the output holds, and how much is kept in memory."""
_DAMAGED = "cannot be read as Parquet; was the file written and copied to its end?"
_BROKEN = (pa.ArrowException, OSError, ValueError)
"""What the reader raises for a damaged file."""


class ParquetList:
    """A list of recipients in a Parquet file. Raises `InvalidInput` when it cannot be read.

    `layout` reads its blocks, `rows` is how many there are.
    """

    def __init__(self, source: BinaryIO, wanted: Wanted) -> None:
        if not source.seekable():
            raise InvalidInput(FIELD, "is Parquet, which cannot be read from a pipe; name the file")
        try:
            # Without pre_buffer nothing that was read is kept.
            self._file = ParquetFile(source, pre_buffer=False, buffer_size=READ_BYTES)
            schema = self._file.schema_arrow
        except _BROKEN:
            raise InvalidInput(FIELD, _DAMAGED) from None
        names = [name.strip() for name in schema.names]
        at = column_of(names, wanted.column) or 0
        kept = kept_columns(names, at, wanted)
        _check_type(names[at], schema.field(at).type)
        for place in kept:
            _check_kept(names[place], schema.field(place).type)
        self._names = [schema.names[place] for place in (at, *kept)]
        self.rows: int = self._file.metadata.num_rows
        kept_names = tuple(names[place] for place in kept)
        self.layout = Column(width=len(names), field=names[at], kept=kept_names)

    def blocks(self, size_rows: int) -> Iterator[tuple[bytes, int]]:
        """The rows in blocks of about one size, and how many are in each. Raises `InvalidInput` for a damaged file."""
        batches = self._file.iter_batches(size_rows, columns=list(dict.fromkeys(self._names)))
        while True:
            try:
                batch = next(batches, None)
            except _BROKEN:
                raise InvalidInput(FIELD, _DAMAGED) from None
            if batch is None:
                return
            columns = [_texts(batch.column(name)) for name in self._names]
            yield json.dumps(columns).encode(), batch.num_rows


def _check_type(name: str, kind: Any) -> None:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    allowed = ("is_string", "is_large_string", "is_string_view", "is_binary", "is_large_binary", "is_integer")
    if not any(getattr(pa.types, test)(kind) for test in allowed):
        raise InvalidInput("column", f"`{name}` is of type {kind}; give a column of text or whole numbers")


def _check_kept(name: str, kind: Any) -> None:
    if pa.types.is_nested(kind):
        raise InvalidInput("keep", f"`{name}` is of type {kind}; only columns of single values can be kept")


def _texts(column: Any) -> list[str | None]:
    """The values as text. What is not UTF-8 stays in as lone surrogates, so that its row alone is refused."""
    column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    is_text = any(
        test(column.type) for test in (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_null)
    )
    column = column if is_text else column.cast(pa.large_string())
    values: list[bytes | None] = column.cast(pa.large_binary()).to_pylist()
    return [None if value is None else value.decode("utf-8", "surrogateescape") for value in values]


def arrow_block(names: Sequence[str], columns: Sequence[Sequence[str]]) -> bytes:
    """Columns of text as one Arrow stream: what a minting process hands to the one that writes."""
    arrays = [pa.array(column, pa.string()) for column in columns]
    batch = pa.RecordBatch.from_arrays(arrays, names=list(names))
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    return bytes(out.getvalue())


class ParquetRows:
    """Writes Arrow streams of `arrow_block` to a file as Parquet; the file is whole once this is closed."""

    def __init__(self, sink: BinaryIO, names: Sequence[str]) -> None:
        self._schema = pa.schema([(name, pa.string()) for name in names])
        self._writer = ParquetWriter(sink, self._schema, use_dictionary=False)  # hardly a value comes twice
        self._held: list[Any] = []
        self._held_bytes = 0

    def write(self, block: bytes) -> None:
        """Add the rows of a block."""
        self._held += pa.ipc.open_stream(block)
        self._held_bytes += len(block)
        if self._held_bytes >= ROW_GROUP_BYTES:
            self._write_held()

    def close(self) -> None:
        """Write what is left and the footer; the file stays open."""
        if self._held:
            self._write_held()
        self._writer.close()

    def _write_held(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._held_bytes = [], 0
