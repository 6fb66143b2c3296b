"""Ten years of a small sender, by a clock that is moved: the file stays as large, no figure moves, no old byte is left.

By hand: `pytest -m soak -s tests/integration/test_retention_soak.py`. Last figures: see the manual, "Measured".
"""

import re
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from mailpixel.classify import Rules, judge
from mailpixel.model import Event
from mailpixel.privacy.retained import periods
from mailpixel.privacy.retaining import Retaining
from mailpixel.projections.fold import Fold
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.settings import Settings
from mailpixel.store.measures import Step
from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import DAY_MS
from mailpixel.work.retention import step
from tests.support.builders import SENT_AT_MS, a_click, a_delivery, an_id, an_open

pytestmark = pytest.mark.soak

RULES = Rules()
WEEK_MS = 7 * DAY_MS
WEEKS = 522
EDGE = b"\xf1\xe2\xd3\xc4"
PERIODS = periods(Settings(mode="individual"), PrivacyChoice())
A_DAY = 100
"""Recipients a day, each with a delivery, an open and a click."""


def of_week(week: int) -> list[Event]:
    """A week's campaign: 300 events a day."""
    campaign = f"week-{week:04}"
    events = []
    for number in range(7 * A_DAY):
        at_s = week * 7 * 86_400 + number // A_DAY * 86_400 + number % A_DAY * 600
        recipient = f"w{week:04}-r{number:04}"
        for make, later_s in ((a_delivery, 0), (an_open, 100), (a_click, 160)):
            received_at_ms = SENT_AT_MS + (at_s + later_s) * 1000
            link = {"link": 1} if make is a_click else {}
            made = make(at_s + later_s, campaign=campaign, recipient=recipient, **link)
            events.append(_with_id(made, an_id(received_at_ms, EDGE)))
    return events


def _with_id(event: Event, id: bytes) -> Event:
    from msgspec.structs import replace

    return replace(event, id=id)


class Sender:
    """A data folder with a fold, and with retention or without."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.file = folder / "mailpixel.db"
        self.store, self.registry = SqliteStore(self.file), SqliteRegistry(self.file)
        self.fold = Fold(self.store, self.registry, partial(judge, rules=RULES), "soak")
        self.retaining = Retaining(
            self.store, self.registry, lambda: KnownCampaigns(self.registry), lambda: RULES
        )

    def take(self, events: list[Event], now_ms: int) -> None:
        for start in range(0, len(events), 3 * A_DAY):
            self.store.append(events[start : start + 3 * A_DAY])
        self.fold.catch_up(lambda: now_ms, 60_000)

    def retain(self, now_ms: int) -> int:
        return sum(self.retaining.rounds(self.retaining.due(PERIODS, now_ms), now_ms))

    def size(self) -> int:
        return sum(file.stat().st_size for file in self.file.parent.glob("mailpixel.db*"))

    def figures(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for week in range(WEEKS):
            name = f"week-{week:04}"
            figures = self.store.figures(name, 0, 0)
            found[name] = figures.totals, figures.links, self.store.timeline(name, step=Step.DAY)
        return found


def traces(file: Path) -> int:
    """How many recipients and events of removed weeks stand in the bytes of the files."""
    oldest_week = (WEEKS * WEEK_MS - 730 * DAY_MS) // WEEK_MS - 1
    span = range(SENT_AT_MS, SENT_AT_MS + oldest_week * WEEK_MS)
    found = 0
    for each in sorted(file.parent.glob("mailpixel.db*")):
        data = each.read_bytes()
        weeks = (int(week) for week in re.findall(rb"w(\d{4})-r\d", data))
        ids = re.findall(rb"(.{6})" + re.escape(EDGE), data, re.DOTALL)
        found += sum(week < oldest_week for week in weeks)
        found += sum(int.from_bytes(id, "big") in span for id in ids)
    return found


def test_ten_years_of_a_small_sender(tmp_path: Path) -> None:
    pruned, control = Sender(tmp_path / "pruned"), Sender(tmp_path / "control")
    removed, sizes = 0, {}
    for week in range(WEEKS):
        events, now_ms = of_week(week), SENT_AT_MS + (week + 1) * WEEK_MS
        for each in (pruned, control):
            each.take(events, now_ms)
        removed += pruned.retain(now_ms)
        if week % 52 == 51:
            sizes[week // 52 + 1] = pruned.size() / 1e6
    print(f"\n{removed:,} events removed; MB by year { ({y: round(s, 1) for y, s in sizes.items()}) }")
    print(f"control without retention: {control.size() / 1e6:.1f} MB")
    kept, whole = pruned.figures(), control.figures()
    assert [
        name for name in whole if kept[name] != whole[name]
    ] == []  # a difference of all of it takes minutes to print
    print(f"traces of removed weeks, in unused parts of pages: {traces(pruned.file)}")
    pruned.store.compact()
    assert traces(pruned.file) == 0
    assert sizes[10] < sizes[3] * 1.1


def commits(store: SqliteStore, ended: threading.Event, took: list[float]) -> None:
    """The hot path: 20 hits a commit, a commit every 5 ms."""
    number = 0
    while not ended.is_set():
        now_s = (time.time() * 1000 - SENT_AT_MS) / 1000
        hits = [an_open(now_s, campaign="hot", recipient=f"h-{number + each}") for each in range(20)]
        began = time.perf_counter()
        store.append(hits)
        took.append((time.perf_counter() - began) * 1000)
        number += 20
        time.sleep(0.005)


def test_commits_beside_retention(tmp_path: Path) -> None:
    sender = Sender(tmp_path / "folder")
    for week in range(50):
        sender.take(of_week(week), SENT_AT_MS + (week + 1) * WEEK_MS)
    now_ms = SENT_AT_MS + 1_500 * DAY_MS
    for name, work in (
        ("nothing beside", None),
        ("retention beside", sender.retaining.rounds(PERIODS, now_ms)),
    ):
        took: list[float] = []
        ended = threading.Event()
        hot = threading.Thread(target=commits, args=(SqliteStore(sender.file), ended, took))
        hot.start()
        began = time.perf_counter()
        if work is None:
            time.sleep(10)
        else:
            while step(work, time.sleep) is not None:
                pass
        ended.set()
        hot.join()
        took.sort()
        p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
        took_s = time.perf_counter() - began
        print(f"\n{name}: {took_s:.1f} s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {took[-1]:.1f} ms")
    assert [message for message in sender.store.campaigns() if message.startswith("week")] == []
