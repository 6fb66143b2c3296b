"""What is past its time is removed by the running service and by the command, and everything that shows it says so."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.classify import Rules, judge
from mailpixel.cli import cli
from mailpixel.doctor import Grade, check_retention
from mailpixel.folder.opening import begin
from mailpixel.kinds import EventKind
from mailpixel.privacy.retained import RETAINED, Period, periods
from mailpixel.privacy.retaining import Retaining
from mailpixel.projections.fold import Fold
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.report.retention import retention_rows
from mailpixel.settings import Settings
from mailpixel.store.aggregates import Report
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.privacy_choice import PrivacyChoice
from mailpixel.store.retention import Kept, RetentionRun
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import DAY_MS, HOUR_MS, now_ms
from mailpixel.work.retention import RetentionAtWork
from tests.support.api import Api
from tests.support.builders import a_campaign, a_click, a_delivery, an_open, at_ms
from tests.support.stores import a_store

RULES = Rules()
DAY = 86_400
NOW_MS = at_ms(1_000 * DAY)
SETTINGS = Settings()
CHOSEN = PrivacyChoice(mode="individual")


def fold(
    store: MemoryStore | SqliteStore, registry: MemoryRegistry | SqliteRegistry, at: int = NOW_MS
) -> None:
    Fold(store, registry, partial(judge, rules=RULES), "test").catch_up(lambda: at, 60_000)


def retaining(store: MemoryStore | SqliteStore, registry: MemoryRegistry | SqliteRegistry) -> Retaining:
    return Retaining(store, registry, lambda: KnownCampaigns(registry), lambda: RULES)


def kept_for(choice: PrivacyChoice = CHOSEN, settings: Settings = SETTINGS) -> list[Period]:
    return list(periods(settings, choice))


def a_past() -> tuple[MemoryStore, MemoryRegistry]:
    """A campaign with readers of long ago and of lately."""
    store, registry = MemoryStore(), MemoryRegistry()
    registry.add_campaign(a_campaign())
    for name, second in (("old", 10 * DAY), ("young", 900 * DAY)):
        store.append([an_open(second, recipient=name), a_click(second + 60, 1, recipient=name)])
    fold(store, registry)
    return store, registry


def test_every_kind_has_one_row_and_every_setting_of_retention_is_one_of_a_kind() -> None:
    assert {each.kind for each in RETAINED} == set(Kept)
    names = {name for name in Settings.__dataclass_fields__ if name.startswith("retention_")}
    assert {each.setting for each in RETAINED if each.setting} == names | {"site_event_days"}


def test_zero_days_keep_for_ever() -> None:
    store, registry = a_past()
    found = kept_for(settings=Settings(retention_days=0))
    assert sum(retaining(store, registry).rounds(found, NOW_MS)) == 0
    assert [message.recipient for message in store.messages("spring")] == ["old", "young"]


def test_what_is_past_goes_and_is_noted() -> None:
    store, registry = a_past()
    assert sum(retaining(store, registry).rounds(kept_for(), NOW_MS)) == 2
    assert [message.recipient for message in store.messages("spring")] == ["young"]
    runs = registry.retention_runs()
    assert set(runs) == set(Kept)
    assert runs[Kept.EVENTS] == RetentionRun(NOW_MS, 2, NOW_MS)
    assert store.people_gone() == {"spring": NOW_MS - 730 * DAY_MS}


def test_a_message_that_somebody_reads_every_day_for_years_goes_after_twice_the_time() -> None:
    store, registry = a_past()
    years = [an_open(second * DAY, recipient="reader") for second in range(100, 3_000, 100)]
    store.append(years)
    fold(store, registry, at_ms(3_000 * DAY))
    counted = store.figures("spring", NOW_MS, 0).totals["opens.human"]
    early = 100 * DAY + 2 * SETTINGS.retention_days * DAY
    assert sum(retaining(store, registry).rounds(kept_for(), at_ms(early))) == 2
    assert sum(retaining(store, registry).rounds(kept_for(), at_ms(early + DAY))) == 0
    assert "reader" in [message.recipient for message in store.messages("spring")]
    assert sum(retaining(store, registry).rounds(kept_for(), at_ms(3_000 * DAY))) == len(years) + 2
    assert list(store.messages("spring")) == []
    assert store.figures("spring", NOW_MS, 0).totals["opens.human"] == counted


def test_a_folder_of_an_earlier_release_keeps_messages_until_a_mode_is_chosen() -> None:
    store, registry = a_past()
    found = kept_for(PrivacyChoice(legacy=True))
    assert {each.retained.kind for each in found if each.waiting} == {Kept.EVENTS, Kept.MAILS, Kept.LETTERS}
    assert sum(retaining(store, registry).rounds(found, NOW_MS)) == 0
    assert not any(each.waiting for each in kept_for(PrivacyChoice(legacy=True), Settings(mode="individual")))


def test_a_campaign_that_waits_to_be_judged_again_keeps_its_messages_a_week_longer() -> None:
    store, registry = a_past()
    registry.change_campaign("spring", lambda each: replace(each, sent_at=None), "test", datetime.now(UTC))
    assert "spring" in registry.stale()
    first_ms = at_ms(10 * DAY + 61) + 730 * DAY_MS
    assert sum(retaining(store, registry).rounds(kept_for(), first_ms)) == 0
    assert sum(retaining(store, registry).rounds(kept_for(), first_ms + 7 * DAY_MS)) == 2


def test_a_dry_run_counts_what_the_real_one_removes(tmp_path: Path) -> None:
    path = tmp_path / "mailpixel.db"
    with closing(SqliteStore(path)) as store, closing(SqliteRegistry(path)) as registry:
        for name in ("spring", "autumn"):
            registry.add_campaign(a_campaign(id=name))
            for recipient, seconds in (("old", [10]), ("both", range(10, 1_999, 90)), ("young", [1_900])):
                store.append([an_open(each * DAY, campaign=name, recipient=recipient) for each in seconds])
        fold(store, registry, at_ms(2_000 * DAY))
        registry.change_campaign(
            "autumn", lambda each: replace(each, sent_at=None), "test", datetime.now(UTC)
        )
        store.salts([at_ms(day * DAY) // DAY_MS for day in (1_998, 1_999, 2_000, 2_010)])
        for day, events in ((741, 1), (749, 1), (2_000, 46)):
            moment = at_ms(day * DAY + 60)
            told = {each.kind: each.past for each in retention_rows(kept_for(), store, registry, {}, moment)}
            sum(retaining(store, registry).rounds(kept_for(), moment))
            found = {kind: run.removed for kind, run in registry.retention_runs().items()}
            assert told == found
            assert found[Kept.EVENTS] == events, day


def test_what_fails_is_logged_and_does_not_keep_the_others(caplog: pytest.LogCaptureFixture) -> None:
    store, registry = a_past()

    def no_rules() -> Rules:
        raise RuntimeError("r-1001 is named here")

    store.append([an_open(990 * DAY, recipient="tagged", tag=b"12345678")])
    broken = Retaining(store, registry, lambda: KnownCampaigns(registry), no_rules)
    assert sum(broken.rounds(kept_for(), NOW_MS)) == 2
    assert "what is kept of details cannot be removed (RuntimeError)" in caplog.text
    assert "r-1001" not in caplog.text
    assert Kept.DETAILS not in registry.retention_runs()


class Moving:
    """A clock that is moved by hand, and that notes the pauses."""

    def __init__(self) -> None:
        self.now_ms = NOW_MS
        self.pauses: list[float] = []

    def __call__(self) -> int:
        return self.now_ms

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


def at_work(
    store: MemoryStore, registry: MemoryRegistry, clock: Moving, holder: str = "me"
) -> RetentionAtWork:
    return RetentionAtWork(retaining(store, registry), registry, kept_for, holder, clock.sleep)


def test_the_service_does_it_once_a_day_and_short_lived_kinds_every_hour() -> None:
    store, registry = a_past()
    clock = Moving()
    consumer = at_work(store, registry, clock)
    assert consumer.catch_up(clock, 5_000) == 2
    assert len(clock.pauses) > 3
    assert min(clock.pauses) >= 0.02
    assert "retention" not in registry.leases()
    for later_ms, due in (
        (60_000, set()),
        (HOUR_MS, {Kept.SALTS, Kept.DETAILS, Kept.SITE_DETAILS, Kept.POSTS}),
        (DAY_MS, set(Kept)),
    ):
        clock.now_ms = NOW_MS + later_ms
        consumer.catch_up(clock, 5_000)
        runs = registry.retention_runs()
        assert {kind for kind, run in runs.items() if run.at_ms == clock.now_ms} == due


def test_while_another_process_does_it_nothing_is_done_and_after_an_end_it_starts_over() -> None:
    store, registry = a_past()
    clock = Moving()
    registry.take_lease("retention", "another", NOW_MS, 5_000)
    assert at_work(store, registry, clock).catch_up(clock, 5_000) is None
    clock.now_ms += 60_000
    consumer = at_work(store, registry, clock)

    class Ended(Exception):
        pass

    calls = iter(range(4))

    def ending() -> int:
        if next(calls, None) is None:
            raise Ended
        return clock.now_ms

    with pytest.raises(Ended):
        consumer.catch_up(ending, 5_000)
    consumer.leave()
    clock.now_ms += 60_000
    at_work(store, registry, clock, "next").catch_up(clock, 5_000)
    assert [message.recipient for message in store.messages("spring")] == ["young"]


def test_the_key_of_marks_goes_with_the_last_mark_of_its_campaign(tmp_path: Path) -> None:
    with (
        a_store("sqlite", tmp_path) as store,
        closing(sqlite3.connect(tmp_path / "mailpixel.db")) as database,
    ):
        for campaign, day in (("spring", 100), ("autumn", 101)):
            store.count_reports([Report(campaign, EventKind.DELIVERY, "r-1")], day)
        keys = "select campaign from report_keys order by campaign"
        assert database.execute(keys).fetchall() == [("autumn",), ("spring",)]
        store.remove_days(Kept.REPORTS, 101 * DAY_MS)
        assert database.execute(keys).fetchall() == [("autumn",)]


def test_readiness_says_when_what_is_past_was_last_removed(api: Api) -> None:
    assert api.client.get("/readyz").json()["retention_age_s"] is None
    for kind in Kept:
        api.registry.note_retention(kind, now_ms() - 5_000, 0)
    age_s = api.client.get("/readyz").json()["retention_age_s"]
    assert age_s >= 5


def test_doctor_says_when_it_ran_and_what_waits() -> None:
    runs = dict.fromkeys(Kept, RetentionRun(NOW_MS - HOUR_MS, 0))
    assert check_retention(kept_for(), runs, NOW_MS).grade is Grade.OK
    assert check_retention(kept_for(), {}, NOW_MS).grade is Grade.WARN
    late = check_retention(kept_for(), runs, NOW_MS + 3 * DAY_MS)
    assert (late.grade, "last ran on" in late.found) == (Grade.WARN, True)
    legacy = check_retention(kept_for(PrivacyChoice(legacy=True)), runs, NOW_MS)
    assert (legacy.grade, legacy.remedy) == (Grade.WARN, "set MAILPIXEL_MODE")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with readers of three years ago and of today."""
    store, registry, _ = begin(Settings(data=tmp_path))
    registry.add_campaign(a_campaign())
    now_s = (now_ms() - at_ms(0)) / 1000
    for name, second in (("old-reader", now_s - 1_100 * DAY), ("young", now_s - 100)):
        store.append([a_delivery(second - 50, recipient=name), an_open(second, recipient=name)])
    fold(store, registry, now_ms())
    store.close()
    registry.close()
    return tmp_path


