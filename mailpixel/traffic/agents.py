"""What a user agent claims to be: proxy, mail program, scanner, robot or browser. Pure, cached, independent of time.

The order of `_STEPS` matters: lists of robots include Gmail's proxy and mail programs, so those come first.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from mailpixel.model import Via
from mailpixel.traffic.agent_lists import shipped_lists
from mailpixel.traffic.browsers import BrowserClaim, browser_claim
from mailpixel.traffic.facts import AGENT_LIMIT
from mailpixel.traffic.words import WordList


class AgentKind(StrEnum):
    """What an agent is, judged by itself."""

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
    APP = "app"
    """Not a browser, but on a person's device: on an image perhaps a mail program, on a link a machine."""
    UNKNOWN = "unknown"
    """Neither a browser nor a mail program, and not on a person's device."""


_NO_BROWSERS = (AgentKind.MAIL_CLIENT, AgentKind.BARE_WEBKIT)
"""Built on a browser's engine, but may leave out headers that a browser sends."""


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as read.

    `sign` is the part that decided, `claim` what it promises if it claims to be a browser, and `system`
    the operating system that it names.
    """

    text: str
    kind: AgentKind
    sign: str = ""
    via: Via | None = None
    claim: BrowserClaim | None = None
    system: str = ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """An agent while it is being read."""

    text: str
    lower: str
    claim: BrowserClaim | None
    said: str
    """What it says beyond being a browser; the whole text where it is not a browser."""
    said_lower: str
    names: tuple[str, ...]
    """Product names in `rest`, in lower case."""

    @property
    def has_guests(self) -> bool:
        """Whether other software commonly appends its name to it."""
        return self.claim is not None and self.claim.guests

    def holds(self, words: WordList) -> str:
        """The first of the words anywhere in the agent."""
        return words.find(self.text, self.lower)

    def says(self, words: WordList) -> str:
        """The first of the words in what it says about itself."""
        return words.find(self.said, self.said_lower) if self.said else ""

    def agent(self, kind: AgentKind, sign: str = "") -> Agent:
        """This agent, found to be of this kind."""
        claim = None if kind in _NO_BROWSERS else self.claim
        return Agent(self.text, kind, sign, claim=claim, system=system_of(self.text))


@lru_cache(maxsize=65_536)
def read_agent(agent: str) -> Agent:
    """What this agent is. Only its first `AGENT_LIMIT` characters are read. Takes microseconds for any input."""
    text = agent[:AGENT_LIMIT].strip(" \t\"'")
    found = _exactly(text)
    if found is not None:
        return found
    claim = browser_claim(text)
    said = text if claim is None else f"{claim.front} {claim.rest} {claim.comment}".strip()
    lower = said.lower()
    reading = _Reading(text, text.lower(), claim, said, lower, tuple(_NAME.findall(lower)))
    return next(found for step in _STEPS if (found := step(reading)) is not None)


def _exactly(text: str) -> Agent | None:
    """An empty agent, and the exact agents of known mailboxes."""
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
    sign = reading.says(lists.mail_clients)
    if not sign or reading.holds(lists.core_words) or _INTRODUCED.search(reading.text):
        return None
    return reading.agent(AgentKind.MAIL_CLIENT, sign)


def _bare_webkit(reading: _Reading) -> Agent | None:
    if _BARE_WEBKIT.fullmatch(reading.text):
        return reading.agent(AgentKind.BARE_WEBKIT, "AppleWebKit")
    return None


def _scanner(reading: _Reading) -> Agent | None:
    sign = "" if reading.has_guests else reading.says(shipped_lists().scanners)
    return reading.agent(AgentKind.SCANNER, sign) if sign else None


def _app_in_person(reading: _Reading) -> Agent | None:
    """Apps in which people read links. Their agents contain words that otherwise only robots use."""
    lists = shipped_lists()
    name = next((name for name in reading.names if name in lists.people), "")
    if not name or reading.claim is None or reading.says(lists.core_words):
        return None
    return reading.agent(AgentKind.BROWSER, name)


def _plain_browser(reading: _Reading) -> Agent | None:
    """Browsers of text terminals and old phones, whose agents do not begin with Mozilla."""
    lists = shipped_lists()
    if not reading.text.startswith(lists.people_shapes):
        return None
    if _DUMP.search(reading.text):
        return reading.agent(AgentKind.ROBOT, "dump")
    named = any(name in lists.crawlers for name in reading.names)
    is_machine = named or reading.holds(lists.core_words) or _contact(reading)
    return None if is_machine else reading.agent(AgentKind.BROWSER)


def _robot(reading: _Reading) -> Agent | None:
    sign = reading.says(shipped_lists().core_words) or _contact(reading) or _robots_name(reading)
    return reading.agent(AgentKind.ROBOT, sign) if sign else None


def _contact(reading: _Reading) -> str:
    """A contact address or URL; only bots include one."""
    word = reading.holds(shipped_lists().contacts)
    found = None if word else _CONTACT.search(reading.said) or _ROBOTS_VERSION.search(reading.text)
    return word if found is None else found[0].strip(" ;(")


def _robots_name(reading: _Reading) -> str:
    """What a machine calls itself. General words prove nothing where other software commonly appends its name."""
    lists = shipped_lists()
    word = "" if reading.has_guests else reading.says(lists.strong_words)
    return word or next((name for name in reading.names if name in lists.crawlers), "")


def _by_ending(reading: _Reading) -> Agent | None:
    """Names that end in `mail` or `browser` are people's programs; names of services continue (`MailChimp`).

    A mail program may add what it is (`MailUA`, `MailApp`).
    """
    if mail := next((name for name in reading.names if _MAIL.search(name)), ""):
        return reading.agent(AgentKind.MAIL_CLIENT, mail)
    browser = next((name for name in reading.names if name.endswith("browser")), "")
    return reading.agent(AgentKind.BROWSER, browser) if browser else None


def _browser(reading: _Reading) -> Agent | None:
    if reading.claim is None:
        return None
    stranger = _stranger(reading.claim.rest, reading.text) if reading.claim.sealed else ""
    return reading.agent(AgentKind.ROBOT if stranger else AgentKind.BROWSER, stranger)


def _stranger(rest: str, text: str) -> str:
    """The first name outside brackets that is not a browser's; empty when there is none.

    A short code that ends the whole agent is not a name: tools give theirs, mostly with a version.
    """
    known = shipped_lists().extras
    code = _CODE.search(text)
    names = _PRODUCT.findall(_BRACKETS.sub(" ", rest[: -len(code[0])] if code else rest))
    return next((name for name in names if name.lower() not in known), "")


def _app(reading: _Reading) -> Agent | None:
    return reading.agent(AgentKind.APP) if reading.holds(shipped_lists().devices) else None


def _unknown(reading: _Reading) -> Agent:
    return reading.agent(AgentKind.UNKNOWN)


_STEPS: tuple[Callable[[_Reading], Agent | None], ...] = (
    _mail_client,
    _bare_webkit,
    _scanner,
    _app_in_person,
    _plain_browser,
    _robot,
    _by_ending,
    _browser,
    _app,
    _unknown,
)

_NAME = re.compile(r"[a-z][a-z0-9_.!-]+")
_MAIL = re.compile(r"mail(?:ua|app|client|desktop|mobile)?$")
_BRACKETS = re.compile(r"\([^()]*\)")
_PRODUCT = re.compile(r"(?<![\w/.-])[A-Za-z][\w.!-]++(?!/\d+\.\d+\.\d+\.\d)")
"""A name other than a browser's, with a version of four parts like Chrome's."""
_CODE = re.compile(r" (?:[a-z\d]{1,6}|[A-Z\d]{1,6})$")
_DUMP = re.compile(r"^E?Links\b.*; (?:dump|-)\)$")
"""Links and ELinks in the mode without a terminal, run by a script with -dump or -source. On a terminal they say
`text` and its size. Measured on Links 2.28 and ELinks 0.13.2, 2026-11."""
_BARE_WEBKIT = re.compile(r"Mozilla/5\.0 \(Macintosh;[^)]*\) AppleWebKit/[\d.]+ \(KHTML, like Gecko\)")
_CONTACT = re.compile(
    r"(?<![\w.-])(?<!via )(?:[\w.-]+@[\w-]+\.[a-z]{2,}\b"
    r"|(?!com\.|org\.|net\.)(?:[\w-]{2,}+\.)+(?:com|net|org|io|ai|co|de|fr|eu|uk|ru|dev|app|me)(?=[/\s);,]|$))"
    r"|\(compatible;(?! ?(?:MSIE|Konqueror))|like gecko,(?! ?Safari)",
    re.IGNORECASE,
)
"""A mail address or a host, and the place where robots put their names. A host after `via` does not count."""

_INTRODUCED = re.compile(r"\(compatible;[^)]*https?://", re.IGNORECASE)
"""Where robots say who they are and where to read about them. Mail programs never do."""
_ROBOTS_VERSION = re.compile(r"(?:bot|crawler|spider)[\w-]*+/\d", re.IGNORECASE)
"""Distinguishes a robot in a phone's comment from a phone with a robot's name."""

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
    """The operating system that an agent names, as one word; empty when it names none that we know."""
    return next((system for sign, system in _SYSTEMS if sign in text), "")
