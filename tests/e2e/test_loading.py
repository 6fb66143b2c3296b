"""Ctrl-C while the program is still being loaded, and while a command runs."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from tests.support.processes import wait_until
from tests.support.service import rows

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


SLOW_TASK = """
import sys
import time
from pathlib import Path

if "spawn_main" in " ".join(sys.orig_argv):  # a process of the pool begins
    Path("loading").touch()
    time.sleep(0.5)

def run(task):
    return task
"""
POOL = """
import slow_task
from mailpixel.pool import in_order

if __name__ == "__main__":
    try:
        list(in_order(range(4), slow_task.run, 2))
    except KeyboardInterrupt:
        print("interrupted")
"""


def test_ctrl_c_while_a_pool_is_started_is_left_to_the_process_that_started_it(tmp_path: Path) -> None:
    (tmp_path / "slow_task.py").write_text(SLOW_TASK)
    (tmp_path / "pooled.py").write_text(POOL)
    process = subprocess.Popen(
        [sys.executable, "pooled.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until((tmp_path / "loading").exists, "no process of the pool began", 60)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=60) == ("interrupted\n", "")


def test_ctrl_c_while_web_processes_start_ends_the_service_without_a_word(tmp_path: Path) -> None:
    rows(tmp_path / "data", "campaign", "add", "c1", "--name", "One")
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(
        "import sys, time\nfrom pathlib import Path\n"
        "if 'spawn_main' in ' '.join(sys.orig_argv):\n"
        "    Path('loading').touch()\n    time.sleep(1)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "mailpixel", "--data", "data", "serve", "--port", "0", "--workers", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(slow), *sys.path])},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until((tmp_path / "loading").exists, "no web process began", 60)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[1]
    assert "Traceback" not in said
    assert "started again" not in said
    assert process.returncode == 0
