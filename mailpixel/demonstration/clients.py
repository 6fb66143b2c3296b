"""The programs behind simulated requests: each with its user agent and the headers that it sends.

Agents: as such programs sent them in 2026-11, taken from the lists that the rules were measured on.
"""

from dataclasses import dataclass

Headers = tuple[tuple[bytes, bytes], ...]

_ENCODING = (b"accept-encoding", b"gzip, deflate, br")
_LANGUAGE = (b"accept-language", b"en-GB,en;q=0.9,de;q=0.7")
_HTML = (b"accept", b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
_IMAGE = (b"accept", b"image/avif,image/webp,image/apng,image/*,*/*;q=0.8")
_ANYTHING = (b"accept", b"*/*")
_FETCH_IMAGE = (
    (b"sec-fetch-dest", b"image"),
    (b"sec-fetch-mode", b"no-cors"),
    (b"sec-fetch-site", b"cross-site"),
)
_FETCH_PAGE = (
    (b"sec-fetch-dest", b"document"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-site", b"cross-site"),
)
_GESTURE = (b"sec-fetch-user", b"?1")
_UPGRADE = (b"upgrade-insecure-requests", b"1")
_HINTS = (b"sec-ch-ua", b'"Chromium";v="148", "Not.A/Brand";v="24"')


@dataclass(frozen=True, slots=True)
class Client:
    """A program: the headers with which it fetches an image, and those with which it follows a link."""

    image: Headers
    click: Headers


def _browser(agent: str, *, hints: bool = False, gesture: bool = True) -> Client:
    named = ((b"user-agent", agent.encode()), _LANGUAGE, _ENCODING, *((_HINTS,) if hints else ()))
    gestures = (_GESTURE,) if gesture else ()
    return Client((*named, _IMAGE, *_FETCH_IMAGE), (*named, _HTML, *_FETCH_PAGE, *gestures, _UPGRADE))


def _program(agent: str, *headers: tuple[bytes, bytes]) -> Client:
    """A program that sends the same headers for everything."""
    every = ((b"user-agent", agent.encode()), *headers)
    return Client(every, every)


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "

CHROME = _browser(f"{_WINDOWS}Chrome/148.0.0.0 Safari/537.36", hints=True)
EDGE = _browser(f"{_WINDOWS}Chrome/148.0.0.0 Safari/537.36 Edg/148.0.0.0", hints=True)
FIREFOX = _browser("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0")
ANDROID = _browser(
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Mobile Safari/537.36",
    hints=True,
)
ANDROID_TABLET = _browser(
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
    hints=True,
)
IPHONE = _browser(f"{_IOS}Version/26.1 Mobile/15E148 Safari/604.1", gesture=False)
MAC = _browser(
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/26.1 Safari/605.1.15",
    gesture=False,
)

IPHONE_MAIL = _program(f"{_IOS}Mobile/15E148", _IMAGE, _LANGUAGE, _ENCODING)
OUTLOOK = _program("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)", _ANYTHING)
THUNDERBIRD = _program(
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Thunderbird/140.5.0",
    _IMAGE,
    _LANGUAGE,
)
SAMSUNG = _program("Dalvik/2.1.0 (Linux; U; Android 15; SM-S931B) SamsungEmail/6.2", _ENCODING)
K9 = _program("K-9 Mail for Android", _ENCODING)

GMAIL_PROXY = _program(
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", _ENCODING
)
YAHOO_PROXY = _program("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", _ENCODING)
APPLE_PREFETCH = _program("Mozilla/5.0", _ANYTHING, _ENCODING)

BROWSER_WITHOUT_HEADERS = _program(f"{_WINDOWS}Chrome/114.0.0.0 Safari/537.36", _ANYTHING)
"""What link checkers pretend to be: the name of a browser without the headers it sends."""
NAMED_SCANNER = _program("BarracudaCentral-LinkCheck/2.0", _ANYTHING)
SLACK = _program("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", _ANYTHING)
TOOL = _program("python-requests/2.32.5", _ANYTHING, _ENCODING)
