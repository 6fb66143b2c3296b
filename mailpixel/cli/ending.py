"""How a command ends when the operating system fails: one line on stderr and exit code 1, never a traceback.

When the reader closes the pipe (`| head -1`), the command ends silently.
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

OUT_OF_MEMORY = "out of memory; free some memory or raise the limit (ulimit -v), then run again"


@contextmanager
def ended_in_words() -> Iterator[None]:
    """Run a command and flush its rows at the end. Print the reason when they cannot be written."""
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
    except ImportError as error:  # a library could not be loaded for lack of memory
        if "failed to map" not in str(error) and os.strerror(errno.ENOMEM) not in str(error):
            raise
        _end(OUT_OF_MEMORY)


class Interrupted(SystemExit):
    """Raised when Ctrl-C ends the command, because click would report an ordinary failure."""


def end_by_interrupt() -> None:
    """End this process by SIGINT. With a mere exit code, a shell would go on with its script."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _problem(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if error.errno in _WRITING:
        return f"cannot write the output: {reason}"
    return f"the operating system reported: {reason}"


_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


def _end(problem: str = "") -> NoReturn:
    """End with exit code 1. Drop the rest of the stdout buffer, because it cannot be written."""
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
    """A closed standard output."""

    def writable(self) -> bool:
        """Always True."""
        return True

    def write(self, data: object, /) -> NoReturn:
        """Raises `OSError`."""
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
