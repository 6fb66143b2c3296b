"""How a command ends when the machine fails it: one line on stderr and exit 1, never a traceback.

A pipe that its reader closed (`| head -1`) ends the command without a word.
"""

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

import click

OUT_OF_MEMORY = "there is not enough memory; free some, or raise its limit (ulimit -v), and run again"


@contextmanager
def ended_in_words() -> Iterator[None]:
    """Run a command; its rows are out when the block ends, or it is said why not."""
    if sys.stdout is None:  # the caller closed it
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Closed()))
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _end()
    except OSError as error:
        _end(OUT_OF_MEMORY if error.errno == errno.ENOMEM else _problem(error))
    except MemoryError:
        _end(OUT_OF_MEMORY)
    except ImportError as error:  # a library that finds no room
        if "failed to map" not in str(error) and os.strerror(errno.ENOMEM) not in str(error):
            raise
        _end(OUT_OF_MEMORY)


class Interrupted(SystemExit):
    """Ctrl-C ends the command. click would turn that into an ordinary failure."""


def end_by_interrupt() -> None:
    """End this process as Ctrl-C ends others: a shell that gets an exit code instead goes on with its script."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _problem(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if error.errno in _WRITING:
        return f"the output cannot be written: {reason}"
    return f"the operating system refuses: {reason}"


_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def _end(problem: str = "") -> NoReturn:
    """End with exit code 1. What is still in the buffer of stdout has no place to go, and is dropped."""
    if sys.stdout is sys.__stdout__:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    else:
        sys.stdout = io.StringIO()
    with suppress(OSError):
        if problem:
            click.echo(f"error: {problem}", err=True)
    sys.exit(1)


class _Closed(io.RawIOBase):
    """A standard output that nobody takes."""

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def write(self, data: object, /) -> NoReturn:
        """Raises `OSError`."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
