"""The body of a request: gathered for the app, or discarded within bounds."""

from mailpixel.server.bounds import DROPPED_BYTES, DROPPED_CHUNKS, HEADER_BYTES


class RequestBody:
    """The bodies of one connection.

    `chunks` wait for the app. `seen` counts the chunks of this turn of the event loop. All
    other counts are for one request.
    """

    __slots__ = ("_dropped_bytes", "_dropped_chunks", "_silent_bytes", "chunks", "seen")

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.seen = 0
        self.begin()

    def begin(self) -> None:
        """Reset the counts: another request begins."""
        self._dropped_bytes = self._dropped_chunks = self._silent_bytes = 0

    def take(self, chunk: bytes, is_wanted: bool) -> None:
        """Keep a chunk, or discard it."""
        self._silent_bytes = 0
        self.seen += 1
        if is_wanted:
            self.chunks.append(chunk)
        else:
            self._dropped_chunks += 1

    def gathered(self) -> bytes:
        """Remove the kept chunks and return them as one piece."""
        chunks, self.chunks = self.chunks, []
        return b"".join(chunks)

    def is_empty_talk(self, size_bytes: int) -> bool:
        """Whether too many bytes came since the last chunk: trailers, or a chunk with endless extensions."""
        self._silent_bytes += size_bytes
        return self._silent_bytes > HEADER_BYTES

    def is_too_long(self, size_bytes: int) -> bool:
        """Whether too many bytes are discarded, including these."""
        self._dropped_bytes += size_bytes
        return self._dropped_bytes > DROPPED_BYTES

    def is_in_too_many_chunks(self) -> bool:
        """Whether too many chunks are discarded for their total size."""
        return self._dropped_chunks > DROPPED_CHUNKS
