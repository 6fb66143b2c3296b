"""`mailpixel links --output`: killed again and again, the run that goes on gives the very same file."""

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.service import mailpixel, rows

ROWS = 120_000
"""More than one block, so that several processes sign."""
FAULTY = len(range(0, ROWS, 50_000))
FLAGS = [
    pytest.param([], id="CSV of URLs"),
    pytest.param(["--format", "ndjson", "--merge"], id="NDJSON of tokens", marks=pytest.mark.soak),
    pytest.param(["--hash-recipients", "--merge"], id="CSV of pseudonyms", marks=pytest.mark.soak),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the campaign `c1`, and a long list with faulty and blank rows beside it."""
    folder = tmp_path_factory.mktemp("resume")
    rows(
        folder / "data",
        "campaign",
        "add",
        "c1",
        "--name",
        "One",
        "--link",
        "https://shop.example/",
        "--base-url",
        "https://t.example",
    )
    lines = (f"r-{n:07d}" if n % 50_000 else "\x07\n" for n in range(ROWS))
    (folder / "list.csv").write_text("\n".join(["recipient", *lines, ""]))
    return folder / "data"


def killed(data: Path, arguments: list[str], part: Path, after_blocks: int) -> None:
    """A run that is killed with all its processes once so many blocks are on disk."""
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *arguments]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)
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


@pytest.mark.parametrize("flags", FLAGS)
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
    assert f"{ROWS - FAULTY:,} of {ROWS:,} recipients have links" in done.stderr
    assert out.read_text() == whole.stdout
    lines = out.read_text().splitlines()
    assert len(set(lines)) == len(lines) == ROWS - FAULTY + (flags[:1] != ["--format"])
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_needs_a_file_is_refused_without_one(data: Path) -> None:
    for flags, what in ((["--resume"], "--resume"), (["--format", "parquet"], "Parquet")):
        refused = mailpixel(data, "links", "c1", "--recipients", "-", *flags, stdin="r-1\n")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert refused.stderr == f"error: output: {what} needs a file; add --output FILE\n"


def test_parquet_goes_out_and_comes_in_again(data: Path, tmp_path: Path) -> None:
    first, again = tmp_path / "first.parquet", tmp_path / "again.csv"
    flags = ["links", "c1", "--recipients"]
    rows(data, *flags, "-", "--format", "parquet", "--output", str(first), stdin="r-1\nr-2\n")
    rows(data, *flags, str(first), "--output", str(again))
    assert again.read_text() == rows(data, *flags, "-", stdin="r-1\nr-2\n")


def test_a_full_disk_is_reported_and_the_run_goes_on_when_there_is_room(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    links = ["links", "c1", "--recipients", str(data.parent / "list.csv"), "--merge", "--output", str(out)]
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *links]
    limited = f"ulimit -f 10000; exec {shlex.join(command)}"  # in blocks of 512 or 1,024 bytes: not enough
    full = subprocess.run(["sh", "-c", limited], capture_output=True, text=True, check=False)
    assert full.returncode == 1
    assert full.stderr.splitlines()[-2:] == [
        f"the rows so far are kept beside {out}; run again with --resume to continue",
        f"error: cannot write {out}: File too large",
    ]
    assert mailpixel(data, *links, "--resume").returncode == 1
    assert out.read_text() == mailpixel(data, *links[:-2]).stdout


def test_a_run_that_stops_says_how_to_go_on(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = "".join(f"r-{n}\n" for n in range(100_000)) + "no id\n"
    links = ["links", "c1", "--recipients", "-", "--output", str(out)]
    stopped = mailpixel(data, *links, "--strict", stdin=text)
    assert stopped.returncode == 2
    assert f"the rows so far are kept beside {out}; run again with --resume to continue" in stopped.stderr
    assert mailpixel(data, *links, "--resume", stdin=text).returncode == 1
    assert out.read_text().count("\n") == 100_001


def test_a_run_that_went_on_names_repeats_among_what_it_read_itself(data: Path, tmp_path: Path) -> None:
    text = "".join(f"r-{n}\n" for n in range(100_000)) + "no id\nr-0\nr-200000\nr-200000\n"
    links = ["links", "c1", "--recipients", "-", "--output", str(tmp_path / "out")]
    assert mailpixel(data, *links, "--strict", stdin=text).returncode == 2
    told = mailpixel(data, *links, "--resume", stdin=text).stderr
    assert "100,003 of 100,004 recipients have links, of those this run read, 1 listed more than once" in told


def test_a_list_that_names_nobody_is_reported(data: Path) -> None:
    for text in ("", "recipient\n", "\ufeffrecipient;name\r\n;\r\n"):
        done = mailpixel(data, "links", "c1", "--recipients", "-", "--merge", stdin=text)
        assert (done.returncode, done.stdout, done.stderr) == (
            0,
            "recipient,token,choice_url\n",
            "the list holds no recipients\n",
        )


def seen_on(terminal: int) -> bytes:
    """All that was written to a terminal by programs that have ended."""
    seen = b""
    with suppress(OSError):  # the end of a terminal is an error
        while chunk := os.read(terminal, 4_096):
            seen += chunk
    os.close(terminal)
    return seen


@pytest.mark.parametrize("to_terminal", [False, True])
def test_a_person_at_a_terminal_sees_how_far_it_is_but_not_between_the_rows(
    data: Path, tmp_path: Path, to_terminal: bool
) -> None:
    """The screen of a terminal with both streams, or with the progress alone."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), "links", "c1", "--recipients", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=theirs if to_terminal else subprocess.DEVNULL, stderr=theirs
    ) as minting:
        os.close(theirs)
        minting.communicate(b"recipient\nr-1\nr-2\n")
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen_on(ours).decode())
    bar = re.search(r"2 rows, [0-9,]+ a second", seen)
    assert (bar is None) == to_terminal, seen
    assert ("\nr-2,http" in seen) == to_terminal
    assert "2 of 2 recipients have links" in seen
