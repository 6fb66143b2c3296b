"""The people that a mail goes to, by their addresses."""

from collections.abc import Iterable
from email.utils import getaddresses


def people(texts: Iterable[object]) -> list[str]:
    """The bare addresses of a list as Django takes it, where one text may hold several; what is none stays as it is."""
    found = []
    for text in map(str, texts):
        parsed = [address for _, address in getaddresses([text])]
        found += parsed if parsed and all("@" in address for address in parsed) else [text.strip()]
    return found


def distinct(addresses: Iterable[str]) -> list[str]:
    """Each address once, as it is spelled first; upper and lower case are the same."""
    first: dict[str, str] = {}
    for address in addresses:
        first.setdefault(address.lower(), address)
    return list(first.values())
