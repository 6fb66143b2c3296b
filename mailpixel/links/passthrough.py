"""Query values that a tracked link passes on to its destination, for the names that a campaign allows.

A destination such as `https://shop.example/?size=7&u={{ id }}` is not known before the token is filled in.
If `u` is allowed, a rewrite moves the parameter behind the tracked URL, `https://t.example/c/TOKEN?u={{ id
}}`, for the sender's engine to fill in (`passed_through`). The redirect adds the received value, decoded and
encoded again, to the registered `https://shop.example/?size=7` (`passed_on`). The value is not signed:
anyone with the link can change it.
"""

import re
from collections.abc import Callable, Collection, Iterable
from urllib.parse import quote, unquote_plus, unquote_to_bytes

from mailpixel.errors import InvalidInput
from mailpixel.links.destination import CONTROL, check_destination
from mailpixel.links.fields import holds_token, token_spans


def with_parameters(destination: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The destination with the parameters it lacks added after its query, before its fragment, in this order.

    A parameter that is there already keeps its value and place, and so does every other letter. `UTM_Source` counts as
    `utm_source`, since analytics ignore the case of these names. Names and values are percent-encoded as UTF-8.
    """
    address, hash_mark, fragment = destination.partition("#")
    _, question_mark, query = address.partition("?")
    present = names_in(query)
    added = [
        f"{quote(name, safe='')}={quote(value, safe='')}"
        for name, value in parameters
        if not is_present(name, present)
    ]
    if not added:
        return destination
    return address + joint_of(question_mark, query) + "&".join(added) + hash_mark + fragment


def joint_of(question_mark: str, query: str) -> str:
    """What joins a parameter to an address with this query; `question_mark` is empty when it has none."""
    if not question_mark:
        return "?"
    return "&" if query and not query.endswith("&") else ""


def is_present(name: str, present: frozenset[str]) -> bool:
    """Whether a name is among these. For `utm_` parameters the case does not matter."""
    if name.lower().startswith("utm_"):
        return name.lower() in {other.lower() for other in present}
    return name in present


def names_in(query: str) -> frozenset[str]:
    """The names of a query, decoded."""
    return frozenset(unquote_plus(pair.partition("=")[0]) for pair in query.split("&"))


MOST_NAMES = 20
"""The most names that a campaign may allow."""
NAME_PATTERN = "[A-Za-z0-9_.~-]{1,64}"
"""Names with only one spelling."""

QUERY_BYTES = 3_000
"""A longer query is ignored: a `Location` must fit into the 4 kB that nginx allows for the response
headers of a server behind it. Source: https://nginx.org/en/docs/http/ngx_http_proxy_module.html,
proxy_buffer_size (read 2026-11)."""
MOST_VALUES = 20
"""The most values that one redirect adds."""
VALUE_CHARS = 1_000
"""The longest value that is passed on, in characters."""

_NAME = re.compile(NAME_PATTERN)
_AMPERSAND = "\x00"  # no URL that may be tracked holds it


def check_names(names: Iterable[str], field: str = "passthrough") -> tuple[str, ...]:
    """The names, each once: at most 20, of 1 to 64 letters, digits, `_`, `.`, `~` and `-`.

    Raises `InvalidInput`.
    """
    once = tuple(dict.fromkeys(names))
    if not all(map(_NAME.fullmatch, once)):
        raise InvalidInput(
            field, "must be names of 1 to 64 letters, digits, `_`, `.`, `~` or `-`; rename the parameter"
        )
    if len(once) > MOST_NAMES:
        raise InvalidInput(field, f"names more than {MOST_NAMES} parameters; leave some out")
    return once


def passed_on(destination: str, query: bytes, names: Collection[str]) -> str:
    """The target of a redirect: the destination with the allowed values from the query of its tracked URL.

    `destination` comes from `check_destination`, and the result is valid in the same way. Values are appended
    to the destination's query, in the order received. A value is left out when it is longer than 1,000
    characters, is not UTF-8 or holds a control character, when twenty came before it, or when the destination
    has a parameter of that name. A query of more than 3,000 bytes is ignored. Never raises.
    """
    if len(query) > QUERY_BYTES:
        return destination
    pairs = [pair for pair in map(_decoded, query.split(b"&")) if pair and pair[0] in names]
    if not pairs:
        return destination
    try:
        return check_destination(with_parameters(destination, pairs[:MOST_VALUES]))
    except InvalidInput:  # too long with them
        return destination


def _decoded(pair: bytes) -> tuple[str, str] | None:
    """Name and value; None when the value must not be passed on."""
    name, _, value = pair.replace(b"+", b" ").partition(b"=")
    try:
        read = unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return None
    return None if len(read[1]) > VALUE_CHARS or CONTROL.search(read[1]) else read


def passed_through(
    url: str, names: Collection[str], holds: Callable[[str], bool] = holds_token
) -> tuple[str, str]:
    """The destination without the allowed parameters that hold tokens, and these as `?name=token&...`.

    Parameters without a token stay in place. The URL comes back whole, with an empty tail, when a token stands anywhere
    else (host, path, fragment, a name, a value that is not allowed), and when a parameter of the same name would stay:
    the redirect would not add a second. `holds` says what holds a token.
    """
    address, hash_mark, fragment = url.partition("#")
    path, _, _ = address.partition("?")
    if holds(path) or "?" not in address:
        return url, ""
    pairs = [(pair, _may_pass(pair, names, holds)) for pair in _pairs(address[len(path) + 1 :])]
    passed = "&".join(pair for pair, passes in pairs if passes)
    kept = "&".join(pair for pair, passes in pairs if not passes)
    rest = path + ("?" + kept if kept else "") + hash_mark + fragment
    whole = not passed or holds(rest) or not names_in(kept).isdisjoint(names_in(passed))
    return (url, "") if whole else (rest, "?" + passed)


def stands_in(href: str, tail: str) -> bool:
    """Whether the parameters of a tail occur letter for letter in an href as written, so they can be written again.

    A token spelled with entities, as `{{ id|default:&quot;0&quot; }}`, does
    not: its engine reads that spelling.
    """
    return all(pair in href for pair in _pairs(tail.removeprefix("?")))


def _may_pass(pair: str, names: Collection[str], holds: Callable[[str], bool]) -> bool:
    name, _, value = pair.partition("=")
    return unquote_plus(name) in names and holds(value)


def _pairs(query: str) -> list[str]:
    """The query cut at `&`, but not inside a token."""
    pieces, position = [], 0
    for start, end in token_spans(query):
        pieces += [query[position:start], query[start:end].replace("&", _AMPERSAND)]
        position = end
    masked = "".join([*pieces, query[position:]])
    return [pair.replace(_AMPERSAND, "&") for pair in masked.split("&")]
