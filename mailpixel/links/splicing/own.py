"""Recognises our own URLs in any spelling in a template."""

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

import can_ada

from mailpixel.links.surfaces import Surface, surface_of

_SLASHES = re.compile("/{2,}")


class OwnUrls:
    """The URLs under one public address: `https://t.example`, perhaps with a port and a path."""

    __slots__ = ("_begin", "_path", "_port", "host")

    def __init__(self, base_url: str) -> None:
        base = base_url.rstrip("/").lower()
        self._begin = base + "/"
        parts = urlsplit(base)
        self.host, self._port, self._path = parts.hostname or "", _port(parts.netloc), parts.path

    def surface(self, url: str) -> Surface | None:
        """The surface of one of our URLs; None for any other URL.

        These make no difference: http or https, an explicit default port, upper or lower case, a dot at the
        end of the host, escapes, steps back (`/x/../c/`) and doubled slashes.
        """
        lower = url.lower()
        if "%" not in lower:
            if self.host not in lower and lower.isascii():  # nearly always
                return None
            if lower.startswith(self._begin) and "/." not in lower:
                return surface_of(_SLASHES.sub("/", lower[len(self._begin) - 1 :]))
        try:
            read = can_ada.parse(url)
        except (TypeError, ValueError):
            return None
        if read.hostname.rstrip(".") != self.host or read.protocol not in ("http:", "https:"):
            return None
        path = _SLASHES.sub("/", unquote(read.pathname)).lower()
        same = read.port in ("", "80", "443", self._port) and path.startswith(self._path)
        return surface_of(path[len(self._path) :]) if same else None


def _port(netloc: str) -> str:
    return netloc.rpartition(":")[2] if netloc.rpartition(":")[2].isdecimal() else ""


@lru_cache(maxsize=64)
def own_urls(base_url: str) -> OwnUrls:
    """The URLs under an address, read once."""
    return OwnUrls(base_url)
