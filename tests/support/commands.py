"""Runs commands of `mailpixel` in processes that are forked from one that has loaded the program.

Loading is a quarter of a second of work, and the tests set up their campaigns with hundreds of short commands. A forked
command is still a process: its own files, locks, settings, standard streams and exit code.

`python -m tests.support.commands` is the process that loads. A line of JSON in is a command, a line out its exit code.
"""

import atexit
import gc
import json
import os
import runpy
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import IO

ROOT = Path(__file__).parents[2]
LOADED = ("mailpixel.store.sqlite", "mailpixel.folder", "mailpixel.links", "mailpixel.report")
"""What most commands import when they run."""


def forked(
    arguments: Sequence[str], stdin: str | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """What `python -m mailpixel` with these arguments does in this folder and with these settings; `environment` adds
    to the latter. Several threads may ask at once: each has a loaded program of its own meanwhile."""
    idle = _idle()
    try:
        loaded = idle.get_nowait()
    except Empty:
        loaded = _Loaded()
    done = loaded.run(arguments, stdin, os.environ | (environment or {}))
    idle.put(loaded)
    return done


@cache
def _idle() -> "SimpleQueue[_Loaded]":
    """The loaded programs of this process that run no command."""
    return SimpleQueue()


class _Loaded:
    """One loaded program. It ends with the process that made it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.commands"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)

    def run(
        self, arguments: Sequence[str], stdin: str | None, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Order one command, and wait for its end."""
        with TemporaryDirectory(prefix="command-") as folder:
            files = [Path(folder, name) for name in ("stdin", "stdout", "stderr")]
            files[0].write_text(stdin or "", encoding="utf-8")
            order = {
                "arguments": list(arguments),
                "folder": os.getcwd(),
                "environment": dict(environment),
                "files": [str(file) for file in files],
            }
            print(json.dumps(order), file=_given(self._process.stdin), flush=True)
            code = int(_given(self._process.stdout).readline())
            said = [file.read_text(encoding="utf-8") for file in files[1:]]
        return subprocess.CompletedProcess(list(arguments), code, *said)


def _given(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


def _serve() -> None:
    """Fork a child for each order, and say how it ended. In a child, become the command."""
    from sqlite_utils import Database

    from mailpixel.cli import COMMANDS

    for name in [*LOADED, *(f"mailpixel.cli.{file}" for file in COMMANDS.values())]:
        import_module(name)
    Database(memory=True)  # looks for plugins once
    gc.freeze()  # so that a child copies no page of memory only to look for garbage
    orders, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in iter(orders.readline, ""):
        child = os.fork()
        if child == 0:
            orders.close()
            answers.close()
            _become(**json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


def _become(arguments: list[str], folder: str, environment: dict[str, str], files: list[str]) -> None:
    """Run the command in this process, and end with its exit code."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    for number, file in enumerate(files):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["mailpixel", *arguments]
    runpy.run_module("mailpixel", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _serve()
