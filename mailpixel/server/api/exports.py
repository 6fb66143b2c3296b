"""Rows of a campaign as a file to download, streamed a page at a time."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Campaign
from mailpixel.report.tables import Cells, csv_header, csv_rows, ndjson
from mailpixel.server.api.endpoint import Call
from mailpixel.server.errors import NO_STORE
from mailpixel.server.threads import EXPORTS_AT_ONCE, Lane

CSV = "text/csv; charset=utf-8"
FORMATS = {"ndjson": "application/x-ndjson", "csv": CSV}


def file_headers(campaign: Campaign, what: str, format: str) -> dict[str, str]:
    """The headers of a file to download."""
    return {
        "content-type": FORMATS[format],
        "content-disposition": f'attachment; filename="{campaign.id}-{what}.{format}"',
    }


def export(
    call: Call, headers: Mapping[str, str], pages: Iterator[Sequence[Cells]], columns: Sequence[str]
) -> "_Export":
    """A stream of rows; the first page is read at once. Raises `StoreUnavailable` while too many exports run."""
    threads = call.services.threads
    if not threads.exports.acquire(blocking=False):
        raise StoreUnavailable(f"{EXPORTS_AT_ONCE} exports are running already; try again when one has ended")
    try:
        first = next(pages, ())
    except BaseException:
        threads.exports.release()
        raise
    head = csv_header(columns) if headers["content-type"] == CSV else b""
    stream = _chunks(itertools.chain([first], pages), head, threads.api_reads)
    return _Export(stream, threads.exports.release, {**NO_STORE, **headers})


class _Export(StreamingResponse):
    """A stream. `ended` is called after the last byte, or when the client has disconnected."""

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


async def _chunks(pages: Iterator[Sequence[Cells]], head: bytes, lane: Lane) -> AsyncIterator[bytes]:
    """The bytes of an export, a page at a time, each made in a thread: CSV where it has a head, else NDJSON."""
    encode = csv_rows if head else ndjson

    def following() -> bytes | None:
        found = next(pages, None)
        return None if found is None else encode(found)

    if head:
        yield head
    while (chunk := await lane.run(following)) is not None:
        yield chunk
