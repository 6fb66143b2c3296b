"""Query parameters added to a destination without touching what is there."""

from collections.abc import Iterable
from urllib.parse import quote, unquote_plus


def with_parameters(destination: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The destination with the parameters it lacks added after its query, before its fragment, in this order.

    A parameter that is there already keeps its value and place, and so does every other letter. Names and values
    are percent-encoded as UTF-8.
    """
    address, hash_mark, fragment = destination.partition("#")
    _, question_mark, query = address.partition("?")
    present = names_in(query)
    added = [
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters if name not in present
    ]
    if not added:
        return destination
    joint = "?" if not question_mark else "&" if query and not query.endswith("&") else ""
    return address + joint + "&".join(added) + hash_mark + fragment


def names_in(query: str) -> frozenset[str]:
    """The names of a query, decoded."""
    return frozenset(unquote_plus(pair.partition("=")[0]) for pair in query.split("&"))
