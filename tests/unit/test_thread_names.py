"""Threads of consumers are seen by the tools of the system under their names."""

import threading
from pathlib import Path

from mailpixel.work.side_by_side import SideBySide
from tests.support.processes import needs_proc


class Naming:
    """A consumer that notes what the system calls its thread."""

    name = "a-consumer-with-a-long-name"

    def __init__(self) -> None:
        self.seen = ""
        self.looked = threading.Event()

    def catch_up(self, clock: object, lease_ms: int) -> int | None:
        self.seen = Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text().strip()
        self.looked.set()
        return 0

    def leave(self) -> None:
        pass


@needs_proc
def test_the_thread_of_a_consumer_has_the_beginning_of_its_name() -> None:
    consumer = Naming()
    with SideBySide([consumer], lambda: 0):
        assert consumer.looked.wait(30)
    assert consumer.seen == "a-consumer-with"
