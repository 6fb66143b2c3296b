"""Whether an agent has the shape of a browser's, and which headers a browser of that name and age sends."""

import re
from dataclasses import dataclass

from mailpixel.model import Facts


@dataclass(frozen=True, slots=True)
class BrowserClaim:
    """What an agent shaped like a browser's says. `rest` is what it says beyond being that browser.

    `click` and `image` are the facts such a browser shows on every link and image it asks for over https,
    `fresh` those of them it holds back over plain http, `foreign` what it never shows. `silent` browsers do
    not say whether a person's gesture started a navigation.
    """

    name: str
    rest: str
    click: int
    image: int
    fresh: int
    foreign: int
    silent: bool


_LANGUAGE = int(Facts.ACCEPT_LANGUAGE)
_HTML = int(Facts.ACCEPT_HTML)
_FETCH = int(Facts.SEC_FETCH)
_HINTS = int(Facts.CLIENT_HINTS)

_PLATFORM = (
    r"Windows|Macintosh|X11|Wayland|iPhone|iPad|iPod|Linux|Android|Mobile;|Tablet;|Fuchsia|CrKey|Tizen|SMART-?TV|Web0S|webOS|hp-tablet|"
    r"PlayStation|PLAYSTATION|Nintendo|Xbox|Series\d|Symbian|BB10|BlackBerry|PlayBook|Kindle|MeeGo|Maemo|FreeBSD|OpenBSD|"
    r"NetBSD|SunOS|OS/2|BeOS|Haiku|AmigaOS|MorphOS|DirectFB|Unknown;|DTV|U;|compatible; ?MSIE|compatible; ?Konqueror|Bada|SAMSUNG|LG|TV;|Darwin"
)
_SHAPE = re.compile(
    rf"(?:Mozilla/[45]\.0|Opera/\d[\d.]*) (?:\[\w+\] )?\(\s*(?P<platform>(?:{_PLATFORM})(?:[^()]|\([^()]*\))*)\)(?P<tail>.*)",
    re.DOTALL,
)
_ENGINE = re.compile(r"AppleWebKit/?|Gecko|Trident|Presto|KHTML|Goanna|Servo|MSIE|Opera", re.I)
_FAMILIAR = re.compile(
    r"(?:AppleWebKit|Chrome|Safari|Version|Mobile|Gecko|Firefox|Edg|EdgA|EdgiOS|Edge|OPR|OPT|OPX|Opera|Presto|CriOS|FxiOS|GSA|"
    r"SamsungBrowser|Vivaldi|YaBrowser|Yowser|Brave|DuckDuckGo|Ddg|Chromium|Trident|Focus|Klar|Electron|UCBrowser|"
    r"MiuiBrowser|HuaweiBrowser|Whale|Silk|QQBrowser|MQQBrowser|QtWebEngine|Ubuntu|Fedora|Debian)/?[\w.+-]*"
    r"|\(KHTML,? like Gecko\)|like Gecko|KHTML",
)
_VERSION = re.compile(r"(Chrome|Firefox|Version|CriOS)/(\d+)(?:\.(\d+))?")


def browser_claim(text: str) -> BrowserClaim | None:
    """The claim of an agent shaped like a browser's; None for any other."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or not _ENGINE.search(text):
        return None
    rest = _FAMILIAR.sub(" ", shape["tail"])
    versions = {name: (int(major), int(minor or 0)) for name, major, minor in _VERSION.findall(text)}
    return _promises(text, rest, versions)


def _promises(text: str, rest: str, versions: dict[str, tuple[int, int]]) -> BrowserClaim:
    """Source: caniuse.com and MDN, Sec-Fetch-* (Chrome 80, Firefox 90, Safari 16.4) and Sec-CH-UA (Chrome
    89), read 2026-11.
    """
    if "Chrome" in versions:
        fresh = _FETCH if versions["Chrome"] >= (80, 0) else 0
        return _claim("Chrome", rest, fresh, 0, False)
    if "Firefox" in versions and "Gecko/" in text:
        fresh = _FETCH if versions["Firefox"] >= (90, 0) else 0
        return _claim("Firefox", rest, fresh, _HINTS, False)
    if "Version" in versions and "Safari/" in text and "Android" not in text:
        fresh = _FETCH if versions["Version"] >= (16, 4) else 0
        return _claim("Safari", rest, fresh, _HINTS, True)
    return _claim("a browser", rest, 0, 0, True)


def _claim(name: str, rest: str, fresh: int, foreign: int, silent: bool) -> BrowserClaim:
    return BrowserClaim(name, rest, _LANGUAGE | _HTML | fresh, _LANGUAGE | fresh, fresh, foreign, silent)