Run = Callable[..., str]


@pytest.fixture
def run(data: Path) -> Run:
    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, ["--data", str(data), *arguments])
        assert done.exit_code == code, done.output
        return done.output

    return run


def rows_of(text: str) -> dict[str, dict[str, object]]:
    return {row["kind"]: row for row in json.loads(text[text.index("[\n") :])}


def test_the_command_shows_what_would_go_then_removes_it_and_the_figures_stay(run: Run, data: Path) -> None:
    would = rows_of(run("retention", "--dry-run", "--json"))["events"]
    assert (would["rows"], would["past"], would["kept_days"], would["last_run"]) == (4, 2, 730, None)
    assert would["setting"] == "MAILPIXEL_RETENTION_DAYS"
    before = json.loads(run("report", "spring", "--json"))
    assert before["people_gone_before"] is None
    assert "2 row(s) removed" in run("retention")
    done = rows_of(run("retention", "--json", "--compact"))["events"]
    assert (done["rows"], done["past"], done["removed"]) == (2, 0, 0)
    assert done["last_removal"] is not None
    after = json.loads(run("report", "spring", "--json"))
    assert after.pop("people_gone_before")
    assert {**after, "as_of": None} == {
        **{name: value for name, value in before.items() if name != "people_gone_before"},
        "as_of": None,
    }
    assert "are removed; they count" in run("report", "spring")
    assert "are removed (retention) and are not judged again" in run("rebuild")
    assert json.loads(run("report", "spring", "--json"))["opens"] == before["opens"]
    assert all(b"old-reader" not in file.read_bytes() for file in data.glob("mailpixel.db*"))


def test_a_reader_that_holds_the_log_is_told_of_and_the_next_round_empties_it(run: Run, data: Path) -> None:
    with closing(sqlite3.connect(data / "mailpixel.db")) as reader:
        reader.execute("begin")
        reader.execute("select * from events").fetchall()
        said = run("retention")
        assert "2 row(s) removed" in said
        assert "another program keeps reading the database" in said
    assert any(b"old-reader" in file.read_bytes() for file in data.glob("mailpixel.db*"))
    assert "another program" not in run("retention")
    assert all(b"old-reader" not in file.read_bytes() for file in data.glob("mailpixel.db*"))


def test_a_running_service_that_does_it_is_not_disturbed(run: Run, data: Path) -> None:
    registry = SqliteRegistry(data / "mailpixel.db")
    registry.take_lease("retention", "service", now_ms(), 5_000)
    registry.close()
    assert "the running service is doing this now" in run("retention", code=1)


def test_a_dry_run_does_not_compact(run: Run) -> None:
    assert "use it without --compact" in run("retention", "--dry-run", "--compact", code=2)
