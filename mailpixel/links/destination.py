"""Where a link may lead: http and https only, checked when it is signed and again when it is used.

The check reads the text as a browser does, by the URL standard, so that no program reads it differently.
"""

import re

from mailpixel.claims import DESTINATION_BYTES
from mailpixel.errors import InvalidInput

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""A control character."""
_AUTHORITY = re.compile(r"https?://([^/?#]+)", re.IGNORECASE)
_PATH = re.compile(r"([^?#]*)(.*)", re.DOTALL)
_PLAIN_HOST = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:]+\])(?::[0-9]+)?/")
"""A host as the name system knows them. The URL standard lets `*`, `{` or `"` stand in a host, which Chromium escapes
(`*` became `%2A` in version 156, November 2026) and other programs read in other ways."""
SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a surrogate pair, which is not valid Unicode text."""


def check_destination(url: str, field: str = "url") -> str:
    """The destination as a browser would request it: ASCII, escaped, valid in a `Location` header.

    Outer spaces are dropped. Raises `InvalidInput` for any scheme but http and https, a missing host, control
    characters, a user name or password, a backslash, a raw `<`, a host that no name can be, and more than 65,536 bytes.
    """
    url = url.strip(" ")
    authority = _AUTHORITY.match(url)
    if authority is None:
        raise InvalidInput(field, "must begin with http:// or https:// and a host")
    for is_wrong, problem in _REFUSALS:
        if is_wrong(url):
            raise InvalidInput(field, problem)
    if "@" in authority[1]:
        raise InvalidInput(field, "must not name a user or password; leave out what stands before the host")
    location = _serialised(url, field)
    if not _PLAIN_HOST.match(location):
        raise InvalidInput(field, "names a host with a character that no host has; check the host")
    if len(location) > DESTINATION_BYTES:
        raise InvalidInput(field, _TOO_LONG)
    return location


def checked(url: str, field: str = "url") -> str:
    """The destination as it was written, once `check_destination` has passed it. Raises `InvalidInput`."""
    check_destination(url, field)
    return url


_TOO_LONG = f"is longer than {DESTINATION_BYTES:,} bytes; shorten it"
_REFUSALS = (
    (lambda url: len(url) > DESTINATION_BYTES, _TOO_LONG),
    (CONTROL.search, "holds a control character; remove it"),
    (
        lambda url: "\\" in url,
        "holds a backslash, which is read in two ways; write / or %5C",
    ),
    (lambda url: "<" in url, "holds `<`, often the sign of a missing quote; write %3C where it is meant"),
    (SURROGATE.search, "is not valid Unicode"),
)
"""What is refused without parsing, in this order."""


def _serialised(url: str, field: str) -> str:
    import can_ada  # here, because signing without destinations must not load it

    try:
        parsed = can_ada.parse(url)
    except ValueError:
        raise InvalidInput(field, "is not a URL that a browser would follow; check host and port") from None
    location: str = parsed.href
    if "^" not in location:
        return location
    # The standard escapes it in a path, and only there; this version of the parser does not yet.
    # Source: https://url.spec.whatwg.org/#path-percent-encode-set, November 2026.
    path, rest = _PATH.match(location).groups()  # type: ignore[union-attr]
    return path.replace("^", "%5E") + rest
