"""Rates of the fold of web sites: `python -m tests.benchmarks.bench_visits [events] [visits]`.

Prints how fast visits and orders are folded, how many bytes an event costs, and what mail notices of it: the figures of
a campaign with and without the site's events beside it in the file, and how long a mail's event waits until it is in
the figures while the fold of sites is idle and while it is busy, both run side by side as `mailpixel work` runs them.
"""

import random
import statistics
import sys
import tempfile
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from mailpixel.classify import Rules
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts
from mailpixel.projections.fold import Fold
from mailpixel.projections.lease import Stop
from mailpixel.projections.site_fold import SiteFold, SiteFoldOptions
from mailpixel.site_model import OrderClaim, OrderSource, Step, body_of
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.sqlite import SqliteStore
from mailpixel.work.site_folding import giving_way
from tests.benchmarks.bench_fold import NOW_MS, append, figures_ms, history, timed, trivial
from tests.support.builders import BROWSER, SENT_AT_MS

Result = TypeVar("Result")
GROUP = 500
AT_ONCE = 2_000
"""Visitors who are on the site at a time."""
MAIL = 100_000
"""Events of the campaign beside it."""
PROBES = 100
SITE, DAY_MS = "shop", 86_400_000
SHOWN = Facts.ACCEPT | Facts.ACCEPT_LANGUAGE | Facts.ACCEPT_ENCODING | Facts.SEC_FETCH | Facts.CLIENT_HINTS
NAMES = ("page_view", "page_view", "view_item", "page_view", "add_to_cart", "page_view", "begin_checkout")
AGENTS = tuple(BROWSER.replace("151", str(100 + number)) for number in range(400))


