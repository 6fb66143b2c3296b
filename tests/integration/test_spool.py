"""Moving spooled hits into the log, on every store."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from mailpixel.errors import StoreUnavailable
from mailpixel.model import Facts
from mailpixel.spool.expanding import Spool
from mailpixel.spool.files import aside_in, only_one, segments_in
from mailpixel.spool.frames import Kind, frame_at, pack
from mailpixel.spool.reading import read_new
from mailpixel.spool.records import events_of
from mailpixel.spool.state import SpoolState, state_of
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.log import Overflow
from mailpixel.store.sqlite import SqliteStore
from mailpixel.store.store import Store
from tests.support.builders import EDGE, a_click, an_open, at_ms
from tests.support.folding import NOW_MS, logged

DAY = NOW_MS // 86_400_000


class Clock:
    """A clock that is set by hand."""

    now_ms = 1_000

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path, store: Store) -> Spool:
    return Spool(folder, store)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(folder: Path, clock: Clock) -> Iterator[SpoolWriter]:
    made = SpoolWriter(folder, 1 << 29, clock)
    yield made
    made.close()


def recipients(store: Store) -> list[str]:
    return sorted(event.recipient for event in logged(store))


def test_what_was_written_is_in_the_log_once_and_nothing_is_left(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    writer.append([an_open(1, recipient="r-1"), an_open(2, recipient="r-2")])
    writer.append_blank()
    writer.append([an_open(3, recipient="r-3")])
    assert (spool.expand(), spool.expand()) == (3, 0)
    writer.append([an_open(4, recipient="r-4")])
    writer.close()
    assert spool.settle(10, emptied=True)
    assert recipients(store) == ["r-1", "r-2", "r-3", "r-4"]
    assert (list(folder.iterdir()), store.spool_cursors()) == ([], {})


def test_without_a_spool_there_is_nothing_to_do(spool: Spool, store: Store, folder: Path) -> None:
    assert (spool.expand(), spool.settle(0), spool.settle(0, emptied=True)) == (0, True, True)
    assert (state_of(folder, store, 5), folder.exists()) == (SpoolState(), False)


def test_counts_and_broken_signatures_take_the_same_way(
    spool: Spool, store: Store, writer: SpoolWriter
) -> None:
    forged = [replace(an_open(5, recipient=name), facts=Facts.FORGED) for name in ("r-1", "nobody")]
    writer.append([an_open(1)])
    assert writer.append_evidence(forged) == 2
    writer.raise_overflow([Overflow("spring", "r-1", DAY, EDGE, 7)])
    assert spool.settle(10)
    assert recipients(store) == ["r-1", "r-1"]
    assert store.figures("spring", NOW_MS, 0).overflow == 7


def test_broken_signatures_do_not_fill_the_spool(spool: Spool, store: Store, folder: Path) -> None:
    writer = SpoolWriter(folder, 160_000)
    forged = [replace(an_open(100 + n), facts=Facts.FORGED) for n in range(100)]
    writer.append([an_open(n) for n in range(100)])
    assert writer.append_evidence(forged) == 100
    writer.roll()
    writer.append([an_open(200)])
    assert writer.append_evidence(forged) == 0
    writer.append([an_open(201)])
    writer.close()
    assert spool.settle(10)
    assert len(recipients(store)) == 202


def test_writers_are_merged_in_the_order_of_their_moments(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path, clock: Clock
) -> None:
    other = SpoolWriter(folder, 1 << 29, clock)
    for n in range(6):
        clock.now_ms = 1_000 + n
        (writer, other)[n % 2].append([an_open(100 - n, recipient=f"r-{n}")])
    other.close()
    spool.settle(10)
    assert [event.recipient for event in store.latest(10)] == [f"r-{n}" for n in (5, 4, 3, 2, 1, 0)]


def test_a_write_that_comes_twice_is_logged_once(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    events = [an_open(1)]
    writer.append(events)
    writer.append(events)
    spool.settle(10)
    assert len(logged(store)) == 1


def test_damage_is_reported_and_kept_and_what_follows_it_is_logged(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for n in range(3):
        writer.append([an_open(n, recipient=f"r-{n}")])
    writer.close()
    (segment,) = segments_in(folder)
    damaged = list(read_new(segment, 0, True))[1]
    data = bytearray(segment.path.read_bytes())
    data[damaged.start + 40] ^= 8
    segment.path.write_bytes(data)
    assert spool.settle(10, emptied=True)
    assert recipients(store) == ["r-0", "r-2"]
    (aside,) = aside_in(folder)
    assert aside.read_bytes() == bytes(data[damaged.start : damaged.end])
    assert aside.name == f"{segment.path.name}-{damaged.start}"
    assert f"bytes in {aside.name} are damaged" in caplog.text
    assert state_of(folder, store, 5) == SpoolState(damaged.end - damaged.start, 0, 1)


def test_a_tail_that_was_cut_off_is_told_and_nothing_is_kept(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer.append([an_open(1)])
    writer.close()
    (segment,) = segments_in(folder)
    with segment.path.open("ab") as file:
        file.write(pack(Kind.EVENTS, 1_000, b"x" * 100)[:50])
    assert spool.settle(10, emptied=True)
    assert (len(logged(store)), aside_in(folder)) == (1, ())
    assert "was cut off" in caplog.text


def test_a_file_that_lost_its_end_is_told_from_a_torn_write_where_its_writer_went_on(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    for number in (1, 2):
        writer.append([an_open(number, recipient=f"r-{number}")])
        writer.roll()
    first, _ = segments_in(folder)
    os.truncate(first.path, first.size - 10)
    assert spool.settle(10, emptied=True)
    assert (recipients(store), len(aside_in(folder))) == (["r-2"], 1)


def test_what_the_store_cannot_take_is_kept_aside_and_the_rest_is_logged(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    writer.append([an_open(1, recipient="r-1")])
    content = b"not MessagePack"
    for kind, data in ((Kind.EVENTS, content), (9, content)):  # the second as a later release may write it
        frame = pack(kind, 1_000, data)
        with writer._lock:
            assert writer._open is not None
            os.write(writer._open.descriptor, frame)
            writer._open.good += len(frame)
    writer.append([an_open(3, recipient="r-3")])
    writer.close()
    assert spool.settle(10, emptied=True)
    assert recipients(store) == ["r-1", "r-3"]
    assert [path.read_bytes() for path in aside_in(folder)] == [content, content]


def test_of_a_write_that_the_database_refuses_all_but_the_bad_event_is_logged(
    writer: SpoolWriter, folder: Path, tmp_path: Path
) -> None:
    with closing(SqliteStore(tmp_path / "mailpixel.db")) as store:
        bad = a_click(2, 1 << 63, recipient="r-2")  # more than SQLite's integers
        writer.append([an_open(1, recipient="r-1"), bad, an_open(3, recipient="r-3")])
        writer.append([an_open(4, recipient="r-4")])
        writer.close()
        assert Spool(folder, store).settle(10, emptied=True)
        assert recipients(store) == ["r-1", "r-3", "r-4"]
    (aside,) = aside_in(folder)
    frame = frame_at(aside.read_bytes(), 0)
    assert frame is not None
    assert events_of(frame.content) == [bad]


def test_one_process_moves_at_a_time_and_the_others_wait(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    writer.append([an_open(1)])
    with only_one(folder) as mine:
        assert (mine, spool.expand(), spool.settle(0.05)) == (True, None, False)
    assert (spool.settle(10), len(logged(store))) == (True, 1)


def test_several_threads_settle_at_once_and_lose_and_double_nothing(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    settled: list[bool] = []
    threads = [threading.Thread(target=lambda: settled.append(spool.settle(30))) for _ in range(4)]
    for n in range(50):
        writer.append([an_open(n, recipient=f"r-{n:02}")])
        if n == 25:
            for thread in threads:
                thread.start()
    for thread in threads:
        thread.join()
    assert (settled, spool.settle(30)) == ([True] * 4, True)
    assert recipients(store) == [f"r-{n:02}" for n in range(50)]


def test_who_was_erased_stays_out_and_the_files_hold_nothing_of_them(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path
) -> None:
    writer.append([an_open(1, recipient="r-secret"), an_open(2, recipient="r-2")])
    store.erase("r-secret", at_ms(100))
    assert spool.settle(10, emptied=True)  # an idle writer closes its file by itself
    assert recipients(store) == ["r-2"]
    assert not list(folder.iterdir())


def test_a_file_is_overwritten_before_it_is_removed(spool: Spool, writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1, recipient="r-secret")])
    writer.close()
    (segment,) = segments_in(folder)
    with segment.path.open("rb") as still_open:
        assert spool.settle(10, emptied=True)
        assert still_open.read() == bytes(segment.size)


def test_a_killed_writer_that_left_a_file_without_anything_leaves_nothing(
    spool: Spool, store: Store, folder: Path
) -> None:
    folder.mkdir()
    for number, content in enumerate((b"", b"mailpixel sp", bytes(4_096)), 1):
        (folder / f"0123456789abcdef-{number:010}").write_bytes(content)
    assert spool.settle(10, emptied=True)
    assert (list(folder.iterdir()), store.spool_cursors()) == ([], {})


def test_the_state_says_how_long_the_oldest_hit_waits(
    spool: Spool, store: Store, writer: SpoolWriter, folder: Path, clock: Clock
) -> None:
    writer.append([an_open(1)])
    clock.now_ms = 3_000
    writer.append([an_open(2)])
    (segment,) = segments_in(folder)
    size = segment.path.stat().st_size
    assert state_of(folder, store, 5_000) == SpoolState(size, 4_000, 0)
    spool.settle(10)
    assert state_of(folder, store, 5_000) in (SpoolState(size, 0, 0), SpoolState(0, 0, 0))
    clock.now_ms = 6_000
    writer.append([an_open(3)])
    assert state_of(folder, store, 7_000).age_ms == 1_000


def test_a_folder_that_cannot_be_read_refuses(spool: Spool, store: Store, folder: Path) -> None:
    folder.write_text("a file is in the way")
    with pytest.raises(StoreUnavailable, match="the spool cannot be read: Not a directory"):
        spool.expand()
    with pytest.raises(StoreUnavailable, match="the spool cannot be read: Not a directory"):
        state_of(folder, store, 0)
