"""A list that is interrupted goes on where it ended, for the same job alone, and gives the same bytes."""

import fcntl
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.minting.part_file import PartFile, facts_of_run
from mailpixel.minting.run import Done, MintedCounts, Watch, mint_links

NOW = datetime(2026, 11, 25, tzinfo=UTC)
KEYRING = new_keyring(NOW)
JOB = Job("c1", "https://t.example", links=(1, 2), workers=1)
ROWS = 60_000
LIST = b"recipient\n" + b"".join(b"r-%06d\n" % n if n % 9_000 else b"no id %d\n\n" % n for n in range(ROWS))


def as_parquet() -> bytes:
    """The list as Parquet, where blank rows are null."""
    out = io.BytesIO()
    ids = [line.decode() or None for line in LIST.splitlines()[1:]]
    pq.write_table(pa.table({"recipient": ids}), out, row_group_size=15_000)
    return out.getvalue()


def uninterrupted(list_: bytes, job: Job) -> tuple[bytes, MintedCounts, list[int]]:
    """What one run gives: the output, its tally and the faulty rows."""
    sink, faults = io.BytesIO(), list[int]()
    watch = Watch(on_fault=lambda row, fault: faults.append(row))
    tally = mint_links(io.BytesIO(list_), sink, job, KEYRING, watch)
    return sink.getvalue(), tally, faults


class Cut(Exception):
    """The end of a run before its time."""


def run(
    path: Path,
    list_: bytes,
    job: Job = JOB,
    blocks: int | None = None,
    keyring: Keyring = KEYRING,
    **how: Any,
) -> tuple[MintedCounts, list[int]]:
    """One run into a file, which ends before its time after so many blocks."""
    faults = list[int]()
    with PartFile(path, facts_of_run(job, keyring, len(list_)), **how) as part:

        def on_block(done: Done) -> None:
            part.note(done)
            if done.blocks == blocks:
                part.sink.write(b"half a ro")  # lies beyond what counts
                raise Cut

        watch = Watch(on_fault=lambda row, fault: faults.append(row), on_block=on_block, done=part.done)
        return mint_links(io.BytesIO(list_), part.sink, job, keyring, watch), faults


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the output goes."""
    return tmp_path / "links.csv"


def left(path: Path) -> list[str]:
    """The files there are."""
    return sorted(file.name for file in path.parent.iterdir())


@pytest.mark.parametrize("list_", [LIST, as_parquet(), b"\xef\xbb\xbf" + LIST])
@pytest.mark.parametrize("job", [JOB, replace(JOB, format=Format.NDJSON), replace(JOB, hash_recipients=True)])
def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(path: Path, list_: bytes, job: Job) -> None:
    expected, tally, faulty = uninterrupted(list_, job)
    faults: list[int] = []
    for blocks in (1, 3):
        with pytest.raises(Cut):
            run(path, list_, job, blocks, resume=True)
        assert left(path) == ["links.csv.part", "links.csv.part.json"]
    told, faults = run(path, list_, job, resume=True)
    assert path.read_bytes() == expected
    assert told == tally
    assert faults == [row for row in faulty if row in faults]
    assert len(faults) < len(faulty) or not faulty
    assert left(path) == ["links.csv"]


def test_the_old_file_stands_until_the_new_one_is_whole(path: Path) -> None:
    path.write_bytes(b"of yesterday")
    with pytest.raises(Cut):
        run(path, LIST, blocks=2)
    assert path.read_bytes() == b"of yesterday"
    run(path, LIST, resume=True)
    assert path.read_bytes() == uninterrupted(LIST, JOB)[0]


def test_without_resume_a_run_begins_anew(path: Path) -> None:
    with pytest.raises(Cut):
        run(path, LIST, blocks=2)
    run(path, b"r-1\n")
    assert path.read_bytes() == uninterrupted(b"r-1\n", JOB)[0]
    assert left(path) == ["links.csv"]


def test_a_run_that_wrote_nothing_leaves_nothing(path: Path) -> None:
    with pytest.raises(InvalidInput, match="no column"):
        run(path, b"a,b\n1,2\n")
    assert left(path) == []


def test_a_part_without_its_note_counts_for_nothing(path: Path) -> None:
    path.with_name("links.csv.part").write_bytes(b"x" * 1_000_000)
    run(path, b"r-1\n", resume=True)
    assert path.read_bytes() == uninterrupted(b"r-1\n", JOB)[0]


def test_a_strict_run_goes_on_without_strict_past_the_row_that_stopped_it(path: Path) -> None:
    list_ = LIST.replace(b"no id 0\n", b"r-000000\n").replace(b"no id 9000\n", b"r-009000\n")
    with pytest.raises(InvalidInput, match="row 18"):
        run(path, list_, replace(JOB, strict=True))
    run(path, list_, resume=True)
    assert path.read_bytes() == uninterrupted(list_, JOB)[0]


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run that was cut off after two blocks wrote to."""
    path = tmp_path_factory.mktemp("interrupted") / "links.csv"
    with pytest.raises(Cut):
        run(path, LIST, blocks=2)
    return path


