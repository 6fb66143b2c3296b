"""Templates and messages that others published, from the cache `scripts/fetch_corpus` fills; empty without it.

Templates carry `#` and tokens where a mail carries links. `hydrated` puts real-looking links there, by a pattern that
knows nothing of the code under test, so that there is something to track.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "corpus"

LIVE_URLS = (
    "https://shop.test/spring?utm=a&amp;b=2",
    "https://shop.test/raw?a=1&b=2",
    "http://shop.test/pipe|bar",
    "https://b\u00fccher.test/stra\u00dfe",
    "HTTPS://SHOP.TEST/Upper",
    "https://shop.test/list[0]?f[]=1",
    "https://shop.test/%2520/%zz?q=a+b#part",
    "https://shop.test/plain",
)
_TOKEN = "|".join(
    (
        r"\{\{[^\"'<>]*?\}\}",
        r"\{%[^\"'<>]*?%\}",
        r"<%=[^\"'<>]*?%>",
        r"\$\{[^\"'<>]*?\}",
        r"\*\|\w+\|\*",
        r"%%\w+%%",
        r"\[\[\w+\]\]",
        r"%\(\w+\)s",
    )
)
_EMPTY_HREF = re.compile(rf"(<a\b[^<>]*?\shref\s*=\s*)([\"'])(#|https?://|(?:{_TOKEN})+|)\2", re.IGNORECASE)


@cache
def documents() -> dict[str, str]:
    """Distinct templates by path."""
    found: dict[str, str] = {}
    seen: set[bytes] = set()
    for path in _files("documents"):
        raw = path.read_bytes()
        digest = hashlib.sha256(raw).digest()
        if digest not in seen:
            seen.add(digest)
            found[f"{path.parent.name}/{path.name}"] = raw.decode("utf-8", "replace")
    return found


def hydrated(text: str) -> str:
    """The template with real URLs where it has none, in turn."""
    urls = itertools.cycle(LIVE_URLS)
    return _EMPTY_HREF.sub(lambda match: f"{match[1]}{match[2]}{next(urls)}{match[2]}", text)


def _files(kind: str) -> Iterator[Path]:
    folder = CACHE / kind
    return (path for path in sorted(folder.rglob("*")) if path.is_file()) if folder.exists() else iter(())


@cache
def messages() -> dict[str, bytes]:
    """Raw messages by path: those of the cache, and those that Python tests its own parser with."""
    found = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in _files("messages")}
    return found | {f"python/{path.name}": path.read_bytes() for path in _python_data()}


def _python_data() -> list[Path]:
    try:
        spec = find_spec("test.test_email")
    except ModuleNotFoundError:  # Debian ships Python's own tests apart
        return []
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    return sorted(path for folder in folders for path in Path(folder, "data").glob("msg_*.txt"))