def site_history(events: int, visits: int) -> Iterator[list[Event]]:
    """Groups of events: visitors come over thirty days, a few of them buy something."""
    chance, group, position = random.Random(5), list[Event](), 0
    each, rounds = max(events // visits, 1), -(-visits // AT_ONCE)
    for turn in range(rounds):
        for step in range(each):
            for number in range(turn * AT_ONCE, min((turn + 1) * AT_ONCE, visits)):
                at_ms = SENT_AT_MS + turn * (30 * DAY_MS // rounds) + step * 7_000 + number % AT_ONCE
                for event in visit_events(chance, number, step, at_ms):
                    position += 1
                    group.append(with_id(event, position))
                if len(group) >= GROUP:
                    yield group
                    group = []
    yield group


def visit_events(chance: random.Random, visit: int, step: int, at_ms: int) -> Iterator[Event]:
    """What one visitor does in one step."""
    name = NAMES[step % len(NAMES)] if step else "page_view"
    visitor = key_of(visit)
    data = {"items": [{"item_id": f"SKU-{visit % 997}", "price": 12.5, "quantity": 1}], "currency": "EUR"}
    said = Step(
        name,
        random_text(chance),
        at_ms,
        url=f"https://shop.example/category/{visit % 50}/item/{step * 31 % 997}",
        view=random_text(chance),
        nav="load",
        data={} if name == "page_view" else data,
        consent=("measure", "identify"),
        source="api",
        click=f"{visit:032x}" if not step and visit % 10 == 0 else "",
    )
    yield an_event(f"site:{SITE}", visitor, EventKind.STEP, at_ms, body_of(said))
    if step == 12 and visit % 20 == 0:
        claim = OrderClaim(OrderSource.BROWSER, at_ms, "EUR", 2_500, visitor=visitor)
        yield an_event(f"order:{SITE}", f"O-{visit}", EventKind.PURCHASE, at_ms, body_of(claim))


def an_event(campaign: str, name: str, kind: EventKind, at_ms: int, body: str) -> Event:
    """An event of the site, still without an id."""
    agent = AGENTS[sum(name.encode()) % len(AGENTS)]
    return Event(b"", kind, at_ms, "POST", "", agent, SHOWN, campaign, name, body=body)


def random_text(chance: random.Random) -> str:
    """22 characters as the script makes them."""
    return urlsafe_b64encode(chance.randbytes(16)).decode()[:22]


def key_of(visit: int) -> str:
    """The key of a visitor: 22 characters in no order."""
    return urlsafe_b64encode(blake2b(visit.to_bytes(8, "big"), digest_size=16).digest()).decode()[:22]


def with_id(event: Event, position: int) -> Event:
    """The event with its id."""
    return replace(event, id=event.received_at_ms.to_bytes(6, "big") + b"site" + position.to_bytes(6, "big"))


def site_fold(store: SqliteStore, registry: MemoryRegistry, between: Callable[[], object]) -> SiteFold:
    """A fold of sites by the shipped rules."""
    rules = Rules()
    return SiteFold(store, registry, lambda: rules, "bench", SiteFoldOptions(between=between))


def fold_all(store: SqliteStore, registry: MemoryRegistry, between: Callable[[], object]) -> None:
    """Fold sites until nothing waits."""
    fold = site_fold(store, registry, between)
    while fold.catch_up(lambda: NOW_MS, 60_000):
        pass


def check(store: SqliteStore, visits: int, events: int) -> None:
    """A rate of work that was not done is no rate: every step must stand in its visit."""
    days = store.visits_by_day(SITE)
    folded = sum(sum(day.verdicts.values()) for day in days)
    steps = sum(len(visit.steps) for visit in store.visits(SITE))
    if (folded, steps) != (visits, events):
        raise SystemExit(f"{folded} of {visits} visits and {steps} of {events} steps were folded")


def waits_ms(store: SqliteStore, registry: MemoryRegistry, campaign: str, number: int) -> list[float]:
    """How long it takes from the commit of a mail's event until its campaign's figures have it, each time."""
    fold = Fold(store, registry, trivial, "mail")
    took = []
    for group in history(campaign, number):
        for event in group[:number]:
            store.append([event])
            began = time.perf_counter()
            fold.catch_up(lambda: NOW_MS, 60_000)
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.005)
    return took


def beside(store: SqliteStore, registry: MemoryRegistry, work: Callable[[], Result]) -> tuple[Result, bool]:
    """The result of work while the fold of sites runs in another thread, and whether that was busy to the end."""
    ended = threading.Event()
    give_way = giving_way(store)

    def between() -> None:
        give_way()
        if ended.is_set():
            raise Stop

    def run() -> None:
        with suppress(Stop):
            fold_all(store, registry, between)

    thread = threading.Thread(target=run)
    thread.start()
    result = work()
    busy = thread.is_alive()
    ended.set()
    thread.join()
    return result, busy


def again(store: SqliteStore) -> None:
    """Begin the fold of sites anew."""
    store.forget_consumer(SITE_FOLD)


def main(events: int, visits: int) -> None:
    """Everything once."""
    with (
        tempfile.TemporaryDirectory(dir=".") as folder,
        closing(SqliteStore(Path(folder) / "bench.db")) as store,
    ):
        registry, file = MemoryRegistry(), Path(folder) / "bench.db"
        append(store, list(history("spring", MAIL)))
        mail = timed("fold of mail alone", MAIL, lambda: mail_fold(store, registry))
        alone_ms = min(figures_ms(store, "spring") for _ in range(9))
        begun = size(store, file)
        total = 0
        for group in site_history(events, visits):
            store.append(group)
            total += sum(event.campaign.startswith("site:") for event in group)
        logged = size(store, file)
        rate = timed("fold of visits and orders", total, lambda: fold_all(store, registry, lambda: None))
        print(f"{'fold of sites of that of mail':<34} {rate / mail:>10.2f}")
        folded = size(store, file)
        print(f"{'bytes an event, log and indexes':<34} {(logged - begun) / total:>10.1f}")
        print(f"{'bytes an event, what is folded':<34} {(folded - logged) / total:>10.1f}")
        check(store, visits, total)
        timed("read all visits", total, lambda: sum(1 for _ in store.visits(SITE)))
        timed("count visits by day", total, lambda: store.visits_by_day(SITE))
        beside_ms = min(figures_ms(store, "spring") for _ in range(9))
        print(
            f"figures of a campaign: {alone_ms:.2f} ms alone, {beside_ms:.2f} ms beside the site:"
            f" {alone_ms / beside_ms:.2f} of the speed"
        )
        print_waits(store, registry)
        print_campaigns(store, registry)


def print_campaigns(store: SqliteStore, registry: MemoryRegistry) -> None:
    """How long a whole campaign takes to fold, the fold of sites idle and busy."""
    append(store, list(history("autumn", MAIL)))
    began = time.perf_counter()
    mail_fold(store, registry)
    idle_s = time.perf_counter() - began
    append(store, list(history("winter", MAIL)))
    again(store)

    def work() -> float:
        began = time.perf_counter()
        mail_fold(store, registry)
        return time.perf_counter() - began

    busy_s, to_the_end = beside(store, registry, work)
    print(
        f"a campaign of {MAIL:,} events: folded in {idle_s:.1f} s, sites idle, {busy_s:.1f} s, sites busy:"
        f" {idle_s / busy_s:.2f} of the speed, sites busy to the end: {to_the_end}"
    )


def print_waits(store: SqliteStore, registry: MemoryRegistry) -> None:
    """How long a mail's event waits for its figures, the fold of sites idle and busy."""
    idle = waits_ms(store, registry, "idle", PROBES)
    again(store)
    busy, to_the_end = beside(store, registry, lambda: waits_ms(store, registry, "busy", PROBES))
    for name, took in (("idle", idle), ("busy", busy)):
        median_ms, late_ms = statistics.median(took), sorted(took)[-len(took) // 20]
        print(f"mail's event in the figures, sites {name}: median {median_ms:.1f} ms, p95 {late_ms:.1f} ms")
    ratio = statistics.median(busy) / statistics.median(idle)
    print(f"ratio of the medians {ratio:.2f}, sites busy to the end: {to_the_end}")


def mail_fold(store: SqliteStore, registry: MemoryRegistry) -> None:
    """Fold mail until nothing waits."""
    fold = Fold(store, registry, trivial, "mail")
    while fold.catch_up(lambda: NOW_MS, 60_000):
        pass


def size(store: SqliteStore, file: Path) -> int:
    """Bytes of the file with everything in it."""
    store._database.truncate_log()
    return file.stat().st_size


if __name__ == "__main__":
    numbers = [int(argument.replace("_", "")) for argument in sys.argv[1:]]
    main(*(numbers + [200_000, 8_000][len(numbers) :]))