OTHER_JOBS: list[tuple[str, Job, Keyring, bytes]] = [
    ("campaign", replace(JOB, campaign="c2"), KEYRING, LIST),
    ("base URL", replace(JOB, base_url="https://u.example"), KEYRING, LIST),
    ("format", replace(JOB, format=Format.NDJSON), KEYRING, LIST),
    ("columns", replace(JOB, links=(1,)), KEYRING, LIST),
    ("columns", replace(JOB, merge=True), KEYRING, LIST),
    ("columns", replace(JOB, hash_recipients=True), KEYRING, LIST),
    ("input column", replace(JOB, wanted=Wanted("recipient")), KEYRING, LIST),
    ("list of kept columns", replace(JOB, wanted=Wanted(keep_all=True)), KEYRING, LIST),
    ("header", replace(JOB, wanted=Wanted(headerless=True)), KEYRING, LIST),
    ("encoding", replace(JOB, encoding="cp1252"), KEYRING, LIST),
    ("keys", JOB, new_keyring(NOW), LIST),
    ("keys", JOB, replace(KEYRING, pseudonym=bytes(32)), LIST),
    ("size of the list", JOB, KEYRING, LIST + b"r-1\n"),
]


@pytest.mark.parametrize(("name", "job", "keyring", "list_"), OTHER_JOBS)
def test_another_job_is_refused_by_what_differs_and_touches_nothing(
    interrupted: Path, name: str, job: Job, keyring: Keyring, list_: bytes
) -> None:
    before = {each.name: each.read_bytes() for each in interrupted.parent.iterdir()}
    with pytest.raises(InvalidInput, match=f"another job: `{name}` changed; start again without `resume`"):
        run(interrupted, list_, job, keyring=keyring, resume=True)
    assert {each.name: each.read_bytes() for each in interrupted.parent.iterdir()} == before


def test_the_same_job_goes_on_after_others_were_refused(interrupted: Path) -> None:
    run(interrupted, LIST, resume=True)
    assert interrupted.read_bytes() == uninterrupted(LIST, JOB)[0]


def test_a_list_that_changed_in_what_was_done_is_refused(path: Path) -> None:
    with pytest.raises(Cut):
        run(path, LIST, blocks=2)
    with pytest.raises(InvalidInput, match="changed since the run began; start again"):
        run(path, LIST.replace(b"r-000007", b"r-00000x"), resume=True)
    assert left(path) == ["links.csv.part", "links.csv.part.json"]


def test_a_run_that_keeps_columns_goes_on(path: Path) -> None:
    job = replace(JOB, wanted=Wanted(keep=("note",)))
    rows = b"".join(b'r-%06d,"note\n%d"\n' % (n, n) for n in range(40_000))
    list_ = b"recipient,Note\n" + rows
    with pytest.raises(Cut):
        run(path, list_, job, blocks=2)
    run(path, list_, job, resume=True)
    assert path.read_bytes() == uninterrupted(list_, job)[0]
    assert path.read_bytes().startswith(b"recipient,pixel_url,link_1,link_2,Note,choice_url\n")


def test_a_parquet_file_cannot_be_continued(path: Path) -> None:
    job = replace(JOB, format=Format.PARQUET)
    with pytest.raises(Cut):
        run(path, LIST, job, blocks=2)
    assert left(path) == []
    with pytest.raises(
        InvalidInput, match="a Parquet file cannot be continued; start again without `resume`"
    ):
        run(path, LIST, job, resume=True)
    run(path, LIST, job)
    assert pq.read_metadata(path).num_rows == uninterrupted(LIST, JOB)[1].minted


DAMAGE: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("links.csv.part", lambda data: data[:1_000], "shorter than the run had written"),
    ("links.csv.part.json", lambda data: data[:-5], "is damaged"),
    ("links.csv.part.json", lambda data: b"[]", "is damaged"),
    (
        "links.csv.part.json",
        lambda data: json.dumps(json.loads(data) | {"done": {"x": 1}}).encode(),
        "is damaged",
    ),
]


@pytest.mark.parametrize(("name", "damaged", "problem"), DAMAGE)
def test_damaged_files_are_refused(
    path: Path, name: str, damaged: Callable[[bytes], bytes], problem: str
) -> None:
    with pytest.raises(Cut):
        run(path, LIST, blocks=2)
    file = path.with_name(name)
    file.write_bytes(damaged(file.read_bytes()))
    with pytest.raises(InvalidInput, match=f"{problem}; start again without `resume`"):
        run(path, LIST, resume=True)


def test_two_runs_do_not_write_one_file(path: Path) -> None:
    with path.with_name("links.csv.part").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Conflict, match="another run is writing"):
            run(path, LIST)


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"output: cannot write .*: No such file"):
        run(tmp_path / "nowhere" / "links.csv", LIST)


def test_the_note_holds_no_secret(path: Path) -> None:
    with pytest.raises(Cut):
        run(path, LIST, blocks=1)
    note = path.with_name("links.csv.part.json").read_text()
    assert KEYRING.keys[0].secret.hex() not in note
    assert KEYRING.pseudonym.hex() not in note
    assert "r-00" not in note
