"""What comes as the body of a request: gathered for the app, or thrown away within bounds."""

from mailpixel.server.bounds import DROPPED_BYTES, DROPPED_CHUNKS, HEADER_BYTES


class RequestBody:
    """What one connection's bodies bring.

    `chunks` wait for the app; `seen` counts those of this turn of the loop. Everything else counts for one request.
    """

    __slots__ = ("_dropped_bytes", "_dropped_chunks", "_silent_bytes", "chunks", "seen")

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.seen = 0
        self.begin()

    def begin(self) -> None:
        """Count anew: another request begins."""
        self._dropped_bytes = self._dropped_chunks = self._silent_bytes = 0

    def take(self, chunk: bytes, is_wanted: bool) -> None:
        """Gather a chunk, or throw it away."""
        self._silent_bytes = 0
        self.seen += 1
        if is_wanted:
            self.chunks.append(chunk)
        else:
            self._dropped_chunks += 1

    def gathered(self) -> bytes:
        """What came in many chunks, in one piece; it is gone from here."""
        chunks, self.chunks = self.chunks, []
        return b"".join(chunks)

    def is_empty_talk(self, size_bytes: int) -> bool:
        """Whether too much came since the last chunk: trailers, or a chunk that says endless things of itself."""
        self._silent_bytes += size_bytes
        return self._silent_bytes > HEADER_BYTES

    def is_too_long(self, size_bytes: int) -> bool:
        """Whether too much is thrown away, with these bytes."""
        self._dropped_bytes += size_bytes
        return self._dropped_bytes > DROPPED_BYTES

    def is_in_too_many_chunks(self) -> bool:
        """Whether too much is thrown away for the size of its chunks."""
        return self._dropped_chunks > DROPPED_CHUNKS
