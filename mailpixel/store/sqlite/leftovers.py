"""Former content in the pages of a SQLite file.

secure_delete overwrites what is deleted, but not the copies that stay in the unused middle of a page when its rows
move to another page. Source: https://www.sqlite.org/fileformat2.html, "B-tree Pages", November 2026.
"""

from collections.abc import Collection, Iterator
from pathlib import Path

HEADERS = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}
"""The size of a page's header by its first byte, for pages of trees. Others are free, or hold the rest of long rows."""

FILE_HEADER = 100
PAGES = 256
"""Pages read at a time."""


def holds_leftovers(path: Path, texts: Collection[str]) -> bool:
    """Whether one of these texts stands where the file holds nothing, as it is on disk now."""
    sought = [text.encode() for text in texts if text]
    return any(
        _is_unused(page, first and not number, place, len(text))
        for first, size, chunk in _chunks(path)
        for text in sought
        for number, place, page in _places(chunk, size, text)
    )


def _chunks(path: Path) -> Iterator[tuple[bool, int, bytes]]:
    """Whether it is the first, the size of a page, and some whole pages."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(FILE_HEADER)[16:18], "big")
        size = 65_536 if size == 1 else size
        file.seek(0)
        first = True
        while size and (chunk := file.read(size * PAGES)):
            yield first, size, chunk
            first = False


def _places(chunk: bytes, size: int, text: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each time a text is there: the number of the page within the chunk, the place within the page, and the page."""
    at = chunk.find(text)
    while at >= 0:
        number, place = divmod(at, size)
        yield number, place, chunk[number * size : (number + 1) * size]
        at = chunk.find(text, at + 1)


def _is_unused(page: bytes, is_first: bool, place: int, length: int) -> bool:
    """Whether a text at a place of a page lies in the gap between the list of its cells and their content."""
    header = FILE_HEADER if is_first else 0
    if page[header] not in HEADERS:
        return True
    cells = int.from_bytes(page[header + 3 : header + 5], "big")
    content = int.from_bytes(page[header + 5 : header + 7], "big") or 65_536
    return header + HEADERS[page[header]] + 2 * cells < place + length and place < content
