"""The facts of a request that the rules use, read from its headers in one pass.

It runs on the hot path of the server: one dict look-up for each header, and no work for irrelevant ones.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from mailpixel.model import Facts

AGENT_LIMIT = 512
"""User agents are cut to this many characters. The rest would cost time and say nothing."""
CACHED_BYTES = 320
"""Agents up to this length are cached. Few browsers have a longer one, and invented ones must not fill the memory."""

GPC, DNT = 1 << 30, 1 << 31
"""Bits beside the facts for `Sec-GPC: 1` and `DNT: 1`. They decide about a hit and are never stored."""
REFUSALS = GPC | DNT

_SPECULATIVE = (b"prefetch", b"prerender", b"preview")


def facts_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Facts, str]:
    """The facts of a request and its user agent, cut to `AGENT_LIMIT` characters and empty when there is none.

    The bits of `REFUSALS` stand beside the facts.

    `headers` are names in lower case and raw values, as ASGI gives them. The caller adds the facts that no
    header shows (`PREVIEW`, `FORGED`, `PLAIN_HTTP`).
    """
    bits, agent = read_headers(headers)
    return facts_with(bits), agent


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> tuple[int, str]:
    """The same with the facts as bits."""
    agent = b""
    bits = 0
    for name, value in headers:
        plain = _PLAIN.get(name)
        if plain is not None:
            bits |= plain
        elif name == b"user-agent":
            agent = value
        elif name in _READ:
            bits |= _READ[name](value)
    return bits, _remembered(agent) if len(agent) <= CACHED_BYTES else _read(agent)


@lru_cache(maxsize=4_096)
def facts_with(bits: int) -> Facts:
    """The flags of these bits, cached: making them takes longer than reading all headers, and few sets occur."""
    return Facts(bits)


def is_countable(method: str, bits: int) -> bool:
    """Whether a request with these facts can count at all: a GET on a valid token that is not a preview."""
    return method == "GET" and not bits & _UNCOUNTABLE


def agent_text(raw: bytes) -> str:
    """A user agent as text without control characters: UTF-8 where it is valid, otherwise latin-1."""
    return _remembered(raw) if len(raw) <= CACHED_BYTES else _read(raw)


def _read(raw: bytes) -> str:
    raw = raw[: AGENT_LIMIT * 4]
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = text[:AGENT_LIMIT].strip()
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


_remembered = lru_cache(maxsize=8_192)(_read)


def _purpose(value: bytes) -> int:
    lower = value.lower()
    return _PREFETCH if any(word in lower for word in _SPECULATIVE) else 0


def _accept(value: bytes) -> int:
    bits = _ACCEPT
    if b"text/html" in value:
        bits |= _ACCEPT_HTML
    if b"image/" in value:
        bits |= _ACCEPT_IMAGE
    return bits


def _mode(value: bytes) -> int:
    return _NAVIGATE if value == b"navigate" else _SEC_FETCH


def _user(value: bytes) -> int:
    return _ACTIVATED if value == b"?1" else _SEC_FETCH


def _dest(value: bytes) -> int:
    return _FRAMED if value in _FRAMES else _SEC_FETCH


def _gpc(value: bytes) -> int:
    return GPC if value == b"1" else 0


def _dnt(value: bytes) -> int:
    return DNT if value == b"1" else 0


def _upgrade(value: bytes) -> int:
    return _UPGRADE if value == b"1" else 0


_UNCOUNTABLE = int(Facts.FORGED | Facts.PREVIEW)
_PREFETCH = int(Facts.PREFETCH)
_ACCEPT = int(Facts.ACCEPT)
_ACCEPT_HTML = int(Facts.ACCEPT_HTML)
_ACCEPT_IMAGE = int(Facts.ACCEPT_IMAGE)
_SEC_FETCH = int(Facts.SEC_FETCH)
_NAVIGATE = int(Facts.SEC_FETCH | Facts.NAVIGATE)
_ACTIVATED = int(Facts.SEC_FETCH | Facts.USER_ACTIVATED)
_FRAMED = int(Facts.SEC_FETCH | Facts.FRAMED)
_UPGRADE = int(Facts.UPGRADE_INSECURE)
_FRAMES = (b"iframe", b"frame", b"embed", b"object")

_PLAIN: Mapping[bytes, int] = {
    b"referer": int(Facts.REFERER),
    b"accept-language": int(Facts.ACCEPT_LANGUAGE),
    b"accept-encoding": int(Facts.ACCEPT_ENCODING),
    b"sec-ch-ua": int(Facts.CLIENT_HINTS),
    b"sec-fetch-site": _SEC_FETCH,
}
_READ: Mapping[bytes, Callable[[bytes], int]] = {
    b"sec-purpose": _purpose,
    b"purpose": _purpose,
    b"x-purpose": _purpose,
    b"x-moz": _purpose,
    b"accept": _accept,
    b"sec-fetch-mode": _mode,
    b"sec-fetch-user": _user,
    b"sec-fetch-dest": _dest,
    b"upgrade-insecure-requests": _upgrade,
    b"sec-gpc": _gpc,
    b"dnt": _dnt,
}
