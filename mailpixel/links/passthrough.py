"""Template tokens in query values that may travel through a tracked link.

A destination such as `https://shop.example/?size=7&u={{ id }}` is not known before the token is filled in. When the
sender allows `u`, the parameter moves behind the tracked URL, `https://t.example/c/TOKEN?u={{ id }}`, where the
sender's own engine fills it in; the redirect adds the value, encoded, to the registered `https://shop.example/?size=7`.
A token anywhere else (host, path, fragment, a name, a value not allowed) keeps the link out.
"""

from urllib.parse import unquote_plus

from mailpixel.links.trackable import holds_token, token_spans

_AMPERSAND = "\x00"  # no URL that may be tracked holds it


def passed_through(url: str, names: frozenset[str]) -> tuple[str, str]:
    """The destination without the allowed parameters that hold tokens, and these as `?name=token&...`.

    Parameters without a token stay in the destination and in place. The URL comes back whole, with an empty tail,
    when a token stands anywhere else.
    """
    address, hash_mark, fragment = url.partition("#")
    path, _, _ = address.partition("?")
    if holds_token(path) or "?" not in address:
        return url, ""
    pairs = [(pair, _may_pass(pair, names)) for pair in _pairs(address[len(path) + 1 :])]
    passed = "&".join(pair for pair, passes in pairs if passes)
    kept = "&".join(pair for pair, passes in pairs if not passes)
    rest = path + ("?" + kept if kept else "") + hash_mark + fragment
    return (url, "") if holds_token(rest) or not passed else (rest, "?" + passed)


def _may_pass(pair: str, names: frozenset[str]) -> bool:
    name, _, value = pair.partition("=")
    return unquote_plus(name) in names and holds_token(value)


def _pairs(query: str) -> list[str]:
    """The query cut at `&`, but not inside a token."""
    pieces, position = [], 0
    for start, end in token_spans(query):
        pieces += [query[position:start], query[start:end].replace("&", _AMPERSAND)]
        position = end
    masked = "".join([*pieces, query[position:]])
    return [pair.replace(_AMPERSAND, "&") for pair in masked.split("&")]
