"""Counts about what sites send now: bounded in every direction, of the last hours, and added up over processes."""

from mailpixel.ingest.site_tally import (
    MINUTE_MS,
    MINUTES,
    NAMES,
    NOTHING,
    SAMPLES,
    SITES,
    SiteTally,
    Tallies,
    added,
    read_tally,
    tally_text,
)
from mailpixel.measure.console import console_figures
from mailpixel.times import DAY_MS, HOUR_MS
from tests.support.shop import A_SITE

NOW_MS = 1_790_000_000_000


def test_loads_and_envelopes_are_of_a_day_and_events_of_ten_minutes() -> None:
    tallies = Tallies(NOW_MS)
    for hours in range(48):
        tallies.loaded("shop", NOW_MS + hours * HOUR_MS, 0)
    counts = tallies.of("shop")
    for minutes in range(60):
        counts.events.add(NOW_MS + minutes * MINUTE_MS, 2)
    assert tallies.tally("shop", NOW_MS + 47 * HOUR_MS).loads == 24
    assert tallies.tally("shop", NOW_MS + 59 * MINUTE_MS).events == 2 * MINUTES
    assert tallies.tally("shop", NOW_MS + 2 * DAY_MS + 47 * HOUR_MS) == SiteTally(workers=1, since_ms=NOW_MS)


def test_samples_names_and_sites_are_bounded_and_the_latest_stay() -> None:
    tallies = Tallies()
    for number in range(SAMPLES + 50):
        tallies.answered("shop", number)
    for number in range(NAMES + 5):
        tallies.of("shop").refuse(f"name{number}")
    found = tallies.tally("shop", NOW_MS)
    assert (found.answers_us[0], len(found.answers_us)) == (50, SAMPLES)
    assert (next(iter(found.refused)), len(found.refused)) == ("name5", NAMES)
    for number in range(SITES):
        tallies.loaded(f"site{number}", NOW_MS, 9)
    assert tallies.tally("shop", NOW_MS).answers_us == []
    assert tallies.tally("site0", NOW_MS).script_bytes == 9


def test_what_several_processes_counted_is_added_up_and_survives_its_text() -> None:
    one = SiteTally(1, 50, 2, 3, 4, [1, 9], [7], [100], 4_000, {"a": 1})
    other = SiteTally(1, 40, 1, 1, 1, [5], [], [90], 0, {"a": 2, "b": 1})
    assert added([]) == NOTHING
    assert added(read_tally(tally_text(each)) for each in (one, other)) == SiteTally(
        2, 40, 3, 4, 5, [1, 5, 9], [7], [90, 100], 4_000, {"a": 3, "b": 1}
    )


def test_figures_name_their_formula_and_without_a_process_there_are_none() -> None:
    seen = SiteTally(2, NOW_MS, 4, 10, 55, [10, 20, 30], [1_500], [200, 400], 4_598, {"b": 1, "a": 1, "c": 5})
    found = console_figures(A_SITE, seen)
    assert {
        row.name: [(v.of, v.value, v.numerator, v.denominator) for v in row.values] for row in found.figures
    } == {
        "requests per load of the script": [("", 2.5, 10, 4)],
        "events a minute": [("", 5.5, 55, 10)],
        "clock": [("median", 20.0, 20, 3), ("95 %", 30.0, 30, 3)],
        "answer": [("median", 1.5, 1500, 1), ("95 %", 1.5, 1500, 1)],
        "size": [("median", 400.0, 400, 2), ("95 %", 400.0, 400, 2), ("script", 4598.0, 4598, 1)],
    }
    assert all(row.formula for row in found.figures)
    assert (found.workers, list(found.refused_names)) == (2, ["c", "a", "b"])
    assert console_figures(A_SITE, NOTHING).to_json() == {
        "site": "shop", "workers": 0, "since": None, "figures": [], "refused_names": {},
    }  # fmt: skip
