"""Finds former content in the pages of a SQLite file.

secure_delete overwrites deleted rows. It does not overwrite the copies that stay in the unused
middle of a page when its rows move to another page. Source:
https://www.sqlite.org/fileformat2.html, "B-tree Pages", November 2026.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

HEADERS = {0x02: 12, 0x05: 12, 0x0A: 8, 0x0D: 8}
"""The size of a page's header by its first byte, for pages of trees. Others are free, or hold the rest of long rows."""

FILE_HEADER = 100
HEAD = 8
"""Bytes of a text by which it is looked up among many."""
FEW = 50
"""Up to so many texts are sought one by one."""
PAGES = 256
"""Pages read at a time."""


def holds_leftovers(path: Path, texts: Collection[str]) -> bool:
    """Whether one of these texts, or a part of it, is in an unused place of the file as it is on disk now.

    Only unused places are searched, so a text that is everywhere, such as an
    id of one digit, takes no longer.
    """
    search = _Search({text.encode() for text in texts if text})
    return any(
        search.is_in(chunk[page : page + size], start - page, end - page)
        for first, size, chunk in _chunks(path)
        for page, start, end in _gaps(chunk, size, first)
        if chunk.count(0, start, end) < end - start  # most unused places are overwritten
    )


class _Search:
    """Searches a part of a page for texts. Many texts are looked up by their beginnings, all in one pass."""

    def __init__(self, texts: set[bytes]) -> None:
        self._texts = texts
        self._longest = max(map(len, texts), default=0)
        self._by_head: defaultdict[int, defaultdict[bytes, list[bytes]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for text in texts:
            self._by_head[min(len(text), HEAD)][text[:HEAD]].append(text)

    def is_in(self, page: bytes, start: int, end: int) -> bool:
        """Whether one of the texts has a byte between `start` and `end`."""
        if len(self._texts) <= FEW:
            return any(
                page.find(text, max(start - len(text) + 1, 0), end + len(text) - 1) >= 0
                for text in self._texts
            )
        first = max(start - self._longest + 1, 0)
        return any(
            at + len(text) > start and page.startswith(text, at)
            for size, heads in self._by_head.items()
            for at in range(first, end)
            if page[at : at + size] in heads
            for text in heads[page[at : at + size]]
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
