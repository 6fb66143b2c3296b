"""Whether an agent has the shape of a browser's, and which headers a browser of that name and age sends."""

import re
from collections.abc import Mapping
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
    linux: bool
    """Whether it runs on a Linux desktop, where servers run too."""
    comment: str
    """What it says of the machine it runs on, where that is a desktop; empty for phones, whose models have
    any name.
    """


_LANGUAGE = int(Facts.ACCEPT_LANGUAGE)
_HTML = int(Facts.ACCEPT_HTML)
_FETCH = int(Facts.SEC_FETCH)
_HINTS = int(Facts.CLIENT_HINTS)

_PLATFORM = "|".join(
    (
        r"Windows|Macintosh|X11|Wayland|iPhone|iPad|iPod|Linux|Android|Mobile;|Tablet;|Fuchsia|CrKey|Tizen",
        r"SMART-?TV|Web0S|webOS|hp-tablet|PlayStation|PLAYSTATION|Nintendo|Xbox|Series\d|Symbian|BB10|BlackBerry",
        r"PlayBook|Kindle|MeeGo|Maemo|FreeBSD|OpenBSD|NetBSD|SunOS|OS/2|BeOS|Haiku|AmigaOS|MorphOS|DirectFB",
        r"Unknown;|DTV|U;|compatible; ?MSIE|compatible; ?Konqueror|Bada|SAMSUNG|LG|TV;|Darwin",
    )
)
_SHAPE = re.compile(
    r"(?:Mozilla/[45]\.0|Opera/\d[\d.]*) (?:\[\w+\] )?"
    rf"\(\s*(?P<platform>(?:{_PLATFORM})(?:[^()]|\([^()]*\))*)\)(?P<tail>.*)",
    re.DOTALL,
)
_DESKTOPS = ("Windows NT", "Macintosh", "X11", "compatible; MSIE")
_ENGINE = re.compile(r"AppleWebKit/?|Gecko|Trident|Presto|KHTML|Goanna|Servo|MSIE|Opera", re.I)
_FAMILIAR = re.compile(
    r"\b(?:AppleWebKit|Chrome|Safari|Version|Mobile|Gecko|Firefox|Edg|EdgA|EdgiOS|Edge|OPR|OPT|OPX|Opera|Presto"
    r"|CriOS|FxiOS|GSA|SamsungBrowser|Vivaldi|YaBrowser|Yowser|Brave|DuckDuckGo|Ddg|Chromium|Trident|Focus|Klar"
    r"|Electron|UCBrowser|MiuiBrowser|HuaweiBrowser|Whale|Silk|QQBrowser|MQQBrowser|QtWebEngine|Ubuntu|Fedora|Debian)"
    r"(?:/[\w.+-]*|(?![\w-]))|\(KHTML,? like Gecko\)|like Gecko|KHTML"
)
_VERSION = re.compile(r"(Chrome|Firefox|Version|CriOS)/(\d+)(?:\.(\d+))?")


def browser_claim(text: str) -> BrowserClaim | None:
    """The claim of an agent shaped like a browser's; None for any other."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or not _ENGINE.search(text):
        return None
    rest = _FAMILIAR.sub(" ", shape["tail"])
    platform = shape["platform"]
    comment = platform if platform.startswith(_DESKTOPS) else ""
    versions = {name: (int(major), int(minor or 0)) for name, major, minor in _VERSION.findall(text)}
    name, fresh, foreign, silent = _promises(text, versions)
    click = _LANGUAGE | _HTML | fresh
    return BrowserClaim(
        name, rest, click, _LANGUAGE | fresh, fresh, foreign, silent, platform.startswith("X11"), comment
    )


def _promises(text: str, versions: Mapping[str, tuple[int, int]]) -> tuple[str, int, int, bool]:
    """Name, fresh, foreign and silent of a claim.

    Source: caniuse.com and MDN on Sec-Fetch-* (Chrome 80, Firefox 90, Safari 16.4; Safari sends no Sec-
    Fetch-User), read in 2026-11.
    """
    if "Chrome" in versions:
        return "Chrome", _FETCH if versions["Chrome"] >= (80, 0) else 0, 0, False
    if "Firefox" in versions and "Gecko/" in text:
        return "Firefox", _FETCH if versions["Firefox"] >= (90, 0) else 0, _HINTS, False
    if "Version" in versions and "Safari/" in text and "Android" not in text:
        return "Safari", _FETCH if versions["Version"] >= (16, 4) else 0, _HINTS, True
    return "a browser", 0, 0, True
