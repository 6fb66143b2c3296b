"""The files of the spool, on their own."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Certainty, Decision, Event, Facts, Network, Scope, Verdict, Via
from mailpixel.reading.deliveries import Recipient
from mailpixel.spool.files import header_of, is_finished, segments_in
from mailpixel.spool.frames import HEAD_BYTES, Frame, Kind, frame_at, is_torn, next_frame, pack
from mailpixel.spool.reading import Damage, read_new
from mailpixel.spool.records import events_content, events_of, overflow_content, overflow_of
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.log import Overflow
from tests.support.builders import EDGE, a_bounce, a_click, an_open

MB = 1 << 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def writer(folder: Path) -> Iterator[SpoolWriter]:
    made = SpoolWriter(folder, 512 * MB, lambda: 1_000)
    yield made
    made.close()


def frames(folder: Path, finished: bool = True) -> list[Frame | Damage]:
    return [found for segment in segments_in(folder) for found in read_new(segment, 0, finished)]


def events(folder: Path) -> list[Event]:
    found = frames(folder)
    return [event for each in found if isinstance(each, Frame) for event in events_of(each.content)]


RICH = replace(
    an_open(3),
    tag=b"12345678",
    former_tag=b"87654321",
    facts=Facts.ACCEPT | Facts.OWN_NETWORK,
    network=Network("10.0.0.0/8", "ours", Scope.ALL, Certainty.PEOPLE, "us", "2026", Via.GMAIL),
    decided=Decision(Verdict.BOT, "declared", Via.APPLE, True, 7),
)


@pytest.mark.parametrize(
    "event",
    [
        an_open(1),
        RICH,
        a_bounce(5),
        a_click(1, 2),
        replace(an_open(1), campaign="site:s", body='{"ü": 1}', kind=EventKind.STEP),
        *(replace(a_bounce(5), reason=reason) for reason in Reason),
        replace(an_open(1), facts=Facts(1 << 30)),
    ],
)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert events_of(events_content([event])) == [event]


def test_texts_of_types_of_their_own_are_written_as_texts() -> None:
    event = a_bounce(5)
    assert events_of(events_content([replace(event, recipient=Recipient(event.recipient))])) == [event]


def test_counts_past_the_cap_come_back_as_they_were() -> None:
    counts = [Overflow("spring", "r-1", 20_000, EDGE, 7), Overflow("site:s", "v", 1, b"abcd", 1)]
    assert overflow_of(overflow_content(counts)) == counts


KEPT = Path(__file__).parent.parent / "data" / "spool" / "0123456789abcdef-0000000001"
"""A file of the first release of the format. It stays readable for ever; never write it anew."""
KEPT_ID = bytes.fromhex("01a0c4506a0065646765000000000001")


def test_what_an_earlier_release_wrote_is_read() -> None:
    (segment,) = segments_in(KEPT.parent)
    found = [each for each in read_new(segment, 0, True) if isinstance(each, Frame)]
    assert [(each.kind, each.at_ms) for each in found] == [(1, 1_000), (0, 1_001), (2, 1_002), (3, 1_003)]
    event = replace(RICH, id=KEPT_ID, received_at_ms=int.from_bytes(KEPT_ID[:6], "big"))
    assert [events_of(found[0].content), events_of(found[2].content)] == [[event], [event]]
    assert overflow_of(found[3].content) == [Overflow("spring", "r-1", 20_000, b"edge", 7)]


def test_a_frame_of_the_first_format_that_was_cut_off_is_told_from_damage() -> None:
    (segment,) = segments_in(KEPT.parent)
    (*_, last) = read_new(segment, 0, True)
    whole = KEPT.read_bytes()[last.start : last.end]
    assert all(is_torn(whole[:end], 0) for end in range(len(whole)))
    assert not is_torn(whole[:-1] + bytes([whole[-1] ^ 1]), 0)


def test_text_that_is_no_unicode_is_refused_before_anything_is_written(
    writer: SpoolWriter, folder: Path
) -> None:
    with pytest.raises(UnicodeEncodeError):
        writer.append([replace(an_open(1), agent="\ud800")])
    with pytest.raises(InvalidInput):
        writer.append([replace(an_open(1), id=b"short")])
    assert not folder.exists()


@given(st.integers(0, 3), st.integers(0, 1 << 45), st.binary(max_size=300))
def test_a_frame_comes_back_and_no_part_of_it_is_taken_for_one(kind: int, at_ms: int, content: bytes) -> None:
    data = pack(Kind(kind), at_ms, content)
    assert frame_at(data, 0) == Frame(kind, at_ms, content, 0, len(data))
    assert all(frame_at(data[:end], 0) is None and is_torn(data[:end], 0) for end in range(len(data)))


@given(st.data(), st.lists(st.binary(max_size=40), min_size=2, max_size=6))
def test_one_flipped_byte_costs_one_frame_and_no_other(data: st.DataObject, contents: list[bytes]) -> None:
    packed = [pack(Kind.EVENTS, 5, content) for content in contents]
    hit = data.draw(st.integers(0, len(packed) - 2))
    at = sum(map(len, packed[:hit])) + data.draw(st.integers(0, len(packed[hit]) - 1))
    whole = bytearray(b"".join(packed))
    whole[at] ^= data.draw(st.integers(1, 255))
    found, position = [], 0
    while (frame := next_frame(bytes(whole), position)) is not None:
        found.append(frame.content)
        position = frame.end
    assert found == contents[:hit] + contents[hit + 1 :]


def test_hits_of_two_writers_stand_in_files_of_their_own(writer: SpoolWriter, folder: Path) -> None:
    other = SpoolWriter(folder, 512 * MB)
    first, second = an_open(1), an_open(2)
    writer.append([first])
    other.append([second])
    other.close()
    found = {segment.edge: segment for segment in segments_in(folder)}
    assert found.keys() == {writer.edge, other.edge}
    assert (is_finished(found[writer.edge].path), is_finished(found[other.edge].path)) == (False, True)
    assert sorted(event.id for event in events(folder)) == [first.id, second.id]


def test_the_files_are_for_their_owner_only_and_say_what_they_are(writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1)])
    (segment,) = segments_in(folder)
    assert (segment.path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    header = f"mailpixel spool 2 {writer.edge}-0000000001\n".encode()
    assert segment.path.read_bytes().startswith(header)
    assert header == header_of(writer.edge, 1)


def test_a_rolled_file_is_followed_by_the_next(writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1)])
    writer.roll()
    writer.roll()
    writer.append([an_open(2)])
    assert [segment.number for segment in segments_in(folder)] == [1, 2]
    assert len(events(folder)) == 2


def test_an_idle_writer_closes_its_file_by_itself(writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1)])
    (segment,) = segments_in(folder)
    while not is_finished(segment.path):
        pass
    assert len(events(folder)) == 1


def test_a_large_file_is_followed_by_the_next(writer: SpoolWriter, folder: Path) -> None:
    large = [replace(an_open(n), agent="x" * 500_000) for n in range(20)]
    for event in large:
        writer.append([event])
    segments = segments_in(folder)
    assert len(segments) >= 2
    assert all(segment.size <= 8 * MB for segment in segments)
    assert events(folder) == large


def test_a_full_spool_refuses_until_there_is_room(writer: SpoolWriter, folder: Path) -> None:
    small = SpoolWriter(folder, 100)
    small.append([an_open(1)])
    small.append([an_open(2)])  # the bound is looked at when a file is begun
    small.roll()
    with pytest.raises(
        StoreUnavailable, match=r"the spool is full \(.* bytes\); see that `mailpixel work` runs"
    ):
        small.append([an_open(3)])
    for segment in segments_in(folder):
        segment.path.unlink()
    small.append([an_open(4)])
    small.close()
    assert len(events(folder)) == 1


def test_a_short_write_leaves_no_part_behind_and_is_refused(folder: Path) -> None:
    pid = os.fork()
    if pid == 0:  # the limit holds for the whole process, so it is set in one of its own
        code = 1
        try:
            code = _write_until_the_limit(folder)
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert len(events(folder)) == 3
    assert all(isinstance(found, Frame) for found in frames(folder))


def _write_until_the_limit(folder: Path) -> int:
    writer = SpoolWriter(folder, 512 * MB)
    writer.append([an_open(1)])
    writer.append([an_open(2)])
    (segment,) = segments_in(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (segment.size + 50, resource.RLIM_INFINITY))
    for _ in range(2):
        try:
            writer.append([replace(an_open(3), agent="x" * 2_000)])
            return 2
        except StoreUnavailable:
            pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    writer.append([an_open(3)])
    return 0


def test_after_an_error_the_same_file_is_never_written_again(writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1)])
    assert writer._open is not None
    os.close(writer._open.descriptor)  # the disk is gone for this file
    with pytest.raises(StoreUnavailable, match="the spool cannot be written: Bad file descriptor"):
        writer.append([an_open(2)])
    writer.append([an_open(3)])
    assert [segment.number for segment in segments_in(folder)] == [1, 2]
    assert len(events(folder)) == 2


def test_a_folder_that_cannot_be_written_refuses(tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("a file is in the way")
    writer = SpoolWriter(tmp_path / "spool", 512 * MB)
    with pytest.raises(StoreUnavailable, match="the spool cannot be written: Not a directory"):
        writer.append([an_open(1)])
    writer.close()


def test_a_torn_tail_waits_while_its_writer_lives_and_is_told_from_damage(
    writer: SpoolWriter, folder: Path
) -> None:
    writer.append([an_open(1)])
    writer.append([an_open(2)])
    writer.close()
    (segment,) = segments_in(folder)
    whole = segment.path.read_bytes()
    last = frames(folder)[-1].start
    for end in (last + 1, last + HEAD_BYTES, len(whole) - 1):
        segment.path.write_bytes(whole[:end])
        assert [type(found) for found in frames(folder, finished=False)] == [Frame]
        found = frames(folder)
        assert found[-1] == Damage(whole[last:end], last, end, torn=True)
    segment.path.write_bytes(whole[:last] + bytes(100))
    assert frames(folder)[-1] == Damage(bytes(100), last, last + 100, torn=True)
    for at in range(
        last, len(whole)
    ):  # also in its length, which must not look like a write that was cut off
        broken = whole[:at] + bytes([whole[at] ^ 128]) + whole[at + 1 :]
        segment.path.write_bytes(broken)
        assert frames(folder)[-1] == Damage(broken[last:], last, len(broken), torn=False)


def test_what_follows_damage_in_the_middle_is_read_also_from_a_position(
    writer: SpoolWriter, folder: Path
) -> None:
    for n in range(3):
        writer.append([an_open(n)])
    (segment,) = segments_in(folder)
    first, second, third = frames(folder)
    data = bytearray(segment.path.read_bytes())
    data[second.start + 30] ^= 1
    segment.path.write_bytes(data)
    damage = Damage(bytes(data[second.start : second.end]), second.start, second.end)
    assert frames(folder, finished=False) == [first, damage, third]
    assert list(read_new(segment, first.end, False)) == [damage, third]
    assert list(read_new(segment, third.end, True)) == []


def test_a_blank_is_as_large_as_the_hit_before_it(writer: SpoolWriter, folder: Path) -> None:
    writer.append([an_open(1)])
    writer.append_blank()
    hit, blank = frames(folder)
    assert (blank.end - blank.start, isinstance(blank, Frame) and blank.kind) == (hit.end - hit.start, 0)


def test_writing_nothing_makes_no_file(writer: SpoolWriter, folder: Path) -> None:
    writer.append([])
    writer.raise_overflow([])
    assert (writer.append_evidence([]), folder.exists()) == (0, False)
