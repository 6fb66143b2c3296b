"""Messages of any hits, however odd, close together in time: to try whether two ways to judge agree.

Drawn from a seed, so repeatable. Every fact, kind of agent, network, tag, method and order occurs.
"""

import random
from collections.abc import Iterator

from mailpixel.classify import KnownAgent, Rules, Thresholds
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Decision, Event, Facts, Link, Message, Verdict
from tests.support.builders import APPLE, GMAIL, ROBOT, SENT_AT, SENT_AT_MS, an_id
from tests.support.readers import BARE, BROWSERS, FULL, IMAGE, NO_GESTURE, OUTLOOK, PLAIN

GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0"
)
AGENTS = (
    *(agent for agent, _, _ in BROWSERS),
    *(APPLE, GMAIL, GMAIL_PREFETCH, ROBOT, OUTLOOK, "", "ourmonitor/1", "Barracuda/5.0 (scanner)"),
)
ADDRESSES = (
    *("192.0.2.10", "192.0.2.11", "192.0.3.10", "2001:db8:1::7", "", "40.107.1.2", "203.0.113.9"),
    *("17.58.1.1", "104.47.3.4", "52.101.1.1", "198.51.100.7"),
)
FACTS = (
    *(FULL, NO_GESTURE, PLAIN, IMAGE, BARE, Facts.NONE, FULL | Facts.FRAMED, NO_GESTURE | Facts.FRAMED),
    *(PLAIN | Facts.PLAIN_HTTP, Facts.UNSEEN, FULL | Facts.OPENS_UNSEEN, BARE | Facts.REFERER),
)
RARE = (Facts.PREVIEW, Facts.FORGED, Facts.PREFETCH, Facts.OWN_NETWORK, Facts.CARRIED)
TRAP, SHOP = 9, "https://shop.test/embedded"
LINKS = (
    *(Link(n, f"https://shop.test/{n}") for n in range(1, 5)),
    Link(5, SHOP),
    Link(TRAP, "https://x.test/", trap=True),
)
CAMPAIGNS = (
    Campaign("spring", "Spring", SENT_AT, links=LINKS),
    Campaign("spring", "Spring", SENT_AT, links=LINKS[:4]),
    Campaign("spring", "Spring", links=LINKS),
)
RULES = (
    Rules(),
    Rules(),
    Rules(
        seeds=frozenset({"r-seed"}),
        operator_networks=("203.0.113.0/24",),
        agents=(KnownAgent("ourmonitor", Verdict.BOT), KnownAgent("curl", Verdict.HUMAN)),
    ),
    Rules(thresholds=Thresholds(burst_links=1, sweep_links=4, pair_ms=60_000, repeat_open_ms=0)),
    Rules(thresholds=Thresholds(sweep_ms=20_000, click_hard_ms=90_000, click_soft_ms=1_000, burst_links=2)),
)

Case = tuple[Message, Campaign, Rules]


def odd_cases(events: int, seed: int) -> Iterator[Case]:
    """Messages with about as many events in all, each with its campaign and rules."""
    dice, made = random.Random(seed), 0
    while made < events:
        message = _a_message(dice)
        made += len(message.events)
        yield message, dice.choice(CAMPAIGNS), dice.choice(RULES)


def _a_message(dice: random.Random) -> Message:
    spread_ms = dice.choice((500, 5_000, 40_000, 400_000, 40_000_000))
    start_ms = SENT_AT_MS + dice.choice((-20_000, 0, 10_000, 100_000, 5_000_000))
    recipient = "r-seed" if dice.random() < 0.03 else "r-1"
    crowd = [
        (dice.choice(ADDRESSES), dice.choice(AGENTS), dice.choice(FACTS))
        for _ in range(dice.choice((1, 1, 2, 3)))
    ]
    tagged, is_odd = dice.random() < 0.4, dice.random() < 0.3
    events = []
    for _ in range(dice.choice((1, 1, 2, 2, 3, 4, 6, 12))):
        at_ms = start_ms + dice.choice((dice.randrange(spread_ms), 0, spread_ms // 2))
        events.append(_an_event(dice, recipient, at_ms, dice.choice(crowd), (tagged, is_odd)))
    if dice.random() < 0.8:
        events.sort(key=lambda event: event.id)
    return Message("spring", recipient, events)


def _an_event(
    dice: random.Random, recipient: str, at_ms: int, source: tuple[str, str, Facts], how: tuple[bool, bool]
) -> Event:
    kind = dice.choices(
        (EventKind.OPEN, EventKind.CLICK, EventKind.DELIVERY, EventKind.OPTOUT), (40, 50, 9, 1)
    )[0]
    address, agent, facts = source
    (tagged, is_odd), is_hit = how, kind in (EventKind.OPEN, EventKind.CLICK)
    if is_odd and dice.random() < 0.2:
        facts |= dice.choice(RARE)
    tag, former, network, decided = b"", b"", None, None
    if tagged and is_hit:
        tag = (address or "\0").encode().ljust(4, b"\0")[-4:] + (address or "\0").encode().ljust(4, b"\0")[:4]
        network = RULES[0].known_networks.lookup(address)
        former = tag[::-1] if is_odd and dice.random() < 0.1 else b""
        address = f"{address.rpartition('.')[0]}.0" if "." in address and dice.random() < 0.2 else ""
        if is_odd and dice.random() < 0.1:
            tag, former, agent, address = tag[:4], b"", "", ""
            decided = Decision(
                dice.choice(tuple(Verdict)), dice.choice(("trap", "burst", "default", "declared"))
            )
    link, destination = None, None
    if kind is EventKind.CLICK:
        link, destination = dice.choice(
            ((1, None), (2, None), (3, None), (TRAP, None), (None, SHOP), (None, "https://b.test"))
        )
        link = 1 if link == TRAP and not is_odd else link
    return Event(
        an_id(at_ms, position=dice.randrange(1 << 20)),
        kind,
        at_ms,
        "HEAD" if is_odd and dice.random() < 0.1 else "GET",
        address if is_hit else "",
        agent if is_hit else "",
        facts if is_hit else Facts.NONE,
        "spring",
        recipient,
        link,
        destination,
        None,
        tag,
        former,
        network,
        decided,
    )
