"""Who a user agent says it is: proxy, mail program, scanner, robot or browser. Pure, cached, blind to time.

The order of `_READINGS` is the point: lists of robots hold Gmail's proxy and mail programs, so those come
first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mailpixel.classify.agent_lists import shipped_lists
from mailpixel.classify.browsers import BrowserClaim, browser_claim
from mailpixel.classify.facts import AGENT_LIMIT
from mailpixel.model import Via


class AgentKind(StrEnum):
    """What an agent is by itself."""

    EMPTY = "empty"
    MAIL_PROXY = "mail_proxy"
    PRIVACY_PREFETCH = "privacy_prefetch"
    GMAIL_PREFETCH = "gmail_prefetch"
    BARE_WEBKIT = "bare_webkit"
    """WebKit without a browser's name: a mail program or web view, and some mailboxes' fetchers."""
    MAIL_CLIENT = "mail_client"
    SCANNER = "scanner"
    ROBOT = "robot"
    BROWSER = "browser"
    UNKNOWN = "unknown"
    """Neither a browser nor anything listed: mail programs on an image, libraries on a link."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as read. `sign` is the part of it that decided; `claim` what it promises where it says
    browser.
    """

    text: str
    kind: AgentKind
    sign: str = ""
    via: Via | None = None
    claim: BrowserClaim | None = None
    system: str = ""


Reading = Callable[[str], Agent | None]


@lru_cache(maxsize=65_536)
def read_agent(agent: str) -> Agent:
    """Who this agent is; only its first `AGENT_LIMIT` characters are read. Costs microseconds, whatever
    comes in.
    """
    text = agent[:AGENT_LIMIT].strip(" \t\"'")
    for reading in _READINGS:
        found = reading(text)
        if found is not None:
            return found
    return Agent(text, AgentKind.UNKNOWN)


def _empty(text: str) -> Agent | None:
    return Agent(text, AgentKind.EMPTY) if text in ("", "-") else None


def _mail_proxy(text: str) -> Agent | None:
    for name, via in shipped_lists().proxies:
        if name in text:
            return Agent(text, AgentKind.MAIL_PROXY, name, via)
    return None


def _prefetcher(text: str) -> Agent | None:
    lists = shipped_lists()
    if text == lists.privacy_prefetch:
        return Agent(text, AgentKind.PRIVACY_PREFETCH, text, Via.APPLE)
    if text == lists.gmail_prefetch:
        return Agent(text, AgentKind.GMAIL_PREFETCH, "Edge/12.246 Mozilla/5.0", Via.GMAIL)
    return None


def _mail_client(text: str) -> Agent | None:
    found = shipped_lists().mail_clients.search(text)
    if found is None or shipped_lists().core_words.search(text):
        return None
    return Agent(text, AgentKind.MAIL_CLIENT, found[0], system=system_of(text))


def _bare_webkit(text: str) -> Agent | None:
    if _BARE_WEBKIT.fullmatch(text):
        return Agent(text, AgentKind.BARE_WEBKIT, "AppleWebKit", system=system_of(text))
    return None


def _machine(text: str) -> Agent | None:
    lists = shipped_lists()
    claim = browser_claim(text)
    told = _told_apart(text, claim)
    found = lists.scanners.search(told)
    if found is not None:
        return Agent(text, AgentKind.SCANNER, found[0])
    sign = _sign_of_robot(text, told, claim)
    return Agent(text, AgentKind.ROBOT, sign) if sign else None


def _told_apart(text: str, claim: BrowserClaim | None) -> str:
    """The part in which words count: all of it, or what a browser's agent says beyond being that browser."""
    rest = text if claim is None else claim.rest
    return shipped_lists().people.sub(" ", rest)


def _sign_of_robot(text: str, told: str, claim: BrowserClaim | None) -> str:
    lists = shipped_lists()
    everywhere = lists.people.sub(" ", text)
    for pattern, where in (
        (lists.core_words, everywhere),
        (_CONTACT, everywhere),
        (lists.strong_words, told),
    ):
        found = pattern.search(where)
        if found is not None:
            return found[0].strip()
    for name in _NAME.findall(told.lower()):
        if name in lists.crawlers:
            return str(name)
    if claim is None:
        found = lists.weak_words.search(told)
        return found[0] if found is not None and not lists.people_shapes.match(text) else ""
    return ""


def _browser(text: str) -> Agent | None:
    claim = browser_claim(text)
    if claim is not None:
        return Agent(text, AgentKind.BROWSER, claim.name, claim=claim, system=system_of(text))
    if shipped_lists().people_shapes.match(text):
        return Agent(text, AgentKind.BROWSER, text.partition("/")[0], system=system_of(text))
    return None


_READINGS: tuple[Reading, ...] = (
    _empty,
    _mail_proxy,
    _prefetcher,
    _mail_client,
    _bare_webkit,
    _machine,
    _browser,
)

_NAME = re.compile(r"[a-z][a-z0-9_.!-]+")
_BARE_WEBKIT = re.compile(r"Mozilla/5\.0 \(Macintosh;[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)")
_CONTACT = re.compile(
    r"\+?https?://|\bwww\.|[\w.-]+@[\w-]+\.|\[at\]|\(at\)|; ?compatible;|\(compatible; ?(?!MSIE|Konqueror)",
    re.I,
)

_SYSTEMS = (
    ("Windows", "windows"),
    ("iPhone", "ios"),
    ("iPad", "ios"),
    ("iPod", "ios"),
    ("Android", "android"),
    ("Mac", "mac"),
    ("CrOS", "chromeos"),
    ("Linux", "linux"),
    ("X11", "linux"),
)


def system_of(text: str) -> str:
    """The operating system an agent names, as one word; empty when it names none we know."""
    return next((system for sign, system in _SYSTEMS if sign in text), "")
