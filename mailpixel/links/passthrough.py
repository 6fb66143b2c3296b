"""Template tokens in query values that may travel through a tracked link.

A destination such as `https://shop.example/?size=7&u={{ id }}` is not known before the token is filled in. When the
sender allows `u`, the parameter moves behind the tracked URL, `https://t.example/c/TOKEN?u={{ id }}`, where the
sender's own engine fills it in; the redirect adds the value, encoded, to the registered `https://shop.example/?size=7`.
A token anywhere else (host, path, fragment, a name, a value not allowed) keeps the link out.
"""

from urllib.parse import unquote_plus

from mailpixel.links.trackable import holds_token, token_spans


def passed_through(url: str, names: frozenset[str]) -> tuple[str, str]:
    """The destination without the allowed parameters that hold tokens, and these as `?name=token&...`.

    Parameters without a token stay in the destination and in place. The URL comes back whole, with an empty tail,
    when a token stands anywhere else.
    """
    address, hash_mark, fragment = url.partition("#")
    path, _, _ = address.partition("?")
    if holds_token(path) or "?" not in address:
        return url, ""
    pairs = _pairs(address[len(path) + 1 :])
    passed = [pair for pair in pairs if _may_pass(pair, names)]
    kept = "&".join(pair for pair in pairs if pair not in passed)
    rest = path + ("?" + kept if kept else "") + hash_mark + fragment
    return (url, "") if holds_token(rest) or not passed else (rest, "?" + "&".join(passed))


def _may_pass(pair: str, names: frozenset[str]) -> bool:
    name, _, value = pair.partition("=")
    return holds_token(value) and unquote_plus(name) in names


def _pairs(query: str) -> list[str]:
    """The query cut at `&`, but not inside a token."""
    spans = token_spans(query)
    cuts = [at for at, letter in enumerate(query) if letter == "&" and not any(a <= at < b for a, b in spans)]
    return [query[start + 1 : end] for start, end in zip([-1, *cuts], [*cuts, len(query)], strict=True)]
