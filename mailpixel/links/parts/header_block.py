"""Raw header blocks: reads a header, removes it or replaces it; no other byte changes.

A header block (`head`) ends with the empty line that separates it from the body.
"""

import re
from functools import lru_cache

_HEAD_END = re.compile(rb"\n(\r?\n)")
_NUMBER = re.compile(rb"\d+")


def head_end(raw: bytes, start: int = 0, end: int | None = None) -> int | None:
    """Where the body begins in these bytes, or in a stretch of them; None where no empty line ends the headers."""
    end = len(raw) if end is None else end
    for line_end in (b"\n", b"\r\n"):
        if raw.startswith(line_end, start, end):
            return start + len(line_end)
    match = _HEAD_END.search(raw, start, end)
    return match.end() if match else None


def header_values(head: bytes, name: str) -> tuple[str, ...]:
    """The unfolded values of a header, one for each time it occurs."""
    values = (value.decode("utf-8", "replace") for value in _header(name).findall(head))
    return tuple("".join(value.splitlines()).strip() for value in values)


def without_header(head: bytes, name: str) -> bytes:
    """The block without this header, wherever it occurs."""
    return _header(name).sub(b"", head)


def with_encoding(head: bytes, encoding: bytes, line_end: bytes) -> bytes:
    """The block with this content transfer encoding, replacing the former one or added at the end."""
    written = b"Content-Transfer-Encoding: " + encoding + line_end
    line = _header("content-transfer-encoding").search(head)
    last = len(head) - (2 if head.endswith(b"\r\n") else 1)
    start, end = line.span() if line else (last, last)
    return head[:start] + written + head[end:]


def with_length(head: bytes, body: bytes) -> bytes:
    """Head and body together, the length of the body put right where the head names one."""
    line = _header("content-length").search(head)
    number = _NUMBER.search(head, *line.span(1)) if line else None
    if number is not None:
        head = head[: number.start()] + b"%d" % len(body) + head[number.end() :]
    return head + body


@lru_cache(maxsize=64)
def _header(name: str) -> re.Pattern[bytes]:
    """A header's first line and its continuations; group 1 is its value."""
    written = re.escape(name.encode("ascii"))
    return re.compile(rb"(?im)^%b[ \t]*:((?>[^\r\n]|\r(?!\n)|\r?\n[ \t])*+)(?:\r?\n|\Z)" % written)
