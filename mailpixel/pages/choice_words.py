"""The texts of the choice page, one set a language, and which language a reader gets.

`choice_texts.json` holds the built-in ones. `‑` in them is U+2011: a hyphen at which no line breaks.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any

from mailpixel.errors import InvalidInput

ENGLISH = "en"
TEXT_CHARS = 2_000
"""The longest text."""
LANGUAGE_CHARS = 8
HEADER_CHARS = 1_000
"""More of an `Accept-Language` is not read."""


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of one language by name. `version` is the SHA-256 of `body`, their JSON, in hexadecimal digits."""

    language: str
    texts: Mapping[str, str]

    @property
    def body(self) -> str:
        """The texts with their language as JSON, the same for the same texts."""
        whole = {"language": self.language, **self.texts}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def version(self) -> str:
        """What tells these texts from all others."""
        return sha256(self.body.encode()).hexdigest()


@cache
def built_in() -> Mapping[str, Words]:
    """The texts that come with mailpixel, by language, English first."""
    source = files("mailpixel.pages") / "choice_texts.json"
    found = json.loads(source.read_text(encoding="utf-8"))
    return {language: Words(language, texts) for language, texts in found.items()}


def in_force(added: Iterable[str]) -> dict[str, Words]:
    """The texts by language: the built-in ones, and in their place the bodies that were added, the last ones last."""
    found = dict(built_in())
    for body in added:
        words = _completed(body)
        found[words.language] = words
    return found


def _completed(body: str) -> Words:
    """Texts that were added. What an earlier release did not know of comes from the built-in ones."""
    texts = json.loads(body)
    language = texts.pop("language")
    base = built_in().get(language, built_in()[ENGLISH]).texts
    return Words(language, {name: texts.get(name, base[name]) for name in names()})


@cache
def names() -> tuple[str, ...]:
    """The names of all texts."""
    return tuple(built_in()[ENGLISH].texts)


def read_words(text: str) -> Words:
    """The texts in a JSON object: `language`, and a text for each of `names()`. Raises `InvalidInput`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput("FILE", "is not JSON; start from `mailpixel consent wording show en`") from None
    if not isinstance(found, dict):
        raise InvalidInput("FILE", "must be a JSON object of texts by name")
    language = found.pop("language", None)
    if not _is_language(language):
        raise InvalidInput("language", "must be the code of a language in small letters, such as de or pl")
    for name in (*names(), *found):
        if name not in found:
            raise InvalidInput(name, "is missing; a wording has all the texts of the built-in ones")
        if name not in names():
            raise InvalidInput(name, f"is not a text of the page; there are {', '.join(names())}")
        _check_text(name, found[name])
    return Words(language, {name: found[name].strip() for name in names()})


def _is_language(value: object) -> bool:
    return (
        isinstance(value, str)
        and 2 <= len(value) <= LANGUAGE_CHARS
        and value.isascii()
        and value.isalpha()
        and value == value.lower()
    )


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= TEXT_CHARS:
        raise InvalidInput(name, f"must be a text of 1 to {TEXT_CHARS:,} characters")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise InvalidInput(name, "holds half of a surrogate pair; write valid Unicode")
    if name == "intro" and "{sender}" not in value:
        raise InvalidInput(name, "must hold {sender}, where the name of the sender goes")


def language_for(asked: str, accepted: str, known: Collection[str]) -> str:
    """The language of a page: the one that is asked for, else the best of an `Accept-Language`, else English."""
    if asked.lower() in known:
        return asked.lower()
    wishes = [_wish(part) for part in accepted[:HEADER_CHARS].split(",")]
    best_first = sorted((wish for wish in wishes if wish[0] > 0), key=lambda wish: -wish[0])
    return next((language for _, language in best_first if language in known), ENGLISH)


def _wish(part: str) -> tuple[float, str]:
    """The weight of a part of `Accept-Language`, 0 for one that cannot be read, and its language without a region."""
    tag, _, weight = part.partition(";")
    number = weight.strip().removeprefix("q=").strip() or "1"
    digits = number.replace(".", "", 1)
    quality = float(number) if digits.isascii() and digits.isdecimal() and len(number) <= 5 else 0.0
    return quality, tag.strip().lower().partition("-")[0]
