"""The relay itself is killed again and again while queues send through it: none is lost, and none doubled but where
the kill cut off the answer."""

import smtplib
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from tests.e2e.test_relay import check_contents
from tests.support.relaying import (
    Pair,
    RelayProcess,
    campaign_in,
    finished,
    marked,
    number_of,
    offered,
    plain,
)
from tests.support.service import free_port
from tests.support.upstream import Upstream

MESSAGES, QUEUES, KILLS = 1_000, 8, 4


@dataclass
class Queues:
    """Senders that keep a message until it is answered with 250, and come again when the connection broke."""

    port: int
    waiting: SimpleQueue[int] = field(default_factory=SimpleQueue)
    accepted: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    cut_off: set[int] = field(default_factory=set)
    """Messages whose end was sent, at least once, and not answered."""

    def run(self) -> None:
        number = self._next()
        while number is not None:
            with (
                suppress(OSError),
                smtplib.SMTP("127.0.0.1", self.port, "client.example", timeout=60) as client,
            ):
                client.ehlo()
                while number is not None:
                    self._send(client, number)
                    number = self._next()
            time.sleep(0.05)

    def _send(self, client: smtplib.SMTP, number: int) -> None:
        """Send until it is taken. Raises `OSError` when the connection breaks."""
        code = 0
        while code != 250:
            code, text = offered(client)
            assert code == 354, text
            try:
                code, text = finished(client, marked(number) if number % 2 else plain(number))
            except OSError:
                self.cut_off.add(number)
                raise
        self.accepted.release()

    def _next(self) -> int | None:
        with suppress(Empty):
            return self.waiting.get_nowait()
        return None


def test_a_thousand_messages_and_a_relay_that_is_killed_four_times(tmp_path: Path) -> None:
    data, port = campaign_in(tmp_path / "data"), free_port()
    with Upstream(tmp_path) as upstream:
        queues = Queues(port)
        for number in range(MESSAGES):
            queues.waiting.put(number)
        threads = [threading.Thread(target=queues.run) for _ in range(QUEUES)]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            relay = RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}", port=port)
            for _ in range(MESSAGES // (KILLS + 1)):
                assert queues.accepted.acquire(timeout=60)
            relay.kill()
        with RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}", port=port) as relay:
            for thread in threads:
                thread.join()
        copies = Counter(number_of(message.content) for message in upstream.stored())
        assert sorted(copies) == list(range(MESSAGES))
        doubled = {number for number, count in copies.items() if count > 1}
        print(f"{KILLS} kills cut off {len(queues.cut_off)} answers; {len(doubled)} messages came twice")
        assert doubled <= queues.cut_off
        assert copies.total() - MESSAGES <= len(queues.cut_off) <= KILLS * QUEUES
        check_contents(Pair(data, upstream, relay))
