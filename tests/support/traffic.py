"""What a whole installation is asked in everyday work: mails opened, links followed, pages viewed, by many people."""

import random
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count, cycle, islice
from pathlib import Path

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import create_keyring, load_keyring
from mailpixel.links.surfaces import SITE
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Link
from mailpixel.site_model import Site
from mailpixel.store.sqlite import open_sqlite
from tests.support.driver import Requests
from tests.support.load import PAGE, post

CAMPAIGNS = tuple(f"c{number}" for number in range(20))
KEY = "0123456789abcdef"
"""Of the site."""
KINDS = ("pixel",) * 12 + ("redirect",) * 5 + ("page",) * 3
"""What twenty requests are."""
HITS_EACH = 3
"""How often a person is seen, about."""
AT_ONCE = 20_000
"""So many people read their mail at the same time."""
VIEWS = 5
AGENTS = tuple(
    f"User-Agent: Mozilla/5.0 ({system}; rv:{number}.0) Gecko/20100101 Firefox/{number}.0\r\n"
    for system in ("Windows NT 10.0; Win64; x64", "X11; Linux x86_64", "Macintosh; Intel Mac OS X 10.15")
    for number in range(60, 160)
)
BROWSED = (
    "Accept: image/avif,image/webp,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nSec-Fetch-Site: cross-site\r\n"
)
PROXIED = {"MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}
"""Environment of a service that believes `X-Forwarded-For`."""


def installed(data: Path) -> None:
    """Make a data folder with keys, campaigns and a site."""
    data.mkdir(mode=0o700)
    create_keyring(data / "keys.json")
    store, registry = open_sqlite(data / "mailpixel.db")
    links = (Link(1, "https://shop.example/spring"), Link(2, "https://shop.example/sale"))
    for campaign in CAMPAIGNS:
        registry.add_campaign(Campaign(campaign, campaign.title(), sent_at=datetime.now(UTC), links=links))
    registry.add_site(Site("shop", KEY, ("shop.example",)))
    store.close()
    registry.close()


def everyday(data: Path, seed: int) -> Requests:
    """Requests without an end, of people of whom more and more come. Another seed has other people."""
    signer, dice = TokenSigner(load_keyring(data / "keys.json")), random.Random(seed)
    made: dict[str, Callable[[int], bytes]] = {
        "pixel": lambda person: hit("/o/", signer, TokenKind.OPEN, person),
        "redirect": lambda person: hit("/c/", signer, TokenKind.CLICK, person),
        "page": lambda person: page_view(f"{seed}-{next(views)}", person // VIEWS),
    }
    views = count()
    for number in count():
        kind = KINDS[dice.randrange(len(KINDS))]
        person = (seed << 32) + number // HITS_EACH + dice.randrange(AT_ONCE)
        yield kind, made[kind](person)


def hit(before: str, signer: TokenSigner, kind: TokenKind, person: int) -> bytes:
    """The request of a person's mail."""
    link = 1 + person % 2 if kind is TokenKind.CLICK else None
    token = signer.sign(Claims(kind, CAMPAIGNS[person % len(CAMPAIGNS)], f"r-{person}", link))
    return f"GET {before}{token} HTTP/1.1\r\nHost: t\r\n{by(person)}{BROWSED}\r\n".encode()


def page_view(id: str, person: int) -> bytes:
    """The post of a page that a person views."""
    body = (
        '{"v":1,"consent":["measure"],"proof":{"source":"api","version":"2026-11"},"events":[{"name":"page_view",'
        f'"id":"{id:0>22}","url":"https://shop.example/product/{person % 500}","view":"{id:v>22}","nav":"load"}}]}}'
    )
    return post(SITE.prefix + KEY, body.encode(), by(person) + BROWSED + PAGE)


def by(person: int) -> str:
    """Headers that tell one person from others: an agent and an address."""
    place = f"{person >> 8 & 255}.{person & 255}"
    return f"{AGENTS[person % len(AGENTS)]}X-Forwarded-For: 198.{18 + (person >> 16 & 1)}.{place}\r\n"


def prepared(data: Path, seed: int, number: int) -> Requests:
    """So many hits on mails, again and again, all made before the first is asked."""
    mails = (each for each in everyday(data, seed) if each[0] != "page")
    yield from cycle(list(islice(mails, number)))
