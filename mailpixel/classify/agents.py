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
    """No browser, and nothing listed: perhaps a mail program where an image is asked for, a machine on a
    link.
    """


_NO_BROWSERS = (AgentKind.MAIL_CLIENT, AgentKind.BARE_WEBKIT)
"""Built on a browser's engine, yet free to leave out what a browser sends."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as read. `sign` is the part that decided, `claim` what it promises where it says it is a
    browser,
    `system` the operating system it names."""

    text: str
    kind: AgentKind
    sign: str = ""
    via: Via | None = None
    claim: BrowserClaim | None = None
    system: str = ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """An agent while it is read."""

    text: str
    lower: str
    claim: BrowserClaim | None
    rest: str
    """What a browser's agent says beyond being that browser; all of any other."""
    names: tuple[str, ...]
    """Product names in the rest and on desktops in the comment, in lower case."""

    def agent(self, kind: AgentKind, sign: str = "") -> Agent:
        """This agent, found to be of that kind."""
        claim = None if kind in _NO_BROWSERS else self.claim
        return Agent(self.text, kind, sign, claim=claim, system=system_of(self.text))


@lru_cache(maxsize=65_536)
def read_agent(agent: str) -> Agent:
    """Who this agent is; only its first `AGENT_LIMIT` characters are read. Microseconds, whatever comes in."""
    text = agent[:AGENT_LIMIT].strip(" \t\"'")
    found = _exactly(text)
    if found is not None:
        return found
    claim = browser_claim(text)
    rest = text if claim is None else claim.rest
    named = rest if claim is None else f"{rest} {claim.comment}"
    reading = _Reading(text, text.lower(), claim, rest, tuple(_NAME.findall(named.lower())))
    return next(found for step in _STEPS if (found := step(reading)) is not None)


def _exactly(text: str) -> Agent | None:
    """Nothing at all, and the agents that mailboxes are known by."""
    lists = shipped_lists()
    if text in ("", "-"):
        return Agent(text, AgentKind.EMPTY)
    if text == lists.privacy_prefetch:
        return Agent(text, AgentKind.PRIVACY_PREFETCH, text, Via.APPLE)
    if text == lists.gmail_prefetch:
        return Agent(text, AgentKind.GMAIL_PREFETCH, "Edge/12.246 Mozilla/5.0", Via.GMAIL)
    for name, via in lists.proxies:
        if name in text:
            return Agent(text, AgentKind.MAIL_PROXY, name, via)
    return None


def _mail_client(reading: _Reading) -> Agent | None:
    lists = shipped_lists()
    sign = lists.mail_clients.find(reading.text, reading.lower)
    if not sign or lists.core_words.find(reading.text, reading.lower):
        return None
    return reading.agent(AgentKind.MAIL_CLIENT, sign)


def _bare_webkit(reading: _Reading) -> Agent | None:
    if _BARE_WEBKIT.fullmatch(reading.text):
        return reading.agent(AgentKind.BARE_WEBKIT, "AppleWebKit")
    return None


def _scanner(reading: _Reading) -> Agent | None:
    sign = shipped_lists().scanners.find(reading.rest, reading.rest.lower())
    return reading.agent(AgentKind.SCANNER, sign) if sign else None


def _app_in_person(reading: _Reading) -> Agent | None:
    """Apps that people read links in, and the phones whose name sounds like a robot's."""
    known = shipped_lists().people
    if reading.claim is None or not (name := next((name for name in reading.names if name in known), "")):
        return None
    sign = shipped_lists().core_words.find(reading.rest, reading.rest.lower())
    return reading.agent(AgentKind.ROBOT, sign) if sign else reading.agent(AgentKind.BROWSER, name)


def _plain_browser(reading: _Reading) -> Agent | None:
    """Browsers of text terminals and old phones, which never learned to call themselves Mozilla."""
    lists = shipped_lists()
    if not reading.text.startswith(lists.people_shapes) or _CONTACT.search(reading.text):
        return None
    told = lists.core_words.find(reading.text, reading.lower)
    named = any(name in lists.crawlers for name in reading.names)
    return None if told or named else reading.agent(AgentKind.BROWSER)


def _robot(reading: _Reading) -> Agent | None:
    lists = shipped_lists()
    found = _CONTACT.search(reading.text)
    rest = reading.rest.lower()
    sign = (
        lists.core_words.find(*_masked(reading))
        or (found[0].strip(" ;(") if found else "")
        or lists.strong_words.find(reading.rest, rest)
        or next((name for name in reading.names if name in lists.crawlers), "")
    )
    return reading.agent(AgentKind.ROBOT, sign) if sign else None


def _masked(reading: _Reading) -> tuple[str, str]:
    """The agent without the one make of phone that is called like a robot."""
    if "cubot" not in reading.lower:
        return reading.text, reading.lower
    text = re.sub("cubot", "", reading.text, flags=re.IGNORECASE)
    return text, text.lower()


def _app_library(reading: _Reading) -> Agent | None:
    sign = shipped_lists().app_libraries.find(reading.text, reading.lower)
    return reading.agent(AgentKind.UNKNOWN, sign) if sign else None


def _browser(reading: _Reading) -> Agent | None:
    if reading.claim is not None:
        stranger = _stranger(reading)
        return reading.agent(AgentKind.UNKNOWN if stranger else AgentKind.BROWSER, stranger)
    return None


def _stranger(reading: _Reading) -> str:
    """A name without a version at the end of a Linux browser's agent: tools on servers sign so, browsers do
    not.
    """
    found = _SIGNATURE.search(reading.rest)
    if found is None or reading.claim is None or not reading.claim.linux:
        return ""
    return "" if found[1].lower() in shipped_lists().extras else found[1]


def _weak(reading: _Reading) -> Agent | None:
    sign = shipped_lists().weak_words.find(reading.text, reading.lower)
    return reading.agent(AgentKind.ROBOT, sign) if sign else None


def _unknown(reading: _Reading) -> Agent:
    return reading.agent(AgentKind.UNKNOWN)


_STEPS: tuple[Callable[[_Reading], Agent | None], ...] = (
    _mail_client,
    _bare_webkit,
    _scanner,
    _app_in_person,
    _plain_browser,
    _robot,
    _app_library,
    _browser,
    _weak,
    _unknown,
)

_NAME = re.compile(r"[a-z][a-z0-9_.!-]+")
_BARE_WEBKIT = re.compile(r"Mozilla/5\.0 \(Macintosh;[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)")
_SIGNATURE = re.compile(r"(?:^|[\s;])([A-Za-z][A-Za-z-]{4,})\s*$")
_CONTACT = re.compile(
    r"https?://|\bwww\.|[\w.-]+@[\w-]+\.[a-z]{2,}\b|\[at\]|\(at\)"
    r"|; ?compatible;|\(compatible;(?! ?(?:MSIE|Konqueror))|like Gecko[;,]"
    r"|(?<![\w.])(?!com\.|org\.|net\.)[\w-]{2,}\.(?:com|net|org|io|ai|co|de|fr|eu|uk|ru|dev|app|me)(?=[/\s);,]|$)",
    re.IGNORECASE,
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
