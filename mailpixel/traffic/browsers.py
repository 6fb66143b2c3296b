"""Whether an agent looks like a browser's, and which headers a browser of that name and version sends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mailpixel.model import Facts


@dataclass(frozen=True, slots=True)
class BrowserClaim:
    """What an agent shaped like a browser's claims. `rest` is what it says beyond being that browser.

    `click` and `image` are the facts that such a browser shows on every link and image it requests over
    https. `fresh` are those that it leaves out over plain http, `foreign` those that it never shows. `silent`
    browsers do not say whether a person's gesture started a navigation.
    """

    name: str
    rest: str
    front: str
    """The text before `Mozilla/5.0`, where some apps and devices put their name."""
    comment: str
    """What it says about its desktop beyond what every desktop says; empty for phones,
    whose models can have any name."""
    click: int
    image: int
    fresh: int
    foreign: int
    silent: bool
    guests: bool
    """Whether other software commonly appends its name: an app on a phone in its web view, others inside the
    brackets of Internet Explorer."""
    sealed: bool
    """Whether any further name in it is a tool's. People's programs are hardly ever built on such a browser."""


_LANGUAGE = int(Facts.ACCEPT_LANGUAGE)
_HTML = int(Facts.ACCEPT_HTML)
_FETCH = int(Facts.SEC_FETCH)
_HINTS = int(Facts.CLIENT_HINTS)

_PLATFORM = "|".join(
    (
        r"Windows|Macintosh|X11|Wayland|iPhone|iPad|iPod|Linux|Android|Mobile;|Tablet;|Fuchsia|CrKey|Tizen|Ubuntu",
        r"SMART-?TV|Web0S|webOS|hp-tablet|PlayStation|PLAYSTATION|Nintendo|Xbox|Series\d|Symbian|BB10|BlackBerry",
        r"PlayBook|Kindle|MeeGo|Maemo|FreeBSD|OpenBSD|NetBSD|SunOS|OS/2|BeOS|Haiku|AmigaOS|MorphOS|DirectFB",
        r"Sailfish|OpenHarmony|(?:Phone|PC); OpenHarmony|Apple ?TV|Cloud Phone|QtEmbedded|SmartHub|Fedora|Unknown;",
        r"DTV|U;|compatible; ?MSIE|compatible; ?Konqueror|Bada|SAMSUNG|LG|TV;|Darwin|macOS",
    )
)
_FRONT = r"(?=.{1,60}?Mozilla/)[A-Za-z][\w .-]*(?:/[\w.-]*)*(?: \([\w -]*\))?[/; ]*"
_SHAPE = re.compile(
    rf"(?P<front>{_FRONT})?(?:Mozilla/[45]\.0|Opera/\d[\d.]*) (?:\[\w+\] )?"
    r"\(\s*(?P<platform>(?:[^()]++|\([^()]*+\))*+)\)(?P<tail>.*)",
    re.DOTALL,
)
_KNOWN = re.compile(_PLATFORM)
_PLAIN_TAIL = re.compile(
    r" AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?: (?:Version|Chrome|Mobile)/[\w.]+)+(?: Mobile)? Safari/[\d.]+"
    r"(?: Epiphany/[\d.]+)?| Gecko/\d+(?:\.\d+)? Firefox/[\d.]+"
)
"""A complete browser and nothing else, on an unlisted system."""
_DESKTOPS = ("Windows NT", "Windows;", "Macintosh", "X11", "compatible; MSIE")
_APPLE_PHONES = ("iPhone", "iPad", "iPod")
_ENGINE = re.compile(r"AppleWebKit/?|Gecko|Trident|Presto|KHTML|Goanna|Servo|MSIE|Opera", re.I)
_FAMILIAR = re.compile(
    r"\b(?:AppleWebKit|Chrome|Safari|Version|Mobile|Gecko|Firefox|Edg|EdgA|EdgiOS|Edge|Goanna|OPR|OPT|OPX|Opera|Presto"
    r"|CriOS|FxiOS|GSA|SamsungBrowser|Vivaldi|YaBrowser|Yowser|Brave|DuckDuckGo|Ddg|Chromium|Trident|Focus|Klar"
    r"|Electron|UCBrowser|MiuiBrowser|HuaweiBrowser|Whale|Silk|QQBrowser|MQQBrowser|QtWebEngine|Ubuntu|Fedora|Debian)"
    r"(?:/[\w.+-]*|(?![\w-]))|\(KHTML,? like Gecko\)|like Gecko|KHTML"
    r"|\b(?:[A-Za-z]\w*/)?[A-Z]\w*Browser/v?\d[\w.]*"
    r"|\bHbbTV/[\d.]+ \([^()]*\)|\bAndroid \(\d+/[\d.]+; \d+dpi;[^()]*\)"
)
_VERSION = re.compile(r"(Chrome|Firefox|Version|CriOS)/(\d+)(?:\.(\d+))?")
_USUAL = re.compile(
    r"(?:Windows NT [\d.]+(?:; Win64; x64|; WOW64)?|Macintosh; Intel Mac OS X [\d_.]+"
    r"|X11; (?:Ubuntu; )?\w+ \w+(?: [\d.]+)?)(?:; rv:[\d.]+)?"
)
"""What Chrome, Firefox and Safari say about a desktop."""
_WEB_VIEW = re.compile(r"Version/4\.0 Chrome/")
_SERVER = re.compile(r"X11;.*Linux (?:x86_64|i\d86|amd64)")
"""Systems of servers, too. Televisions and phones that say X11 have other processors."""


def browser_claim(text: str) -> BrowserClaim | None:
    """The claim of an agent shaped like a browser's; None for any other."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or not _ENGINE.search(text):
        return None
    platform, tail = shape["platform"], shape["tail"]
    known = _KNOWN.match(platform) is not None
    if not known and not _PLAIN_TAIL.fullmatch(tail):
        return None
    web_view = _is_web_view(platform, tail)
    desktop = platform.startswith(_DESKTOPS)
    versions = {name: (int(major), int(minor or 0)) for name, major, minor in _VERSION.findall(text)}
    name, fresh, foreign, silent = _promises(text, versions)
    return BrowserClaim(
        name=name,
        rest=_FAMILIAR.sub(" ", tail),
        front=shape["front"] or "",
        comment=platform if not known or (desktop and not _USUAL.fullmatch(platform)) else "",
        click=_LANGUAGE | _HTML | fresh,
        image=_LANGUAGE | fresh,
        fresh=fresh,
        foreign=foreign,
        silent=silent,
        guests=web_view or "MSIE" in platform or "Trident" in platform,
        sealed=_is_sealed(text, platform),
    )


