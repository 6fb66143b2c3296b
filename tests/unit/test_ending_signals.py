"""A signal that comes before the server handles signals ends it, too, wherever the program was at that moment."""

import signal
import socket
import weakref
from collections.abc import Iterator

import pytest
import uvicorn
from uvicorn.supervisors.multiprocess import SIGNALS

from mailpixel.server.workers import Server, Workers, ended_by_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Whoever handles signals otherwise handles them again afterwards."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Something:
    """Something that a weak reference may hold."""


def test_a_signal_in_a_callback_of_the_interpreter_is_not_lost() -> None:
    with ended_by_signals() as ending:
        thing = Something()
        watched = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
        del thing
        assert (watched(), ending.asked) == (None, True)


def test_a_hangup_asks_as_well() -> None:
    with ended_by_signals() as ending:
        signal.raise_signal(signal.SIGHUP)
        assert ending.asked


def test_a_server_that_is_asked_to_end_before_it_starts_ends() -> None:
    config = uvicorn.Config("mailpixel.server.supervisor:worker_app", workers=2)
    with ended_by_signals() as ending:
        server = Server(config, ending)
        with server.capture_signals():
            assert not server.should_exit
        signal.raise_signal(signal.SIGTERM)
        with server.capture_signals():
            assert server.should_exit
        with socket.socket() as listening:
            assert Workers(config, [listening], ending).should_exit.is_set()
