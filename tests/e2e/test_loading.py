"""Ctrl-C while the program is still being loaded, and while a command runs."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from tests.service import rows

LOADING = "from pathlib import Path\nimport time\nPath(r'{mark}').touch()\ntime.sleep(60)\n"


def test_the_installed_program_begins_as_the_module_does() -> None:
    pyproject = tomllib.loads(Path("pyproject.toml").read_text())
    assert pyproject["project"]["scripts"] == {"mailpixel": "mailpixel.__main__:main"}


def test_ctrl_c_while_the_program_is_loaded_ends_it_without_a_word(tmp_path: Path) -> None:
    mark = tmp_path / "loading"
    (tmp_path / "rich.py").write_text(
        LOADING.format(mark=mark)
    )  # in the place of a library that loads slowly
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "mailpixel", "settings"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not mark.exists():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60) == ("", "")
    assert process.returncode == -signal.SIGINT


def test_ctrl_c_in_a_command_ends_the_loop_of_a_shell_too(tmp_path: Path) -> None:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One")
    one = f"{sys.executable} -m mailpixel --data data links c1 --recipients list --merge"
    os.mkfifo(tmp_path / "list")
    shell = subprocess.Popen(
        ["bash", "-c", f"for n in 1 2; do {one}; echo went on; done"],
        cwd=tmp_path,
        start_new_session=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    with (tmp_path / "list").open("w") as list_:  # opens once the command reads
        list_.write("r-1\n")
        list_.flush()
        os.killpg(shell.pid, signal.SIGINT)
    said = shell.communicate(timeout=60)[0]
    assert "went on" not in said
    assert shell.returncode == -signal.SIGINT
