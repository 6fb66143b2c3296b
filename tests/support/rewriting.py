"""Reads labelled rewriting cases, and undoes a rewrite without asking the code that made it."""

import html as stdlib_html
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, AnyStr

from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.splicing.plan import Plan, planned
from mailpixel.links.splicing.template import PIXEL_CLOSE, PIXEL_OPEN
from mailpixel.links.text import draft_text

BASE_URL = "https://t.example"
_DROPPED = re.compile("[\x00;\ufffd\ud800-\udfff]")
PIXEL_URL = f"{BASE_URL}/o/PIXEL"
PIXEL = f"{PIXEL_OPEN}{PIXEL_URL}{PIXEL_CLOSE}"


def prepare_text(text: AnyStr, options: RewriteOptions) -> Plan[AnyStr]:
    """Plan the rewrite of plain text, as a message does for its text parts; there is never a pixel."""
    return planned(text, options, draft_text)


def tracked_urls(count: int) -> list[str]:
    """As many tracking URLs as there are links, recognisable by their place."""
    return [f"{BASE_URL}/c/TOKEN/{place}." for place in range(count)]


@dataclass(frozen=True, slots=True)
class Case:
    """One labelled case: `expect` holds destinations by number, `resolved` what a browser requests for them."""

    id: str
    html: str
    expect: tuple[tuple[int, str], ...]
    resolved: tuple[str, ...]
    skip: tuple[tuple[str, str], ...]
    pixel: str
    label: dict[str, Any]

    @property
    def content(self) -> str | bytes:
        """What a program would be given: bytes where the case names a charset."""
        return self.html.encode(self.label["charset"]) if "charset" in self.label else self.html


def load_cases(path: Path) -> list[Case]:
    """The cases of a JSON-lines file, with the repeated text put in; none when the file is not there."""
    return (
        [_case(json.loads(line)) for line in path.read_text("utf-8").split("\n") if line]
        if path.exists()
        else []
    )


def _case(label: dict[str, Any]) -> Case:
    if repeat := label.get("repeat"):
        grown = json.dumps(repeat["text"] * repeat["times"])[1:-1]
        label = json.loads(json.dumps(label | {"repeat": None}).replace(repeat["marker"], grown))
    return Case(
        label["id"],
        label["html"],
        tuple((link["number"], link["destination"]) for link in label["expect"]),
        tuple(link["resolved"] for link in label["expect"]),
        tuple((skip["href"], skip["reason"]) for skip in label["skip"]),
        label["pixel"],
        label,
    )


def undone(source: str, rewritten: str, urls: Sequence[str], destinations: Sequence[str]) -> str:
    """The rewritten text with the pixel taken out and each tracked URL replaced by what stood there in the source.

    What stood there is read from the source alone, by the quote the place begins with; it must be the destination.
    """
    rewritten = rewritten.replace(PIXEL, "", 1)
    result, position = [], 0
    while (found := _next_url(rewritten, position, urls)) is not None:
        start, place = found
        result.append(rewritten[position:start])
        at = sum(map(len, result))
        value = _value_at(source, at)
        assert spelled(value) == spelled_url(destinations[place]), (value, destinations[place])
        result.append(value)
        position = start + len(urls[place])
    return "".join([*result, rewritten[position:]])


def _next_url(text: str, position: int, urls: Sequence[str]) -> tuple[int, int] | None:
    found = [(text.find(url, position), place) for place, url in enumerate(urls)]
    return min((pair for pair in found if pair[0] >= 0), default=None)


def _value_at(source: str, at: int) -> str:
    quote = source[at - 1]
    ends = quote if quote in "\"'" else " \t\n\r\f>"
    end = at
    while end < len(source) and source[end] not in ends:
        end += 1
    return source[at:end]


def spelled(value: str) -> str:
    """An attribute value decoded by the standard library, which knows most entities: good enough to compare by."""
    return spelled_url(stdlib_html.unescape(value.replace("&amp;", "&#38;")))


def spelled_url(url: str) -> str:
    """A URL without the letters that URL parsers drop, and with the ampersands on which decoders differ cut short."""
    return "".join(
        letter for letter in stdlib_html.unescape(url) if letter > " " and not _DROPPED.fullmatch(letter)
    )
