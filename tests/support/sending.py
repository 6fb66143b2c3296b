"""A data folder with a webhook, and a sender of it that is a process of its own, to be killed and started later."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mailpixel.folder.keys import open_keys
from mailpixel.outbound.webhooks import NewWebhook, add_webhook
from mailpixel.settings import Settings
from mailpixel.times import now_ms
from tests.support.builders import an_open
from tests.support.processes import wait_until
from tests.support.service import rows
from tests.support.stores import open_settled

ROOT = Path(__file__).parents[2]
NAME = "crm"


class Sending:
    """A webhook called `crm`, its events, and its sender. `kills` counts how often the sender was killed."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        rows(self.data, "campaign", "add", "spring", "--name", "Spring")
        self.settings = Settings(data=self.data)
        self.store, self.registry = open_settled(self.settings.database)
        self.secret = ""
        self.ahead_ms = 0
        self.kills = 0
        self.peak_kib = 0
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, url: str) -> None:
        """Add the webhook, from the beginning of the log."""
        keyring = open_keys(self.settings.key_file, self.registry)
        new = NewWebhook(NAME, url, events=["opened"], verdicts="all", insecure=True, since_ms=0)
        self.secret = add_webhook(self.store, self.registry, keyring, new, now_ms())

    def log(self, number: int, first: int = 0) -> Sequence[str]:
        """Log opens of as many recipients; returns the ids of their posts."""
        events = [an_open(100, recipient=f"r-{n}") for n in range(first, first + number)]
        for begin in range(0, number, 500):
            self.store.append(events[begin : begin + 500])
        return [f"msg_{event.id.hex()}" for event in events]

    def start(self, later_s: float = 0) -> None:
        """Start the sender, whose clock is this much later than when it was killed."""
        self.ahead_ms += round(later_s * 1000)
        command = [sys.executable, "-m", "tests.support.shifted_sender", str(self.data), str(self.ahead_ms)]
        environment = os.environ | {"MAILPIXEL_WEBHOOK_NETWORKS": "127.0.0.0/8"}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environment)

    def kill(self) -> None:
        """Kill the sender without notice, and remember the most memory it had."""
        assert self._process is not None
        self.peak_kib = max(self.peak_kib, self._peak_kib(self._process.pid))
        self._process.kill()
        self._process.wait()
        self._process = None
        self.kills += 1

    def failed(self, times: int) -> None:
        """Wait until the receiver was found down this many times in a row."""
        wait_until(lambda: self.registry.posting(NAME).failures >= times, "it does not try", 60)

    def is_idle(self) -> bool:
        """Whether nothing waits and no letter is due by the clock of the sender."""
        now = now_ms() + self.ahead_ms
        behind = self.store.consumer(f"webhook {NAME}").waiting().events
        return not behind and not self.registry.due_letters(NAME, now, 1)

    def close(self) -> None:
        """End what runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self.registry.close()
        self.store.close()

    @staticmethod
    def _peak_kib(pid: int) -> int:
        with suppress(OSError):
            status = Path(f"/proc/{pid}/status").read_text()
            return int(status.partition("VmHWM:")[2].split()[0])
        return 0


@contextmanager
def sending(folder: Path) -> Iterator[Sending]:
    """A data folder with a campaign, and what sends its events."""
    made = Sending(folder)
    try:
        yield made
    finally:
        made.close()
