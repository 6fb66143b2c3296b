"""The shipped lists of user agents, read once from `data/`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mailpixel.model import Via
from mailpixel.traffic.words import WordList


@dataclass(frozen=True, slots=True)
class AgentLists:
    """What to look for in an agent. `README.md` beside the data says what each list is and where it came from."""

    proxies: tuple[tuple[str, Via], ...]
    privacy_prefetch: str
    gmail_prefetch: str
    mail_clients: WordList
    scanners: WordList
    core_words: WordList
    contacts: WordList
    strong_words: WordList
    devices: WordList
    people: frozenset[str]
    extras: frozenset[str]
    people_shapes: tuple[str, ...]
    crawlers: frozenset[str]
    fingerprint: str


_WORDS = ("mail_clients", "scanners", "core_words", "contacts", "strong_words", "devices")


@cache
def shipped_lists() -> AgentLists:
    """The lists this version ships."""
    folder = files("mailpixel.traffic") / "data"
    agents = (folder / "agents.json").read_text(encoding="utf-8")
    crawlers = (folder / "crawlers.txt").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(agents)
    return AgentLists(
        **{name: WordList(found[name]) for name in _WORDS},
        proxies=tuple((row["contains"], Via(row["via"])) for row in found["mail_proxies"]),
        privacy_prefetch=found["privacy_prefetch"],
        gmail_prefetch=found["gmail_prefetch"],
        people=frozenset(found["people"]),
        extras=frozenset(found["extras"]),
        people_shapes=tuple(found["people_shapes"]),
        crawlers=frozenset(line for line in crawlers.splitlines() if line and not line.startswith("#")),
        fingerprint=agents + crawlers,
    )
