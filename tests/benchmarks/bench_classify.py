"""How right and how fast the rules are: `python -m tests.benchmarks.bench_classify`.

Accuracy by rule set on simulated crowds and, where ../shared/data is beside this checkout, on the agents there;
rates of judging beside the bare walk over the same events.
"""

import json
import random
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mailpixel.classify import Rules, facts_of, judge, judge_agent
from mailpixel.classify.agents import read_agent
from mailpixel.classify.message import DEFAULT, look
from mailpixel.classify.one_event import first_ruling
from mailpixel.model import EventKind, Message, Verdict
from tests.benchmarks.table import print_rows
from tests.builders import BROWSER
from tests.crowds import CAMPAIGN, bursts, people

RULES = Rules()
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "user_agents"
Verdicts = list[tuple[EventKind, Verdict]]


def by_one_event(message: Message) -> Verdicts:
    """Rules 1 to 6 alone."""
    sights = look(message, CAMPAIGN, RULES)
    return [(sight.event.kind, (first_ruling(sight, RULES) or DEFAULT).verdict) for sight in sights]


def by_all(message: Message) -> Verdicts:
    """All rules."""
    return [(hit.event.kind, hit.verdict) for hit in judge(message, CAMPAIGN, RULES)]


RULE_SETS: tuple[tuple[str, Callable[[Message], Verdicts]], ...] = (
    ("rules 1-6, one event at a time", by_one_event),
    ("all rules, the message together", by_all),
)


def accuracy() -> None:
    """Bursts caught and people lost, by rule set."""
    swept = list(bursts(836, random.Random(836)))
    crowd = list(people(20_000, random.Random(20)))
    rows = []
    for name, verdicts_of in RULE_SETS:
        caught = [clicks(verdicts_of(message)) for message in swept]
        every = [verdict is Verdict.SCANNER for verdicts in caught for verdict in verdicts]
        first = [verdicts[0] is Verdict.SCANNER for verdicts in caught]
        lost = [verdict is not Verdict.HUMAN for message in crowd for verdict in clicks(verdicts_of(message))]
        rows.append((name, *map(share, (every, first, lost))))
    print_rows(
        "Simulated crowds",
        ("rule set", "burst clicks caught", "first click caught", "people's clicks lost"),
        rows,
    )


def clicks(verdicts: Verdicts) -> list[Verdict]:
    """The verdicts of the clicks, in order of time."""
    return [verdict for kind, verdict in verdicts if kind is EventKind.CLICK]


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
    return [judge_agent(agent, kind, RULES).verdict is not Verdict.HUMAN for agent in found]


def rates() -> None:
    """Judging beside a bare walk over the same events; what one header set, new agent and address cost."""
    messages = [*people(10_000, random.Random(1)), *bursts(1_000, random.Random(2))]
    events = sum(len(message.events) for message in messages)
    bare = seconds(lambda: [[event.id for event in message.events] for message in messages])
    full = seconds(lambda: [judge(message, CAMPAIGN, RULES) for message in messages])
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
    if DATA.is_dir():
        agents()
    rates()


if __name__ == "__main__":
    main()
