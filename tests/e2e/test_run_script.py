"""`scripts/run` in a folder that was never used: it prints a link, which signs in to figures that are there."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.signed_in import SignedIn

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A fresh copy whose .venv counts as installed: it has the programs of the one that runs this test."""
    shutil.copytree(ROOT / "scripts", tmp_path / "copy" / "scripts")
    shutil.copy2(ROOT / "pyproject.toml", tmp_path / "copy")
    (tmp_path / "copy" / ".venv").mkdir()
    (tmp_path / "copy" / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    (tmp_path / "copy" / ".venv" / "installed-run").touch()
    return tmp_path / "copy"


@pytest.fixture
def running(copy: Path) -> Iterator["subprocess.Popen[str]"]:
    """The script, started as a newcomer would, but on a port that is free."""
    process = subprocess.Popen(
        ["timeout", "120", copy / "scripts" / "run", "--port", "0"],
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    yield process
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)


def printed_until(process: "subprocess.Popen[str]", pattern: str) -> str:
    """What the pattern catches in the first line that has it."""
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError("".join(said))


def test_the_link_that_it_prints_signs_in_to_the_figures_of_the_demonstration(
    copy: Path, running: "subprocess.Popen[str]"
) -> None:
    link = printed_until(running, r"^Sign in: (http://127\.0\.0\.1:[1-9]\d*/sign-in/\S+)$")
    person = SignedIn(link)
    assert person.landed == "/campaigns/demo-spring"
    status, page = person.see(person.landed)
    assert status == 200
    assert re.search(r"Between \d+\s% and \d+\s% read it", page), page
    assert "Open a test mail" in page
    assert sorted(path.name for path in copy.iterdir()) == [
        ".venv",
        "mailpixel-data",
        "pyproject.toml",
        "scripts",
    ]
