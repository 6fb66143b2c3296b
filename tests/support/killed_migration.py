"""Brings a database to today's schema and is killed on the way.

    python -m tests.support.killed_migration DATABASE N

The process kills itself at the Nth statement that a step runs. With fewer statements it ends, and prints how many.
"""

import os
import signal
import sys

from sqlite_utils import Database as Admin
from sqlite_utils import Migrations

from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.steps_0033 import STEPS

_seen = 0


def steps_that_count(last: int) -> Migrations:
    """The steps of today. From the first one that runs on, every statement is counted."""

    def count(statement: str) -> None:
        global _seen
        _seen += 1
        if _seen == last:
            os.kill(os.getpid(), signal.SIGKILL)

    counting = Migrations(STEPS.name)
    for step in STEPS.pending(Admin(memory=True)):

        def run(db: Admin, step: Migrations._Migration = step) -> None:
            db.conn.set_trace_callback(count)
            step.fn(db)

        counting(name=step.name)(run)
    return counting


if __name__ == "__main__":
    migrate(sys.argv[1], steps=steps_that_count(int(sys.argv[2])))
    print(_seen)
