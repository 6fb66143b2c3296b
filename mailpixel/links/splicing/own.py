"""Our own URLs, in whatever spelling a template holds them."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import can_ada

_SLASHES = re.compile("/{2,}")


class OwnUrls:
    """What lies under one public address: `https://t.example`, perhaps with a port and a path."""

    __slots__ = ("_begin", "_path", "_port", "host")

    def __init__(self, base_url: str) -> None:
        base = base_url.rstrip("/").lower()
        self._begin = base + "/"
        parts = urlsplit(base)
        self.host, self._port, self._path = parts.hostname or "", _port(parts.netloc), parts.path

    def surface(self, url: str) -> str | None:
        """`c`, `u` or `o` for a URL of ours, None for another's.

        http and https, the port written or not, letters of either case, a dot at the end of the host, escapes, steps
        back (`/x/../c/`) and doubled slashes make no difference.
        """
        lower = url.lower()
        if "%" not in lower:
            if self.host not in lower and lower.isascii():  # nearly always
                return None
            if lower.startswith(self._begin) and "/." not in lower:
                return _surface(lower[len(self._begin) - 1 :])
        try:
            read = can_ada.parse(url)
        except (TypeError, ValueError):
            return None
        if read.hostname.rstrip(".") != self.host or read.protocol not in ("http:", "https:"):
            return None
        path = _SLASHES.sub("/", unquote(read.pathname)).lower()
        same = read.port in ("", "80", "443", self._port) and path.startswith(self._path)
        return _surface(path[len(self._path) :]) if same else None


def _surface(path: str) -> str | None:
    path = _SLASHES.sub("/", path)
    return path[1] if path[:3] in ("/c/", "/u/", "/o/") else None


def _port(netloc: str) -> str:
    return netloc.rpartition(":")[2] if netloc.rpartition(":")[2].isdecimal() else ""


@lru_cache(maxsize=64)
def own_urls(base_url: str) -> OwnUrls:
    """Those under an address, read once."""
    return OwnUrls(base_url)
