"""The shipped lists of user agents, read once from `data/` and compiled."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mailpixel.model import Via


@dataclass(frozen=True, slots=True)
class AgentLists:
    """Patterns to be searched in an agent, all blind to case but the proxies; `crawlers` are lower-case
    product names.
    """

    proxies: tuple[tuple[str, Via], ...]
    privacy_prefetch: str
    gmail_prefetch: str
    mail_clients: re.Pattern[str]
    scanners: re.Pattern[str]
    core_words: re.Pattern[str]
    strong_words: re.Pattern[str]
    weak_words: re.Pattern[str]
    people: re.Pattern[str]
    people_shapes: re.Pattern[str]
    crawlers: frozenset[str]
    fingerprint: str


@cache
def shipped_lists() -> AgentLists:
    """The lists this version ships."""
    folder = files("mailpixel.classify") / "data"
    agents = (folder / "agents.json").read_text(encoding="utf-8")
    crawlers = (folder / "crawlers.txt").read_text(encoding="utf-8")
    found: Mapping[str, Any] = json.loads(agents)
    return AgentLists(
        proxies=tuple((row["contains"], Via(row["via"])) for row in found["mail_proxies"]),
        privacy_prefetch=found["privacy_prefetch"],
        gmail_prefetch=found["gmail_prefetch"],
        mail_clients=_any_of(found["mail_clients"]),
        scanners=_any_of(found["scanners"]),
        core_words=_any_of(found["core_words"]),
        strong_words=_any_of(found["strong_words"]),
        weak_words=_any_of(found["weak_words"]),
        people=_any_of(found["people"]),
        people_shapes=_any_of(found["people_shapes"]),
        crawlers=frozenset(line for line in crawlers.splitlines() if line and not line.startswith("#")),
        fingerprint=agents + crawlers,
    )


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
