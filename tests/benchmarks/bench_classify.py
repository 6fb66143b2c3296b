"""How right and how fast the rules are: `python -m tests.benchmarks.bench_classify`.

Accuracy by rule set on simulated crowds and, where ../shared/data is beside this checkout, on the agents there;
rates of judging beside the bare walk over the same events.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mailpixel.classify import RULES, Rules, judge, judge_agent
from mailpixel.kinds import EventKind
from mailpixel.model import Judged, Message, Verdict
from mailpixel.traffic.agents import read_agent
from mailpixel.traffic.facts import facts_of
from tests.benchmarks.table import print_rows
from tests.support.builders import BROWSER
from tests.support.crowds import CAMPAIGN, a_visit, bursts, lone_clicks, people
from tests.support.readers import CHAT, OLD_GATEWAY, SCENES, a_reader

IN_FORCE = Rules()
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "user_agents"
RULE_SETS = (("one event at a time", "declared"), ("with traps and bursts", "burst"), ("all", "default"))
"""What a rule set is called, and the last rule in it."""
PLACES = {rule.name: place for place, rule in enumerate(RULES)}


def accuracy() -> None:
    """Machines caught and people lost, by rule set."""
    dice = random.Random(836)
    swept = clicks(bursts(836, dice))
    crowds = (
        ("clicks of bursts caught", swept),
        ("first clicks too", [hits[:1] for hits in swept]),
        ("lone bare clicks caught", clicks(lone_clicks(2_000, dice, OLD_GATEWAY))),
        ("people's clicks lost", clicks(people(20_000, dice))),
        ("likewise over plain http", clicks(people(20_000, dice, secure=False))),
    )
    rows = [(name, *(share(taken(crowd, last)) for _, crowd in crowds)) for name, last in RULE_SETS]
    print_rows("Simulated crowds", ("rule set", *(title for title, _ in crowds)), rows)


def clicks(messages: Iterable[Message]) -> list[list[Judged]]:
    """The judged clicks of every message but those of a chat's preview, in order of time."""
    return [
        [
            hit
            for hit in judge(message, CAMPAIGN, IN_FORCE)
            if hit.event.kind is EventKind.CLICK and hit.event.agent != CHAT.agent
        ]
        for message in messages
    ]


def taken(crowd: Iterable[Iterable[Judged]], last: str) -> list[bool]:
    """Whether each hit is taken for a machine's by the rules up to `last`. The first that matches wins, so what they
    leave is a person's as long as no later rule is asked.
    """
    return [
        hit.verdict is not Verdict.HUMAN and PLACES[hit.rule] <= PLACES[last]
        for hits in crowd
        for hit in hits
    ]


def habits() -> None:
    """People's clicks lost to all rules, by what they do."""
    rows = []
    for scene, _ in SCENES:
        dice = random.Random(7)
        lost = [
            share(
                taken(clicks(a_visit(scene, dice, a_reader(dice), secure) for _ in range(2_000)), "default")
            )
            for secure in (True, False)
        ]
        rows.append((scene.__name__.replace("_", " "), *lost))
    print_rows("People's clicks lost, by habit", ("habit", "https", "http"), rows)


def share(found: Sequence[bool]) -> str:
    """A share in percent."""
    return f"{100 * sum(found) / len(found):.2f} %"


def agents() -> None:
    """Robots flagged and browsers spared on the development lists."""
    robots = [json.loads(line)["agent"] for line in (DATA / "bots.jsonl").read_text().splitlines()]
    browsers = [
        line
        for name in ("browsers_a.txt", "browsers_b.txt")
        for line in (DATA / name).read_text().splitlines()
    ]
    rows = [
        (kind.value, share(flagged(robots, kind)), share(flagged(browsers, kind)))
        for kind in (EventKind.CLICK, EventKind.OPEN)
    ]
    print_rows("Agents of the development lists", ("hit", "robots flagged", "browsers flagged"), rows)


def flagged(found: Iterable[str], kind: EventKind) -> list[bool]:
    """Whether each agent alone comes to anything but a person."""
    return [judge_agent(agent, kind, IN_FORCE).verdict is not Verdict.HUMAN for agent in found]


def rates() -> None:
    """Judging beside a bare walk over the same events; what one header set, new agent and address cost."""
    messages = [*people(10_000, random.Random(1)), *bursts(1_000, random.Random(2))]
    events = sum(len(message.events) for message in messages)
    bare = seconds(lambda: [[event.id for event in message.events] for message in messages])
    full = seconds(lambda: [judge(message, CAMPAIGN, IN_FORCE) for message in messages])
    rows = [
        ("bare walk over the events", f"{events / bare:,.0f} events/s"),
        ("judge, one core", f"{events / full:,.0f} events/s"),
        (
            "facts_of, ten headers",
            f"{1e6 * seconds(lambda: [facts_of(HEADERS) for _ in range(10_000)]) / 10_000:.2f} us",
        ),
        ("read_agent, never seen", f"{1e6 * seconds(new_agents) / 10_000:.1f} us"),
        ("network of an address, never seen", f"{1e6 * seconds(new_addresses) / 60_000:.2f} us"),
    ]
    print_rows("Rates", ("what", "rate"), rows)


HEADERS = [
    (b"host", b"t.example"),
    (b"connection", b"keep-alive"),
    (b"user-agent", BROWSER.encode()),
    (b"accept", b"text/html,*/*;q=0.8"),
    (b"accept-language", b"en"),
    (b"accept-encoding", b"gzip"),
    (b"sec-ch-ua", b'"Chromium";v="151"'),
    (b"sec-fetch-site", b"none"),
    (b"sec-fetch-mode", b"navigate"),
    (b"sec-fetch-user", b"?1"),
]


def new_agents() -> None:
    """Ten thousand agents that nobody has sent before."""
    read_agent.cache_clear()
    for number in range(10_000):
        read_agent(BROWSER.replace("151.0", f"151.{number}"))


def new_addresses() -> None:
    """Sixty thousand addresses that nobody has sent before."""
    fresh = Rules()
    for number in range(60_000):
        fresh.known_networks.lookup(f"198.18.{number // 250}.{number % 250}")


def seconds(work: Callable[[], object]) -> float:
    """The shortest of three runs."""
    return min(_timed(work) for _ in range(3))


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print every table."""
    accuracy()
    habits()
    if DATA.is_dir():
        agents()
    rates()


if __name__ == "__main__":
    main()
