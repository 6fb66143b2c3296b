"""Finds former content in the pages of a SQLite file.

secure_delete overwrites deleted rows. It does not overwrite the copies that stay in the unused
middle of a page when its rows move to another page. Source:
https://www.sqlite.org/fileformat2.html, "B-tree Pages", November 2026.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

HEADERS = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}
"""The size of a page's header by its first byte, for pages of trees. Others are free, or hold the rest of long rows."""

FILE_HEADER = 100
PAGES = 256
"""Pages read at a time."""


def holds_leftovers(path: Path, texts: Collection[str]) -> bool:
    """Whether one of these texts, or a part of it, is in an unused place of the file as it is on disk now.

    Only unused places are searched, so a text that is everywhere, such as an
    id of one digit, takes no longer.
    """
    sought = [text.encode() for text in texts if text]
    return any(
        chunk.find(text, max(start - len(text) + 1, page), min(end + len(text) - 1, page + size)) >= 0
        for first, size, chunk in _chunks(path)
        for page, start, end in _gaps(chunk, size, first)
        for text in sought
    )


def _chunks(path: Path) -> Iterator[tuple[bool, int, bytes]]:
    """For each run of whole pages: whether it is the first, the size of a page, and the pages."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(FILE_HEADER)[16:18], "big")
        size = 65_536 if size == 1 else size
        file.seek(0)
        first = True
        while size and (chunk := file.read(size * PAGES)):
            yield first, size, chunk
            first = False


def _gaps(chunk: bytes, size: int, first: bool) -> Iterator[tuple[int, int, int]]:
    """For each page in the chunk: where it begins, and where its unused part begins and ends.

    The unused part is between the list of its cells and their content, or all of a page of another kind.
    """
    for page in range(0, len(chunk), size):
        header = page + FILE_HEADER if first and not page else page
        length = HEADERS.get(chunk[header])
        if length is None:
            yield page, page, page + size
            continue
        cells = int.from_bytes(chunk[header + 3 : header + 5], "big")
        start = header + length + 2 * cells
        end = page + (int.from_bytes(chunk[header + 5 : header + 7], "big") or 65_536)
        if start < end:
            yield page, start, end
