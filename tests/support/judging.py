"""A campaign with a trap to judge messages of, and verdicts as short texts."""

from collections.abc import Sequence

from mailpixel.classify import Rules, judge
from mailpixel.model import Campaign, Event, Facts
from tests.support.builders import BROWSER, SENT_AT, a_click, a_delivery, a_link, a_message

PERSON = Facts(4080)
"""The facts of a click by a current browser, gesture and all."""
BARE = Facts.ACCEPT | Facts.ACCEPT_ENCODING
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1"
)
PREFETCHER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
SAFARI_CLICK = PERSON & ~(Facts.USER_ACTIVATED | Facts.CLIENT_HINTS)
ELSEWHERE = "198.51.100.9"
MAC = BROWSER.replace("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7")
LINKS = (a_link(1), a_link(2), a_link(3), a_link(9, trap=True))
TRAPPED = Campaign("spring", "Spring", sent_at=SENT_AT, links=LINKS)
DAY = 90_000.0


def rulings(events: Sequence[Event], rules: Rules | None = None) -> list[str]:
    """`verdict rule` of every event in order of time, delivered a second after sending."""
    judged = judge(a_message(a_delivery(1.0), *events), TRAPPED, rules or Rules())
    return [f"{hit.verdict} {hit.rule}{' again' if hit.dup else ''}" for hit in judged]


def clicks(*seconds: float, facts: Facts = PERSON, address: str = "192.0.2.10") -> list[Event]:
    """One click a moment, each on another link."""
    return [
        a_click(second, link, facts=facts, address=address) for link, second in enumerate(seconds, start=1)
    ]


HUMAN, BURST, TRAP = "human default", "scanner burst", "scanner trap"
