"""Readers as they come, and what each makes of a mail. Drawn from a seed, so repeatable."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts
from tests.support.builders import APPLE, BROWSER, GMAIL, SENT_AT_MS, an_id

LINKS = 10
DELIVERED_S = 1.0
"""When the receiving server took a reader's message, after sending."""
FULL = Facts(4080) | Facts.UPGRADE_INSECURE
NO_GESTURE = FULL & ~Facts.USER_ACTIVATED
NO_HINTS = FULL & ~Facts.CLIENT_HINTS
SILENT = NO_HINTS & ~Facts.USER_ACTIVATED
PLAIN = Facts.ACCEPT | Facts.ACCEPT_HTML | Facts.ACCEPT_LANGUAGE | Facts.ACCEPT_ENCODING
IMAGE = Facts.ACCEPT | Facts.ACCEPT_IMAGE | Facts.ACCEPT_LANGUAGE | Facts.ACCEPT_ENCODING
BARE = Facts.ACCEPT | Facts.ACCEPT_ENCODING
SECURE = Facts.SEC_FETCH | Facts.NAVIGATE | Facts.USER_ACTIVATED | Facts.CLIENT_HINTS
"""What browsers hold back where the public address is plain http."""

_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
_ANDROID = "Mozilla/5.0 (Linux; Android 15; {}) AppleWebKit/537.36 (KHTML, like Gecko) "
SAFARI = _IOS + "Version/26.1 Mobile/15E148 Safari/604.1"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"
OUTLOOK_IOS = "Outlook-iOS/723.4027091.prod.iphone (4.2421.0)"
BROWSERS: tuple[tuple[str, Facts, float], ...] = (
    (BROWSER, FULL, 0.28),
    (BROWSER.replace("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7"), FULL, 0.06),
    (BROWSER + " Edg/151.0.0.0", FULL, 0.08),
    (_ANDROID.format("K") + "Chrome/151.0.0.0 Mobile Safari/537.36", FULL, 0.12),
    (_ANDROID.format("K") + "Chrome/151.0.0.0 Mobile Safari/537.36", NO_GESTURE, 0.06),
    (
        _ANDROID.format("SM-S931B; wv") + "Version/4.0 Chrome/150.0.7400.1 Mobile Safari/537.36",
        NO_GESTURE,
        0.02,
    ),
    (_ANDROID.format("SM-S931B") + "SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", FULL, 0.03),
    (SAFARI, SILENT, 0.18),
    (_IOS + "CriOS/151.0.7700.0 Mobile/15E148 Safari/604.1", SILENT, 0.04),
    (_IOS + "Mobile/15E148", SILENT, 0.02),
    (FIREFOX, NO_HINTS, 0.07),
    ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", NO_HINTS, 0.01),
    (
        "Mozilla/5.0 (Windows NT 6.1; rv:78.0) Gecko/20100101 Firefox/78.0",
        PLAIN | Facts.UPGRADE_INSECURE,
        0.01,
    ),
    (
        _IOS.replace("18_7", "15_8") + "Version/15.6 Mobile/15E148 Safari/604.1",
        PLAIN | Facts.UPGRADE_INSECURE,
        0.01,
    ),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", PLAIN, 0.005),
    ("Lynx/2.9.2 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/3.5.0", PLAIN, 0.005),
)
"""Agents of people, the facts of their clicks over https, and their shares: current browsers, some of which report no
gesture, views inside apps, and what is left of old ones.
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Where somebody sits: address, and the browser clicks come from."""

    address: str
    agent: str
    facts: Facts

    def click(self, second: float, link: int) -> Event:
        """This source follows a link."""
        return _event(EventKind.CLICK, second, link, self.address, self.agent, self.facts)

    def open(self, second: float, agent: str | None = None) -> Event:
        """This source loads the image, in its browser or in a mail program."""
        facts = IMAGE | self.facts & Facts.SEC_FETCH
        return _event(EventKind.OPEN, second, None, self.address, agent or self.agent, facts)


OLD_GATEWAY = Source("203.0.113.5", BROWSER.replace("151", "97"), BARE)
"""A gateway with the name of a browser of years ago and few of its headers."""

