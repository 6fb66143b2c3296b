"""Recognises links that leave a list by their URL, in many languages. They are never tracked.

Leaving must never depend on us. A link skipped by mistake is only not counted, but ordinary links should be
tracked: `/cancelar-pedido` cancels an order and `/baja-california` is a place. So a word counts where it is a
whole path segment, parameter name or value, alone or with words of its own kind. `cancel` and similar words
count only next to what is left, as in `/newsletter/cancel`. The text of a link does not count: it is written
for people, and many links to articles say "unsubscribe".
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_NO_MARKS = str.maketrans({"\u0131": "i", "\u0111": "d", "\u0142": "l", "\u00f8": "o"})
"""Latin letters that Unicode does not take apart."""
_UNSUB = re.compile("/unsub(?!tl|du|st)")
_TO_WORDS = bytes(byte if chr(byte).isascii() and chr(byte).isalpha() else 32 for byte in range(256))
"""Everything but letters to spaces: many times as fast as a search for words."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+")
_WORD = re.compile(r"[^\W\d_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_FILE_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")
_ACTIONS = frozenset(
    ["a", "act", "action", "accion", "acao", "aktion", "azione", "akce", "akcja", "op", "do", "cmd", "command", "mode",
     "task", "type", "func",
     "p", "page"]
)  # fmt: skip
"""Names of parameters that say what to do."""
_OPAQUE = re.compile(r"[0-9]+|[0-9A-Fa-f]{8,}|[\w-]{20,}|")


class Words(NamedTuple):
    """The list of words.

    `phrases` and `actions` have a space between their words; words of `beside` may stand next to them. Every URL that
    leaves a list holds one of the `hints` at least; `latin` are those in ASCII. `verbs` end what the `nouns` name: one
    of each must be there. `unspaced` are phrases of scripts that put no space between words: they count anywhere.
    """

    phrases: frozenset[str]
    actions: frozenset[str]
    beside: frozenset[str]
    verbs: frozenset[str]
    nouns: frozenset[str]
    hints: frozenset[str]
    latin: frozenset[bytes]
    unspaced: frozenset[str]


@cache
def leaving_words() -> Words:
    """The words of `data/leaving.txt`."""
    text = files("mailpixel.links").joinpath("data/leaving.txt").read_text("utf-8")
    lines = [_plain_letters(line) for line in text.split("\n") if line and not line.startswith("#")]
    marked = {mark: frozenset(line[1:] for line in lines if line[0] == mark) for mark in "?+!="}
    phrases = frozenset(line for line in lines if line[0] not in marked)
    joined = phrases | {phrase.replace(" ", "") for phrase in phrases}
    hints = {phrase.split(" ")[0] for phrase in joined | marked["?"] | marked["!"]}
    latin = frozenset(hint.encode() for hint in hints if hint.isascii())
    beside = marked["+"] | marked["="]
    unspaced = frozenset(phrase for phrase in phrases if _UNSPACED.fullmatch(phrase))
    return Words(joined, marked["?"], beside, marked["!"], marked["="], frozenset(hints), latin, unspaced)


def leaves_list(url: str) -> bool:
    """Whether a URL says that it leaves a list."""
    lower = url.lower()
    if ("unsub" in lower and ("unsubscribe" in lower or _UNSUB.search(lower))) or "opt-out" in lower:
        return True
    words = leaving_words()
    hints, latin = words.hints, words.latin
    if "%" not in lower and lower.isascii():
        if latin.isdisjoint(lower.encode().translate(_TO_WORDS).split()) and (
            lower == url or hints.isdisjoint(_split(url))
        ):
            return False  # most URLs
        return _says_so(url)
    written = _readable(url)
    if any(phrase in written for phrase in words.unspaced):
        return True
    return not (
        hints.isdisjoint(_WORD.findall(written.lower())) and hints.isdisjoint(_split(written))
    ) and _says_so(written)


def _split(url: str) -> list[str]:
    """The words of a URL in lower case, also split at capitals, as in `doOptOut`."""
    return _WORD.findall(_CAMEL.sub("-", url).lower())


def _says_so(url: str) -> bool:
    words = leaving_words()
    return any(_leaves(url.lower(), words)) or any(_leaves(_CAMEL.sub("-", url).lower(), words))


def _readable(url: str) -> str:
    """The URL decoded, without the marks on its letters."""
    raw = unquote_to_bytes(url.encode("utf-8", "replace"))
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return _plain_letters(text)


def _plain_letters(text: str) -> str:
    """Text without accents and other marks that stand on letters."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(_NO_MARKS))
    kept = (letter for letter in apart if not unicodedata.category(letter).startswith("M"))
    return unicodedata.normalize("NFC", "".join(kept))


def _leaves(url: str, words: Words) -> Iterator[bool]:
    """Of each part of a URL, whether it leaves a list."""
    address, _, rest = url.partition("?")
    address, _, fragment = address.partition("#")
    host, *segments = address.partition("://")[2].split("/")
    yield from (_is_phrase(label, words) for label in host.split(":")[0].split(".")[:-2])
    segments = [_FILE_ENDING.sub("", segment) for segment in segments]
    yield from (_is_phrase(segment, words) for segment in [*segments, *fragment.split("/")])
    yield _acts(segments, words)
    yield any(_ends(f"{first} {second}", words) for first, second in pairwise([*segments, ""]))
    for pair in re.split("[&;#]", rest):
        name, _, value = pair.partition("=")
        yield _is_phrase(name, words) or _is_phrase(value.rpartition("/")[2], words)
        yield _ends(pair, words) or name in words.actions or (name in _ACTIONS and value in words.actions)


def _acts(segments: list[str], words: Words) -> bool:
    """Whether the path ends in an action, with only words of `beside` before it and a person's id after it."""
    named = [segment for segment in segments if not _OPAQUE.fullmatch(segment)]
    return bool(named) and named[-1] in words.actions and words.beside.issuperset(named[:-1])


def _ends(part: str, words: Words) -> bool:
    """Whether a part says to end something that can be left, and nothing else."""
    found = frozenset(_WORD.findall(part))
    said = not found.isdisjoint(words.verbs) and not found.isdisjoint(words.nouns)
    return said and found <= words.verbs | words.beside


def _is_phrase(part: str, words: Words) -> bool:
    """Whether a part is one of the phrases, possibly with words of `beside`."""
    found = _WORD.findall(part)
    if not found or len(found) > 8:
        return False
    for size in range(len(found), 0, -1):
        for start in range(len(found) - size + 1):
            if " ".join(found[start : start + size]) in words.phrases:
                return words.beside.issuperset([*found[:start], *found[start + size :]])
    return False
