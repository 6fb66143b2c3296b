"""Rows of a campaign as a file to download: CSV and NDJSON a page at a time, Parquet from a spool file."""

from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.folder.unnamed_files import disk_errors, unnamed_file
from mailpixel.model import Campaign
from mailpixel.report.rows import Rows
from mailpixel.report.tables import csv_header, csv_rows, ndjson
from mailpixel.server.errors import NO_STORE
from mailpixel.server.services import Services
from mailpixel.server.threads import EXPORTS_AT_ONCE, Lane

CSV = "text/csv; charset=utf-8"
PARQUET = "application/vnd.apache.parquet"
FORMATS = {"ndjson": "application/x-ndjson", "csv": CSV, "parquet": PARQUET}
"""The media type of each format."""
ERASED_MEANWHILE = StoreUnavailable(
    "somebody was erased while this file was made, and may be in it; download it again"
)
CHUNK_BYTES = 262_144
"""How much of a spool file is read at once."""


def file_headers(campaign: Campaign, what: str, format: str) -> dict[str, str]:
    """The headers of a file to download. The id of a campaign is always a good name for a file."""
    return {
        **NO_STORE,
        "content-type": FORMATS.get(format, "application/json"),
        "content-disposition": f'attachment; filename="{campaign.id}-{what}.{format}"',
        "x-content-type-options": "nosniff",
    }


def export(
    services: Services, campaign: Campaign, rows: Rows[Any], format: str, bom: bool = False
) -> "Export":
    """A file of rows. With `bom` a CSV starts with a byte order mark, which Excel needs.

    Raises `StoreUnavailable` while too many exports run, `MissingExtra` for Parquet without pyarrow and
    `InvalidInput` for a byte order mark before another format.
    """
    if bom and format != "csv":
        raise InvalidInput("bom", f"is for CSV; leave it out with format {format}")
    if not services.threads.exports.acquire(blocking=False):
        raise StoreUnavailable(f"{EXPORTS_AT_ONCE} exports are running already; try again when one has ended")
    try:
        stream = _stream(services, rows, format, bom)
    except BaseException:
        services.threads.exports.release()
        raise
    return Export(stream, services.threads.exports.release, file_headers(campaign, rows.name, format))


def _stream(services: Services, rows: Rows[Any], format: str, bom: bool) -> AsyncIterator[bytes]:
    """The bytes of an export; the first page is read now, so that its errors have a status."""
    if format == "parquet":
        return _parquet(rows, rows.typed(), services)
    pages = chain([next(rows.pages, ())], rows.pages)
    if format == "csv":
        head = BOM_UTF8 * bom + csv_header(rows.columns)
        return _pages((csv_rows(map(rows.to_json, page)) for page in pages), head, services.threads.api_reads)
    return _pages((ndjson(map(rows.to_json, page)) for page in pages), b"", services.threads.api_reads)


class Export(StreamingResponse):
    """A stream. `ended` is called after the last byte, or when the client has disconnected.

    The status is sent with the first bytes, so that an error before them has a status of its own.
    """

    def __init__(
        self, stream: AsyncIterator[bytes], ended: Callable[[], None], headers: Mapping[str, str]
    ) -> None:
        super().__init__(stream, headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()

    async def stream_response(self, send: Send) -> None:
        """Send the status with the first bytes, and the rest."""
        head: Message | None = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        async for chunk in self.body_iterator:
            if head:
                await send(head)
                head = None
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if head:
            await send(head)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _pages(pages: Iterator[bytes], head: bytes, lane: Lane) -> AsyncIterator[bytes]:
    """The bytes of an export, a page at a time, each made in a thread."""
    if head:
        yield head
    while (chunk := await lane.run(next, pages, None)) is not None:
        yield chunk


async def _parquet(rows: Rows[Any], typed: Any, services: Services) -> AsyncIterator[bytes]:
    """The bytes of a Parquet file. Its index comes last, so it is made in a spool file first."""
    lane, version = services.threads.api_reads, services.store.suppressions_version
    with unnamed_file(services.settings.data) as spool:
        before = await lane.run(version)
        made = _spooled(spool, rows, typed)
        while await lane.run(next, made, False):
            pass
        if await lane.run(version) != before:
            raise ERASED_MEANWHILE
        spool.seek(0)
        while chunk := await lane.run(spool.read, CHUNK_BYTES):
            yield chunk


def _spooled(spool: BinaryIO, rows: Rows[Any], typed: Any) -> Iterator[bool]:
    """Write the rows to a file, one page a step."""
    from mailpixel.report.parquet import ParquetExport  # needs an extra

    parquet = ParquetExport(spool, typed)
    try:
        for page in rows.pages:
            with disk_errors():
                parquet.write(page)
            yield True
        with disk_errors():
            parquet.close()
    finally:
        parquet.give_up()
