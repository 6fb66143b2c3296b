"""How commands end when the machine fails them: one line and exit 1 for what cannot be written or has no memory."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.support.service import rows

BASE = {"MAILPIXEL_BASE_URL": "https://t.example"}
FULL = "error: cannot write the output: No space left on device\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    rows(folder, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    rows(folder, "apikey", "add", "k", "--scope", "read")
    (folder / "ids").write_text("".join(f"r-{number}\n" for number in range(60_000)))
    (folder / "agents").write_text("curl/8.0\n" * 20_000)
    (folder / "scenario").write_text(
        '{"scenario": "s", "campaign": {"links": []}, "messages": [], "hits": [], "expect": {"verdicts": []}}\n'
    )
    return folder


def run(
    data: Path,
    words: Sequence[str],
    stdout: object = subprocess.PIPE,
    before: Callable[[], None] | None = None,
) -> tuple[int, str]:
    """Exit code and stderr of one command; `FOLDER` in a word stands for the data folder."""
    command = [sys.executable, "-m", "mailpixel", "--data", str(data)]
    command += [word.replace("FOLDER", str(data)) for word in words]
    done = subprocess.run(
        command,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        env=BASE,
        timeout=120,
        preexec_fn=before,
        check=False,
    )  # type: ignore[call-overload]
    return done.returncode, done.stderr


WRITING = [
    ("report", "c1"),
    ("report", "c1", "--json"),
    ("links", "c1", "--recipients", "FOLDER/ids"),
    ("links", "c1", "--recipients", "FOLDER/ids", "--merge", "--format", "ndjson"),
    ("rewrite", "c1", "--recipient", "r-1", "--html", "FOLDER/ids"),
    ("campaign", "list"),
    ("campaign", "show", "c1", "--json"),
    ("agents", "FOLDER/agents"),
    ("replay", "FOLDER/scenario", "--json"),
    ("keys", "list"),
    ("apikey", "list"),
    ("networks", "list"),
    ("settings",),
    ("doctor",),
    ("--help",),
    ("links", "--help"),
    ("--version",),
]


@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_rows_that_find_no_room_are_one_line_and_exit_1(data: Path, words: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        code, said = run(data, words, full)
    assert (code, said.splitlines(keepends=True)[-1:]) == (1, [FULL])
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words", [WRITING[2], WRITING[3], ("agents", "FOLDER/agents"), ("settings",)], ids=" ".join
)
def test_a_reader_who_has_seen_enough_ends_a_command_without_a_word(
    data: Path, words: tuple[str, ...]
) -> None:
    command = [word.replace("FOLDER", str(data)) for word in words]
    with subprocess.Popen(
        [sys.executable, "-m", "mailpixel", "--data", str(data), *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BASE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_a_command_without_a_standard_output_loses_no_rows_silently(data: Path) -> None:
    code, said = run(data, ("settings",), None, _close_stdout)
    assert (code, said) == (1, "error: cannot write the output: Bad file descriptor\n")


def _close_stdout() -> None:
    os.close(1)


@pytest.mark.parametrize("limit_mb", [40, 48, 52, 64, 72, 90, 400])
def test_links_with_too_little_memory_says_so_in_one_line_and_ends(data: Path, limit_mb: int) -> None:
    """Where the limit bites depends on the machine: every one must end in rows or in the line."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (limit_mb * 1_048_576,) * 2)

    code, said = run(data, WRITING[2], subprocess.DEVNULL, limit)
    assert "Traceback" not in said
    [line] = [
        line for line in said.splitlines() if "recipients have links" in line or line.startswith("error: ")
    ]
    assert code == (1 if line.startswith("error: ") else 0)
    assert code == 0 or "memory" in line
    if limit_mb == 400:
        assert code == 0
