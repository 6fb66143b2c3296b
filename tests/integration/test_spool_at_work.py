"""The spool in a service: the consumer that empties it, readiness, metrics, the doctor, erasures and retention."""

from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.doctor import Grade, check_spool
from mailpixel.erasing import erasing_in
from mailpixel.errors import StoreUnavailable
from mailpixel.privacy.erasure import NOT_EMPTIED, erase_people, finish_all
from mailpixel.settings import Settings
from mailpixel.spool.expanding import Spool
from mailpixel.spool.files import aside_in, keep_aside
from mailpixel.spool.state import SpoolState
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.erasures import ErasureState
from mailpixel.store.sqlite import open_sqlite
from mailpixel.times import now_ms
from mailpixel.work.consumer_at_work import WorkEnded
from mailpixel.work.expanding import Expanding
from tests.support.api import an_api
from tests.support.builders import a_campaign, an_open
from tests.support.folding import logged


def test_the_consumer_moves_hits_until_it_must_end(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    spool, left = Spool(tmp_path / "spool", store), iter(range(3))
    writer = SpoolWriter(tmp_path / "spool", 1 << 29)
    writer.append([an_open(1)])

    def clock() -> int:
        if next(left, None) is None:
            raise WorkEnded
        return now_ms()

    consumer = Expanding(spool, sleep=lambda seconds: writer.append([an_open(2)]))
    with pytest.raises(WorkEnded):
        consumer.catch_up(clock, 5_000)
    consumer.leave()
    writer.close()
    assert len(logged(store)) == 2
    store.close()
    registry.close()


def test_readiness_says_how_long_hits_wait_and_turns_red_when_that_is_too_long(tmp_path: Path) -> None:
    with an_api(tmp_path) as api:
        api.registry.add_campaign(a_campaign())
        assert api.get("/readyz").json()["spool"] == {"bytes": 0, "age_s": 0, "damaged": 0}
        writer = SpoolWriter(api.settings.spool, 1 << 29, lambda: now_ms() - 90_000)
        writer.append([an_open(1)])
        writer.close()
        keep_aside(api.settings.spool, "x-1", b"damaged")
        found = api.get("/readyz").json()
        metrics = api.get("/metrics").text
        assert (found["ready"], found["log"], found["spool"]["damaged"]) == (False, "ok", 1)
        assert found["spool"]["age_s"] >= 90
        assert f"mailpixel_spool_bytes {float(found['spool']['bytes'])}" in metrics
        assert "mailpixel_spool_damaged 1.0" in metrics
        assert len(logged(api.store)) == 1
        assert api.get("/readyz").json()["spool"]["age_s"] == 0


@pytest.mark.parametrize(
    ("state", "grade", "found"),
    [
        (SpoolState(1_000, 500), Grade.OK, "1,000 bytes"),
        (SpoolState(1_000, 61_000), Grade.FAIL, "the oldest of 1,000 bytes of hits waits for 61 s"),
        (
            SpoolState(1_000, 0, 2),
            Grade.WARN,
            "2 file(s) in spool/damaged/: bytes that could not be read, or hits that were refused",
        ),
    ],
)
def test_the_doctor_says_whether_hits_get_into_the_database(
    state: SpoolState, grade: Grade, found: str
) -> None:
    check = check_spool(state, 60)
    assert (check.name, check.grade, check.found) == ("spool", grade, found)


def test_an_erasure_takes_hits_that_wait_and_damaged_parts_that_name_the_person(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    store, registry = open_sqlite(settings.database)
    registry.add_campaign(a_campaign())
    writer = SpoolWriter(settings.spool, 1 << 29)
    writer.append([an_open(1, recipient="r-secret"), an_open(2, recipient="r-other")])
    keep_aside(settings.spool, "x-1", b"\xa8r-secret\xa0")
    keep_aside(settings.spool, "x-2", b"\xa7r-other\xa0")
    outcome = erase_people(erasing_in(settings, store, registry), ["r-secret"])
    writer.close()
    assert (outcome.problem, outcome.record.events) == ("", 1)
    assert [path.name for path in aside_in(settings.spool)] == ["x-2"]
    assert [event.recipient for event in logged(store)] == ["r-other"]
    assert not any(b"r-secret" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    store.close()
    registry.close()


class Stuck:
    """Hits on their way into the log, whose files do not go."""

    def settle(self, within_s: float, emptied: bool = False) -> bool:
        """All is in the log, but a file is still there."""
        return not emptied


def test_an_erasure_is_not_done_while_a_file_may_hold_the_person(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    store, registry = open_sqlite(settings.database)
    erasing = erasing_in(settings, store, registry)
    stuck = erase_people(replace(erasing, incoming=Stuck()), ["r-secret"])
    assert (stuck.problem, stuck.record.state) == (NOT_EMPTIED, ErasureState.ERASED)
    assert [outcome.record.state for outcome in finish_all(erasing)] == [ErasureState.DONE]
    store.close()
    registry.close()


def test_what_cannot_be_moved_is_named(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    writer = SpoolWriter(tmp_path / "spool", 1 << 29)
    writer.append([an_open(1)])
    writer.close()
    (tmp_path / "mailpixel.db").unlink()
    with pytest.raises(StoreUnavailable):
        Spool(tmp_path / "spool", store).settle(1)
    store.close()
    registry.close()
