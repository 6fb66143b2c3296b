"""Query parameters added to a destination without touching what is there."""

from collections.abc import Iterable
from urllib.parse import quote, unquote_plus


def with_parameters(destination: str, parameters: Iterable[tuple[str, str]]) -> str:
    """The destination with the parameters it lacks added after its query, before its fragment, in this order.

    A parameter that is there already keeps its value and place, and so does every other letter; `UTM_Source` is there
    for `utm_source`, as those who read these names mind no case. Names and values are percent-encoded as UTF-8.
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
    joint = "?" if not question_mark else "&" if query and not query.endswith("&") else ""
    return address + joint + "&".join(added) + hash_mark + fragment


def is_present(name: str, present: frozenset[str]) -> bool:
    """Whether a name is among these; those of `utm_` parameters in whatever case."""
    if name.lower().startswith("utm_"):
        return name.lower() in {other.lower() for other in present}
    return name in present


def names_in(query: str) -> frozenset[str]:
    """The names of a query, decoded."""
    return frozenset(unquote_plus(pair.partition("=")[0]) for pair in query.split("&"))
