"""The process of `mailpixel work`: it is started again whatever became of it, and ends quietly when it is asked to."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailpixel.server.supervisor import WorkProcess
from mailpixel.settings import Settings
from mailpixel.store.sqlite import SqliteStore
from tests.support.processes import wait_until


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(stat.S_IRWXU)


def test_work_that_cannot_be_started_is_tried_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    program, mark = tmp_path / "work", tmp_path / "ran"
    with WorkProcess(Settings(data=tmp_path), [str(program)]):
        wait_until(lambda: "could not be started (FileNotFoundError)" in caplog.text, "nothing is logged")
        program.write_text("not a program")
        program.chmod(stat.S_IRUSR)
        wait_until(lambda: "could not be started (PermissionError)" in caplog.text, "it is not tried again")
        write_program(program, f"touch {mark}; exec cat")
        wait_until(mark.exists, "it is not started")
    assert str(tmp_path) not in caplog.text


def test_work_that_ends_is_started_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    program, runs = tmp_path / "work", tmp_path / "runs"
    write_program(program, f"echo run >> {runs}; exit 3")
    with WorkProcess(Settings(data=tmp_path), [str(program)]):
        wait_until(lambda: runs.exists() and len(runs.read_text().split()) > 1, "it ran once only")
    assert "`mailpixel work` ended with code 3; restarting it in 0.5 s" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("arguments", [[], ["--while-input-lasts"]])
def test_a_signal_ends_work_without_a_word(tmp_path: Path, number: int, arguments: list[str]) -> None:
    """An abort of the interpreter would end it by a signal, and with much to say."""
    SqliteStore(tmp_path / "mailpixel.db").close()
    command = [sys.executable, "-m", "mailpixel", "--data", str(tmp_path), "work", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as work:
        wait_until(lambda: catches(work.pid, signal.SIGTERM), "it does not mind signals")
        work.send_signal(number)
        assert work.stderr is not None
        assert (work.wait(20), work.stderr.read()) == (0, "")


def test_the_end_of_its_input_ends_work_without_a_word(tmp_path: Path) -> None:
    SqliteStore(tmp_path / "mailpixel.db").close()
    command = [sys.executable, "-m", "mailpixel", "--data", str(tmp_path), "work", "--while-input-lasts"]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def catches(pid: int, number: int) -> bool:
    """Whether a process has a handler of its own for a signal; where nothing tells, that it still runs."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return os.path.exists(f"/proc/{pid}")
    (caught,) = (int(line.split()[1], 16) for line in lines if line.startswith("SigCgt"))
    return bool(caught >> (number - 1) & 1)
