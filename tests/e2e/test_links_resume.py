"""`mailpixel links --output`: killed again and again, the run that goes on gives the very same file."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.service import mailpixel, rows

ROWS = 200_000
FLAGS = {
    "CSV of URLs": [],
    "NDJSON of tokens": ["--format", "ndjson", "--merge"],
    "CSV of pseudonyms": ["--hash-recipients", "--merge"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the campaign `c1`, and a long list with faulty and blank rows beside it."""
    folder = tmp_path_factory.mktemp("resume")
    rows(folder / "data", "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    lines = (f"r-{n:07d}" if n % 50_000 else "\x07\n" for n in range(ROWS))
    (folder / "list.csv").write_text("\n".join(["recipient", *lines, ""]))
    return folder / "data"


def killed(data: Path, arguments: list[str], part: Path, after_blocks: int) -> None:
    """A run that is killed with all its processes once so many blocks are on disk."""
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *arguments]
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    process = subprocess.Popen(command, env=env, start_new_session=True, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while blocks_of(part) < after_blocks:
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def blocks_of(part: Path) -> int:
    """How many blocks a run has noted."""
    note = part.with_name(f"{part.name}.json")
    blocks: int = json.loads(note.read_text())["done"]["blocks"] if note.exists() else 0
    return blocks


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_a_run_killed_twice_gives_the_bytes_of_one_that_was_not(
    data: Path, tmp_path: Path, flags: list[str]
) -> None:
    links = ["links", "c1", "--recipients", str(data.parent / "list.csv"), *flags]
    whole = mailpixel(data, *links)
    out, part = tmp_path / "out", tmp_path / "out.part"
    killed(data, [*links, "--output", str(out)], part, after_blocks=2)
    killed(data, [*links, "--output", str(out), "--resume"], part, after_blocks=blocks_of(part) + 2)
    assert not out.exists()
    done = mailpixel(data, *links, "--output", str(out), "--resume")
    assert (done.returncode, done.stdout) == (whole.returncode, "") == (1, "")
    assert "199,996 of 200,000 recipients have links" in done.stderr
    assert out.read_text() == whole.stdout
    lines = out.read_text().splitlines()
    assert len(set(lines)) == len(lines) == 199_996 + (flags[:1] != ["--format"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_needs_a_file_is_refused_without_one(data: Path) -> None:
    for flags, what in ((["--resume"], "--resume"), (["--format", "parquet"], "Parquet")):
        refused = mailpixel(data, "links", "c1", "--recipients", "-", *flags, stdin="r-1\n")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == f"error: output: {what} needs a file; name it with --output FILE\n"


def test_parquet_goes_out_and_comes_in_again(data: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.parquet", tmp_path / "again.csv"
    flags = ["links", "c1", "--recipients"]
    rows(data, *flags, "-", "--format", "parquet", "--output", str(first), stdin="r-1\nr-2\n")
    rows(data, *flags, str(first), "--output", str(again))
    assert again.read_text() == rows(data, *flags, "-", stdin="r-1\nr-2\n")


def test_a_full_disk_is_told_and_the_run_goes_on_when_there_is_room(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    links = ["links", "c1", "--recipients", str(data.parent / "list.csv"), "--merge", "--output", str(out)]
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *links]
    limited = f"ulimit -f 10000; exec {shlex.join(command)}"  # in blocks of 512 or 1,024 bytes: not enough
    full = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=False)
    assert full.returncode == 1
    assert full.stderr.splitlines()[-2:] == [
        f"what was written is kept beside {out}; run again with --resume to go on",
        f"error: {out} cannot be written: File too large",
    ]
    assert mailpixel(data, *links, "--resume").returncode == 1
    assert out.read_text() == mailpixel(data, *links[:-2]).stdout


def test_a_run_that_stops_tells_how_to_go_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = "".join(f"r-{n}\n" for n in range(100_000)) + "no id\n"
    links = ["links", "c1", "--recipients", "-", "--output", str(out)]
    stopped = mailpixel(data, *links, "--strict", stdin=text)
    assert stopped.returncode == 2
    assert f"what was written is kept beside {out}; run again with --resume to go on" in stopped.stderr
    assert mailpixel(data, *links, "--resume", stdin=text).returncode == 1
    assert out.read_text().count("\n") == 100_001
