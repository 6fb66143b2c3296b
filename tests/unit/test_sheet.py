"""The figures of a campaign as one table for spreadsheets."""

import csv
import io

from mailpixel.report.sheet import COLUMNS, sheet
from mailpixel.report.summary import summarise
from mailpixel.report.timeline import TimelineWindow, timeline_of
from mailpixel.store.memory import MemoryStore
from mailpixel.times import DAY_MS
from tests.support.builders import a_campaign, a_click, a_delivery, an_open, at_ms
from tests.support.folding import catch_up


def rows_of(store: MemoryStore, sent: int | None) -> list[dict[str, str]]:
    campaign = a_campaign(sent=sent)
    summary = summarise(campaign, store.figures("spring", at_ms(10 * 86_400), 0), "r1")
    days = timeline_of(store, "spring", TimelineWindow("day"))
    return list(csv.DictReader(io.StringIO(sheet(summary, days).decode(), newline="")))


def test_totals_come_first_then_a_row_a_day_also_for_days_without_a_hit() -> None:
    store = MemoryStore()
    people = [f"r-{n}" for n in range(7)]
    store.append([a_delivery(1, recipient=f"r-{n}") for n in range(21)])
    store.append([an_open(60, recipient=each) for each in people] + [a_click(90, recipient=people[0])])
    store.append([an_open(60 + 2 * DAY_MS // 1000, recipient=f"r-{n}") for n in range(10, 14)])
    catch_up(store)
    total, *days = rows_of(store, sent=22)
    assert [row["day"] for row in days] == ["2026-09-21", "2026-09-22", "2026-09-23"]
    assert [row["opens_human"] for row in days] == ["5", "0", ""]  # four are not shown
    names = ("day", "opens_human", "opens_first_human", "clicks_human", "sent", "delivered")
    assert [total[name] for name in names] == ["total", "10", "10", "", "22", "20"]
    assert (total["open_rate_low"], total["click_rate"]) == ("0.5", "")
    assert {row["sent"] for row in days} == {""}


def test_a_campaign_without_hits_is_a_row_of_zeros() -> None:
    (total,) = rows_of(MemoryStore(), sent=None)
    assert tuple(total) == COLUMNS
    assert (total["day"], total["opens_events"], total["sent"], total["open_rate_low"]) == (
        "total",
        "0",
        "",
        "",
    )