def _is_web_view(platform: str, tail: str) -> bool:
    return platform.endswith("; wv") or (platform.startswith(_APPLE_PHONES) and "Safari/" not in tail)


def _is_sealed(text: str, platform: str) -> bool:
    """Whether people's programs are hardly ever built on such a browser: Chrome and WebKit on a Linux desktop.

    Android's web view requesting a desktop's page is an exception. On other systems, and at the end of any
    Firefox, people's programs and adware add their names as tools do.
    """
    built_on = "Electron/" in text or _WEB_VIEW.search(text)
    return "AppleWebKit" in text and not built_on and _SERVER.match(platform) is not None


def _promises(text: str, versions: Mapping[str, tuple[int, int]]) -> tuple[str, int, int, bool]:
    """Name, fresh, foreign and silent of a claim.

    Source: caniuse.com and MDN on Sec-Fetch-* (Chrome 80, Firefox 90, Safari 16.4; Safari sends no
    Sec-Fetch-User), read in 2026-11.
    """
    if "Chrome" in versions:
        return "Chrome", _FETCH if versions["Chrome"] >= (80, 0) else 0, 0, False
    if "Firefox" in versions and "Gecko/" in text:
        return "Firefox", _FETCH if versions["Firefox"] >= (90, 0) else 0, _HINTS, False
    if "Version" in versions and "Safari/" in text and "Android" not in text:
        return "Safari", _FETCH if versions["Version"] >= (16, 4) else 0, _HINTS, True
    return "a browser", 0, 0, True
