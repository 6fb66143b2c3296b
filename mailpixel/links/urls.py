"""Tracking URLs: how they are written into mail, and how incoming paths are read.

/o/{token}.gif     the pixel                      /c/{token}              one link
/u/{token}         a choice about measurement     /c/{token}/{n}          link n by a message or campaign token
/p/{key}           what pages of a web site send
"""

import re
from typing import NamedTuple

from mailpixel.claims import ALPHANUMERIC, LAST_LINK, check_link_number
from mailpixel.errors import InvalidInput
from mailpixel.links.surfaces import LINK, OPT_OUT, PIXEL, SITE, SURFACES, Surface, surface_of

BASE_URL_CHARS = 500
"""The longest base URL."""

_BASE_URL = re.compile(
    r"(?P<origin>https?://(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)"
    r"(?P<prefix>(?:/[a-z0-9._~-]+)*)/*",
    re.IGNORECASE,
)


class TrackingPath(NamedTuple):
    """A path on one of our surfaces. (It is a tuple, because one is made for every request.)

    `link` is the number behind a message token. `damaged` says that an apostrophe was appended, as link
    scanners do: the token may be read, but never accepted.
    """

    surface: Surface
    token: str
    link: int | None = None
    damaged: bool = False


def check_base_url(url: str, field: str = "base_url") -> str:
    """A public address in the form used in URLs: no slash at its end, scheme and host in lower case.

    It is http or https with a host in ASCII, at most 500 characters, optionally with a port and a path
    prefix. Raises `InvalidInput` for anything else: a query, a fragment, a user name, an escape.
    """
    parts = _BASE_URL.fullmatch(url.strip(" "))
    if parts is None or len(url) > BASE_URL_CHARS:
        raise InvalidInput(
            field,
            "must be http:// or https://, a host and perhaps a port and a path, without `?`, `#` or `%`, "
            f"at most {BASE_URL_CHARS} characters; an international host is written as xn--…",
        )
    return parts["origin"].lower() + parts["prefix"]


def pixel_url(base_url: str, token: str) -> str:
    """The pixel of an open, message or campaign token."""
    return f"{base_url.rstrip('/')}{PIXEL.prefix}{token}.gif"


def click_url(base_url: str, token: str) -> str:
    """The redirect of a click token."""
    return f"{base_url.rstrip('/')}{LINK.prefix}{token}"


def merge_click_url(base_url: str, token: str, link: int) -> str:
    """The redirect of a registered link, 1 to 65,535, by a message or campaign token. Raises `InvalidInput`."""
    return f"{base_url.rstrip('/')}{LINK.prefix}{token}/{check_link_number(link)}"


def optout_url(base_url: str, token: str) -> str:
    """The page where a person decides about measurement, of a choice or message token."""
    return f"{base_url.rstrip('/')}{OPT_OUT.prefix}{token}"


def site_url(base_url: str, key: str) -> str:
    """Where the pages of a site post; with `.gif` its image, with `.js` its script."""
    return f"{base_url.rstrip('/')}{SITE.prefix}{key}"


_APOSTROPHE = re.compile("'|%27")

_PATH_GOES_ON = "(?!/+[A-Za-z0-9])"
_TEXT = "/*([A-Za-z0-9_-]++)"
_ALONE = re.compile(f"{_TEXT}(){_PATH_GOES_ON}")
_NUMBERED = re.compile(f"{_TEXT}(?:/+([1-9][0-9]{{0,4}})(?![A-Za-z0-9]){_PATH_GOES_ON}|{_PATH_GOES_ON})")
_TOKEN_ALPHABET = ALPHANUMERIC + b"-_"
_NEVER_LAST = (b"", b"-", b"_")
_NUMBERS = {b"%d" % number: number for number in range(1, 1_000)}
"""Link numbers that are read without a regular expression."""
_PATTERNS = {surface: _NUMBERED if surface.numbered else _ALONE for surface in SURFACES}


def parse_path(path: str) -> TrackingPath | None:
    """Parse a percent-decoded path; None when it is not one of ours, or contains nothing like a token."""
    surface = surface_of(path)
    return None if surface is None else parse_path_on(surface, path)


def parse_path_on(surface: Surface, path: str) -> TrackingPath | None:
    """Parse a percent-decoded path on a surface; None when it contains nothing like a token.

    The first character that cannot be in a token ends it. Anything that mail programs appended is dropped,
    and so are `-` and `_` at its end, where a token cannot have them (the last of 22 characters for 16 bytes
    is one of `AQgw`). Slashes before a token may be doubled. The token is not verified here.
    """
    plain = plain_path(surface, path.encode()) if path.isascii() else None
    return plain or any_path_on(surface, path)


def plain_path(surface: Surface, target: bytes) -> TrackingPath | None:
    """A target as we write it, `TOKEN`, `TOKEN.gif` or `TOKEN/n`, read without a regular expression.

    None for any other, and for any with a query or an escape. It is read as `any_path_on` reads it: nearly all are of
    this kind.
    """
    token, link = target[len(surface.prefix) :], None
    if token[-4:] == b".gif":
        token = token[:-4]
    elif surface.numbered and b"/" in token:
        token, _, number = token.partition(b"/")
        link = _NUMBERS.get(number)
        if link is None:
            return None
    if token.translate(None, _TOKEN_ALPHABET) or token[-1:] in _NEVER_LAST:
        return None
    return TrackingPath(surface, token.decode(), link)


def any_path_on(surface: Surface, path: str) -> TrackingPath | None:
    """The same for any path, with regular expressions."""
    rest = path[len(surface.prefix) :]
    damaged = "'" in rest or "%27" in rest
    if damaged:
        rest = _APOSTROPHE.sub("", rest)
    match = _PATTERNS[surface].match(rest)
    if match is None:
        return None
    token, number = match.groups()
    token = token.rstrip("-_")
    if not number:
        return TrackingPath(surface, token, None, damaged) if token else None
    link = int(number)
    return TrackingPath(surface, token, link, damaged) if link <= LAST_LINK else None
