"""How `serve` begins: it speaks once it listens, says the real port, and raises the limit of open files."""

import os
import re
import resource
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.processes import descendants, needs_proc, wait_until


@contextmanager
def serving(data: Path, *arguments: str, **more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """What `serve` says first, and its process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAILPIXEL_")}
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), "serve", *arguments]
    with subprocess.Popen(command, env=environment | more, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process.stderr.readline(), process
        finally:
            process.terminate()
            process.communicate(timeout=40)


def test_it_says_the_real_port_once_it_listens_and_what_signed_urls_begin_with(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--port", "0") as (said, process):
        found = re.search(r"mailpixel serves http://127.0.0.1:8025 on 127.0.0.1:(\d+) with", said)
        assert found is not None, said
        assert process.stderr is not None
        warning = process.stderr.readline()
        assert warning.startswith("warning: signed URLs begin with http://127.0.0.1:8025")
        assert f"http://127.0.0.1:{found[1]}" in warning
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/healthz", timeout=60) as answer:
            assert answer.status == 200


def test_nothing_is_said_of_signed_urls_where_the_public_address_is_set(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--port", "0", MAILPIXEL_BASE_URL="https://t.example") as (said, process):
        assert said.startswith("mailpixel serves https://t.example on 127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=40)[1] == ""
        assert process.returncode == 0


@needs_proc
@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_limit_of_open_files_is_raised_as_far_as_it_may_be(tmp_path: Path, workers: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))
    try:
        with serving(tmp_path / "data", "--port", "0", "--workers", workers) as (_, process):
            wait_until(lambda: len(descendants(process.pid)) > int(workers) // 2, "there are no workers")
            for each in (Path(f"/proc/{process.pid}"), *descendants(process.pid)):
                (line,) = (
                    line for line in (each / "limits").read_text().splitlines() if "open files" in line
                )
                assert line.split()[3] == line.split()[4] == str(hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
