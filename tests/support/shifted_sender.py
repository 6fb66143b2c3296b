"""The consumers of webhooks as a process of their own, with a clock that runs ahead, to be killed by tests.

python -m tests.support.shifted_sender DATA AHEAD_MS
"""

import os
import signal
import sys
import threading
from pathlib import Path

from mailpixel.settings import Settings
from mailpixel.store.sqlite import open_sqlite
from mailpixel.times import now_ms
from mailpixel.work.consumers import webhooks_of
from mailpixel.work.side_by_side import SideBySide


def main(data: Path, ahead_ms: int) -> None:
    """Post until a signal comes."""
    settings = Settings.from_environment(os.environ | {"MAILPIXEL_DATA": str(data)})
    store, registry = open_sqlite(settings.database)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    wanted = webhooks_of(settings, store, registry).wanted
    with SideBySide([], lambda: now_ms() + ahead_ms, wanted=wanted):
        ended.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
