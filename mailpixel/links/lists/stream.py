"""NDJSON in, NDJSON out, piece by piece as it comes from the network: the engine of the mint endpoint."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from mailpixel.errors import InvalidInput
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.recipients import Layout
from mailpixel.links.lists.rows import Format, Job, RowMinter

LINE_BYTES = 65_536
"""The longest line; a longer one becomes an error line, and the next line is read again."""
_TOO_LONG = InvalidInput("line", f"is longer than {LINE_BYTES:,} bytes; send one recipient a line")


class LineMinter:
    """Mints lines of `{"recipient": ID}` as they arrive; what it holds is never more than one unfinished line.

    Every line that is not blank gives one line, in order: a row of links, or
    `{"row": N, "error": {"code": "invalid_input", "message": TEXT, "field": NAME}}`, N counted from 1. With
    `job.strict` the first error line is the last line.
    """

    def __init__(self, job: Job, keyring: Keyring) -> None:
        self._minter = RowMinter(replace(job, format=Format.NDJSON), keyring)
        self._strict = job.strict
        self._held = b""
        self._dropping = False
        self._row = 0
        self.stopped = False
        """True after the error line that ended a strict job; what comes then is not read."""

    def feed(self, piece: bytes) -> bytes:
        """The output lines that a piece of input completes."""
        *whole, self._held = (self._held + piece).split(b"\n")
        out = [self._mint(line) for line in whole]
        if len(self._held) > LINE_BYTES:
            if not self._dropping:
                out.append(self._error(_TOO_LONG, self._row + 1))
            self._held, self._dropping = b"", True
        return b"".join(out)

    def finish(self) -> bytes:
        """The output of a last line without a line end."""
        return self._mint(self._held) if self._held else b""

    def _mint(self, line: bytes) -> bytes:
        self._row += 1
        if self.stopped:
            return b""
        if self._dropping:
            self._dropping = False
            return b""
        if len(line) > LINE_BYTES:
            return self._error(_TOO_LONG, self._row)
        written = next(Layout().read(line))
        if written is None:
            return b""
        try:
            if isinstance(written, InvalidInput):
                raise written
            lines, _ = self._minter.rows([written], [self._minter.id_of(written)])
            return lines[0].encode() + b"\n"
        except InvalidInput as fault:
            return self._error(fault, self._row)

    def _error(self, fault: InvalidInput, row: int) -> bytes:
        if self.stopped:
            return b""
        self.stopped = self._strict
        error = {"code": "invalid_input", "message": str(fault), "field": fault.field}
        return json.dumps({"row": row, "error": error}).encode() + b"\n"


def mint_lines(pieces: Iterable[bytes], job: Job, keyring: Keyring) -> Iterator[bytes]:
    """What `LineMinter` makes of the pieces, in pieces; ends early when a strict job meets a fault."""
    minter = LineMinter(job, keyring)
    for piece in pieces:
        if made := minter.feed(piece):
            yield made
        if minter.stopped:
            return
    if made := minter.finish():
        yield made
