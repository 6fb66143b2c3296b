"""Campaign parameters (`utm_source` and its like) added to a destination without touching what is there."""

from urllib.parse import quote, unquote_plus


def with_utm(destination: str, parameters: tuple[tuple[str, str], ...]) -> str:
    """The destination with the parameters it lacks added after its query, before its fragment.

    A parameter that is there already keeps its value and place, and so does every other letter. Names and values
    are percent-encoded as UTF-8.
    """
    address, hash_mark, fragment = destination.partition("#")
    query = address.partition("?")[2]
    present = {unquote_plus(pair.partition("=")[0]) for pair in query.split("&")}
    added = [
        f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters if name not in present
    ]
    if not added:
        return destination
    joint = "?" if "?" not in address else "" if address.endswith(("?", "&")) else "&"
    return address + joint + "&".join(added) + hash_mark + fragment