CHAT = Source("192.0.2.55", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", BARE)
"""What asks for the preview of a link that a reader pasted into a chat: no reader itself."""


def _event(kind: EventKind, second: float, link: int | None, address: str, agent: str, facts: Facts) -> Event:
    at_ms = SENT_AT_MS + round(second * 1000)
    return Event(an_id(at_ms), kind, at_ms, "GET", address, agent, facts, "crowd", "r", link)


Scene = Callable[[random.Random, Source, float], Sequence[Event]]
"""What one reader does from a moment on."""


def one_click(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Opens, reads, follows one link."""
    return [reader.open(at, _mail(dice)), reader.click(at + dice.uniform(3, 90), _link(dice))]


def two_tabs(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Opens two links in tabs, one right after the other."""
    first, second = _links(dice, 2)
    later = at + 8 + dice.uniform(1.1, 6)
    return [reader.open(at, _mail(dice)), reader.click(at + 8, first), reader.click(later, second)]


def three_tabs(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Opens three links in tabs within 12 seconds."""
    moments = (0.0, dice.uniform(1.5, 10.5), 12.0)
    tabs = zip(moments, _links(dice, 3), strict=True)
    return [reader.open(at), *(reader.click(at + 8 + moment, link) for moment, link in tabs)]


def double_click(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Clicks twice out of habit."""
    link = _link(dice)
    return [reader.open(at, _mail(dice)), reader.click(at + 10, link), reader.click(at + 10.3, link)]


def back_button(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Comes back and follows another link, then the first again."""
    first, second = _links(dice, 2)
    clicks = [(9, first), (15, second), (22, first)]
    return [reader.open(at), *(reader.click(at + moment, link) for moment, link in clicks)]


def restored(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Reads, and next morning the browser loads the same tab again."""
    link = _link(dice)
    return [reader.open(at, _mail(dice)), reader.click(at + 20, link), reader.click(at + 50_000, link)]


def forwarded(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Read here, forwarded, read and clicked there."""
    later = at + dice.uniform(60, 50_000)
    return [*one_click(dice, reader, at), *one_click(dice, a_reader(dice), later)]


def shared_in_a_chat(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Follows a link and pastes it in a chat: its preview comes at once, a colleague a little later."""
    link = _link(dice)
    return [
        reader.open(at, _mail(dice)),
        reader.click(at + 10, link),
        *(CHAT.click(at + 30 + moment, link) for moment in (0, 0.4)),
        a_reader(dice).click(at + dice.uniform(31, 300), link),
    ]


def on_the_move(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Changes network or relay between one click and the next."""
    links = zip((10, 25, 31), _links(dice, 3), strict=True)
    places = [replace(reader, address=_address(dice)) for _ in range(3)]
    clicks = [place.click(at + moment, link) for place, (moment, link) in zip(places, links, strict=True)]
    return [reader.open(at, _mail(dice)), *clicks]


def on_two_devices(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Follows a link on the phone and the same on the laptop right after."""
    link = _link(dice)
    return [
        reader.open(at, _mail(dice)),
        reader.click(at + 9, link),
        a_reader(dice).click(at + 9 + dice.uniform(2, 14), link),
    ]


def notified(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Taps the phone's notice of a new mail and clicks within seconds of delivery."""
    opened = DELIVERED_S + dice.uniform(1, 15)
    app = dice.choice((OUTLOOK_IOS, APPLE, GMAIL))
    return [reader.open(opened, app), reader.click(opened + dice.uniform(1.5, 25), _link(dice))]


def waiting_for_it(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Waits for the mail, images off, and clicks within the first minute."""
    return [reader.click(DELIVERED_S + dice.uniform(4, 55), _link(dice))]


def images_off(dice: random.Random, reader: Source, at: float) -> Sequence[Event]:
    """Never loads the image."""
    return [reader.click(at, _link(dice))]


SCENES: tuple[tuple[Scene, float], ...] = (
    (one_click, 0.44),
    (two_tabs, 0.06),
    (three_tabs, 0.05),
    (double_click, 0.06),
    (back_button, 0.05),
    (restored, 0.03),
    (forwarded, 0.03),
    (shared_in_a_chat, 0.02),
    (on_the_move, 0.05),
    (on_two_devices, 0.02),
    (notified, 0.03),
    (waiting_for_it, 0.01),
    (images_off, 0.15),
)


def a_reader(dice: random.Random) -> Source:
    """Somebody at home, or in the office that shares one address."""
    agent, facts, _share = dice.choices(BROWSERS, [share for *_, share in BROWSERS])[0]
    return Source("203.0.113.40" if dice.random() < 0.1 else _address(dice), agent, facts)


def _address(dice: random.Random) -> str:
    number = dice.randrange(256)
    return dice.choice((f"198.51.100.{number}", f"2001:db8:{number:x}::7"))


def _link(dice: random.Random) -> int:
    return dice.randint(1, LINKS)


def _links(dice: random.Random, count: int) -> list[int]:
    return dice.sample(range(1, LINKS + 1), count)


def _mail(dice: random.Random) -> str | None:
    return dice.choice((OUTLOOK, OUTLOOK_IOS, GMAIL, APPLE, None))
