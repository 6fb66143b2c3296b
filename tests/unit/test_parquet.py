"""Lists of recipients from and to Parquet: the rules of CSV, faults by row, flat memory, damaged files."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mailpixel.errors import InvalidInput
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.keyring import pseudonym
from mailpixel.links.lists.columns import Wanted
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.links.lists.parquet import ROW_GROUP_BYTES, ParquetRows, arrow_block
from mailpixel.minting.run import Done, MintedCounts, Watch, mint_links

KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
MERGE = Job("c1", "https://t.example", merge=True, workers=1)
LINKS = Job("c1", "https://t.example", links=(1, 2), workers=1)
TO_PARQUET = replace(LINKS, format=Format.PARQUET)


def parquet(columns: dict[str, Any], **options: Any) -> bytes:
    """A Parquet file of columns."""
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, **options)
    return out.getvalue()


def minted(list_: bytes, job: Job, watch: Watch | None = None) -> bytes:
    """The output for a list."""
    sink = io.BytesIO()
    mint_links(io.BytesIO(list_), sink, job, KEYRING, watch or Watch())
    return sink.getvalue()


def read_back(data: bytes) -> list[dict[str, str]]:
    """The rows of a Parquet file."""
    rows: list[dict[str, str]] = pq.read_table(io.BytesIO(data)).to_pylist()
    return rows


def as_ndjson(list_: bytes, job: Job) -> list[dict[str, str]]:
    """The rows that the same list gives as NDJSON."""
    return list(map(json.loads, minted(list_, replace(job, format=Format.NDJSON)).splitlines()))


IDS = ["r-1", "r-2", "r-3"]


@pytest.mark.parametrize(
    "columns",
    [
        {"recipient": IDS},
        {"any name": IDS},
        {"name": ["Ann", "Bob", "Cyd"], "Recipient": [" r-1", "r-2 ", "r-3"]},
        {"name": ["Ann", "Bob", "Cyd"], " recipient ": IDS},
        {"n": [[1], [2], []], "recipient": pa.array(IDS, pa.large_string())},
        {"recipient": pa.array(IDS, pa.string_view())},
        {"recipient": pa.array(IDS, pa.binary())},
        {"recipient": pa.array(IDS).dictionary_encode()},
    ],
)
@pytest.mark.parametrize("options", [{}, {"row_group_size": 2}, {"compression": "gzip"}])
def test_a_parquet_list_gives_what_the_same_csv_gives(columns: dict[str, Any], options: Any) -> None:
    assert minted(parquet(columns, **options), LINKS) == minted(b"r-1\nr-2\nr-3\n", LINKS)


def test_whole_numbers_are_ids_in_decimal_digits() -> None:
    list_ = parquet({"name": ["a", "b"], "Key": pa.array([7, 2**63], pa.uint64())})
    assert minted(list_, replace(MERGE, wanted=Wanted("key"))) == minted(b"7\n9223372036854775808\n", MERGE)


@pytest.mark.parametrize(
    ("columns", "column", "problem"),
    [
        (
            {"name": IDS, "city": IDS},
            None,
            "no column `recipient`, but `name`, `city`; set `column` to the right one",
        ),
        ({"recipient": IDS}, "id", "no column `id`, but `recipient`"),
        ({"recipient": IDS, "Recipient": IDS}, None, "more than once"),
        ({"recipient": [1.0, 2.0]}, None, "`recipient` is of type double; give a column of text or whole"),
        ({"recipient": [["r-1"]]}, None, "`recipient` is of type list"),
        ({"recipient": pa.array([1.5]).dictionary_encode()}, None, "`recipient` is of type double"),
    ],
)
def test_a_column_that_cannot_be_used_is_refused_as_a_whole(
    columns: dict[str, Any], column: str | None, problem: str
) -> None:
    with pytest.raises(InvalidInput, match=problem) as refused:
        minted(parquet(columns), replace(MERGE, wanted=Wanted(column)))
    assert refused.value.field == "column"


ODD = pa.array([b"r-1", None, b"a@b.example", b"r\xe9", b"  ", b"r-6"], pa.binary())


@pytest.mark.parametrize(
    ("columns", "faulty"), [({"recipient": ODD}, [3, 4]), ({"id": [1] * 6, "recipient": ODD}, [2, 3, 4, 5])]
)
@pytest.mark.parametrize("row_group_size", [1, 6])
def test_a_broken_row_is_reported_by_its_number_from_one(
    columns: dict[str, Any], faulty: list[int], row_group_size: int
) -> None:
    told: list[tuple[int, str]] = []
    watch = Watch(on_fault=lambda row, fault: told.append((row, fault.field)))
    rows = minted(parquet(columns, row_group_size=row_group_size), MERGE, watch).splitlines()
    assert rows == minted(b"r-1\nr-6\n", MERGE).splitlines()
    assert told == [(row, "recipient") for row in faulty]


def test_text_that_is_no_utf_8_costs_its_own_row() -> None:
    raw = pa.array([b"r-1", b"\xff", b"r-3"], pa.binary())
    text = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    told: list[int] = []
    watch = Watch(on_fault=lambda row, fault: told.append(row))
    assert minted(parquet({"recipient": text}), MERGE, watch) == minted(b"r-1\nr-3\n", MERGE)
    assert told == [2]


@pytest.mark.parametrize("job", [MERGE, LINKS, replace(MERGE, links=(1,)), replace(LINKS, links=())])
@pytest.mark.parametrize("hashed", [False, True])
def test_parquet_out_has_the_columns_and_rows_of_the_other_formats(job: Job, hashed: bool) -> None:
    list_ = b'"Doe, ""Jo"" <jo@example.com>"\njos\xc3\xa9@example.com\n' if hashed else b"r-1\nr 2\nr-3\n"
    job = replace(job, hash_recipients=hashed)
    out = minted(list_, replace(job, format=Format.PARQUET))
    assert read_back(out) == as_ndjson(list_, job)
    assert tuple(pq.read_schema(io.BytesIO(out)).names) == job.columns
    if hashed:
        assert read_back(out)[1]["pseudonym"] == pseudonym(KEYRING, "josé@example.com")


def test_an_empty_list_gives_the_columns_without_rows() -> None:
    for list_ in (b"", parquet({"recipient": pa.array([], pa.string())})):
        out = minted(list_, TO_PARQUET)
        assert pq.read_table(io.BytesIO(out)).to_pydict() == {name: [] for name in LINKS.columns}


def test_several_processes_give_what_one_gives(tmp_path: Path) -> None:
    ids = [f"r-{n:06d}-{n * 7919 % 1_000_003:07d}" for n in range(60_000)]
    list_ = parquet({"recipient": ids}, row_group_size=25_000, use_dictionary=False)
    (tmp_path / "list.parquet").write_bytes(list_)
    outs = []
    for workers in (1, 2):
        with (tmp_path / "list.parquet").open("rb") as source, (tmp_path / "out").open("wb") as sink:
            seen: list[Done] = []
            watch = Watch(on_block=seen.append)
            job = replace(TO_PARQUET, workers=workers)
            assert mint_links(source, sink, job, KEYRING, watch) == MintedCounts(60_000, 60_000, 0, 0)
            assert len(list_) * 0.9 < seen[-1].read_bytes <= len(list_)
        outs.append((tmp_path / "out").read_bytes())
    assert outs[0] == outs[1]
    assert [row["recipient"] for row in read_back(outs[0])] == ids


def test_a_strict_job_leaves_a_file_of_the_rows_before_the_fault() -> None:
    sink = io.BytesIO()
    with pytest.raises(InvalidInput, match="row 2: "):
        mint_links(io.BytesIO(b"r-1\nr 2\nr-3\n"), sink, replace(TO_PARQUET, strict=True), KEYRING)
    assert read_back(sink.getvalue()) == as_ndjson(b"r-1\n", LINKS)


def test_rows_are_written_in_groups_so_that_memory_stays_flat() -> None:
    sink = io.BytesIO()
    rows = ParquetRows(sink, ["recipient"])
    block = arrow_block(["recipient"], [["r" * 1_000] * 1_000])
    for _ in range(40):
        rows.write(block)
    assert sink.tell() > 4
    rows.close()
    metadata = pq.read_metadata(sink)
    assert metadata.num_rows == 40_000
    assert metadata.num_row_groups == 3
    assert metadata.row_group(0).num_rows == -(-ROW_GROUP_BYTES // len(block)) * 1_000


def test_a_damaged_file_is_refused_in_words() -> None:
    list_ = parquet({"recipient": [f"r-{n}" for n in range(1_000)]})
    broken = list_[:20] + b"\xff" * 40 + list_[60:]
    for damaged in (list_[:-3], list_[: len(list_) // 2], broken, b"PAR1\x00", b"PAR1\x15\x00PAR1"):
        with pytest.raises(InvalidInput, match="recipients: cannot be read as Parquet"):
            minted(damaged, MERGE)


def test_ids_that_begin_like_a_parquet_file_are_ids() -> None:
    assert minted(b"PAR1001\nPAR1002\n", MERGE).splitlines()[1].startswith(b"PAR1001,")


class Pipe(io.BytesIO):
    """Bytes that come once."""

    def seekable(self) -> bool:
        return False


def test_parquet_from_a_pipe_is_refused() -> None:
    with pytest.raises(InvalidInput, match="cannot be read from a pipe; name the file"):
        mint_links(Pipe(parquet({"recipient": IDS})), io.BytesIO(), MERGE, KEYRING)


WITHOUT = """
import sys
sys.modules["pyarrow"] = None  # as where it is not installed
from mailpixel.cli import main
main(sys.argv[1:])
"""


@pytest.mark.parametrize("list_", [b"r-1\n", parquet({"recipient": IDS})])
def test_without_pyarrow_the_install_line_is_shown(tmp_path: Path, list_: bytes) -> None:
    (tmp_path / "list").write_bytes(list_)
    links = ["links", "c1", "--recipients", "list", "--output", "out", "--format", "parquet"]
    add = ["campaign", "add", "c1", "--name", "One", "--base-url", "https://t.example"]
    for arguments in (add, links):
        command = [sys.executable, "-c", WITHOUT, "--data", str(tmp_path / "data"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "error: Parquet needs pyarrow: pip install '.[parquet]' in the clone of mailpixel\n",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "list"]


def test_kept_columns_of_any_single_value_come_out_as_text() -> None:
    columns = {
        "recipient": IDS,
        "name": ["Ann", None, "Zoë"],
        "age": pa.array([7, 8, None], pa.int8()),
        "paid": [1.5, 2.0, 3.25],
        "since": pa.array([0, 86_400, None], pa.timestamp("s")),
        "vip": [True, False, True],
    }
    job = replace(MERGE, wanted=Wanted(keep_all=True))
    rows = as_ndjson(parquet(columns, row_group_size=2), job)
    kept = [{name: row[name] for name in list(columns)[1:]} for row in rows]
    assert kept == [
        {"name": "Ann", "age": "7", "paid": "1.5", "since": "1970-01-01 00:00:00.000", "vip": "true"},
        {"name": None, "age": "8", "paid": "2", "since": "1970-01-02 00:00:00.000", "vip": "false"},
        {"name": "Zoë", "age": None, "paid": "3.25", "since": None, "vip": "true"},
    ]
    out = minted(parquet(columns), replace(job, format=Format.PARQUET))
    assert read_back(out) == rows


def test_kept_columns_of_csv_go_into_parquet() -> None:
    job = replace(TO_PARQUET, wanted=Wanted(keep=("name",)))
    rows = read_back(minted("recipient,name\nr-1,Zoë\nr-2,\n".encode(), job))
    assert [(list(row)[-2], row["name"]) for row in rows] == [("name", "Zoë"), ("name", "")]


def test_a_column_of_lists_cannot_be_kept() -> None:
    with pytest.raises(InvalidInput, match=r"keep: `tags` is of type list.*; only columns of single values"):
        minted(
            parquet({"recipient": IDS, "tags": [[1], [2], []]}), replace(MERGE, wanted=Wanted(keep=("tags",)))
        )
