"""What the steps of `scripts/soak kills` share: a data folder with answered hits, and a step that is killed."""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from click.testing import CliRunner
from msgspec.structs import replace

from mailpixel.checks.opened import opened_check
from mailpixel.cli import cli
from mailpixel.event_ids import EventIds
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.model import Event
from mailpixel.projections.fold import NOTE_EVERY_MS
from mailpixel.projections.lease import LEASE_MS
from mailpixel.settings import Settings
from mailpixel.spool.writer import SpoolWriter
from mailpixel.store.projections import FOLD
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore
from mailpixel.times import DAY_MS, now_ms
from mailpixel.work.folding import Folding
from tests.support.builders import an_open
from tests.support.stores import open_settled

AGAIN_S = 90
A_WRITE = 20
"""So many hits are one write to the spool."""


class Folder:
    """A data folder with a campaign. `answered` are the recipients of one hit each that must be in its log."""

    def __init__(self, data: Path, campaign: str = "c1") -> None:
        self.data = data
        self.campaign = campaign
        self.answered: list[str] = []
        self._ids = EventIds()
        if not data.exists():
            self.run("campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")

    def run(self, *words: str) -> str:
        """What a command that must succeed prints."""
        done = CliRunner().invoke(cli, ["--data", str(self.data), *words], catch_exceptions=False)
        if done.exit_code:
            raise AssertionError(f"{words}: {done.stderr}")
        return done.stdout

    def run_again(self, *words: str) -> str:
        """The same, again and again until the lease of a killed process has run out."""
        until_s = time.monotonic() + AGAIN_S
        while True:
            try:
                return self.run(*words)
            except AssertionError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.2)

    def fold(self) -> None:
        """Count every hit that was answered."""
        store, registry = open_settled(self.data / "mailpixel.db")
        fold(Settings(data=self.data), store, registry)
        store.close()
        registry.close()

    def let_lease_run_out(self, consumer: str) -> None:
        """As if a minute had passed."""
        with closing(sqlite3.connect(self.data / "mailpixel.db")) as connection, connection:
            connection.execute("update leases set expires_at_ms = 0 where consumer = ?", (consumer,))

    def step(self, *words: str) -> Callable[[], object]:
        """A command, to be killed."""
        return lambda: cli.main(["--data", str(self.data), *words], standalone_mode=False)

    def spool(self, name: str, number: int, days_ago: int = 0) -> list[str]:
        """Hits of so many recipients in the spool, as the service writes them before it answers."""
        writer = SpoolWriter(self.data / "spool", 1 << 30)
        people = [f"{name}-{each}" for each in range(number)]
        for place in range(0, number, A_WRITE):
            writer.append([self._hit(recipient, days_ago) for recipient in people[place : place + A_WRITE]])
        writer.close()
        return people

    def _hit(self, recipient: str, days_ago: int) -> Event:
        at_ms, id = self._ids.next(now_ms() - days_ago * DAY_MS)
        return replace(an_open(id=id), campaign="c1", received_at_ms=at_ms, recipient=recipient)

    def holds(self, text: str) -> list[str]:
        """The files of the data folder that hold this text."""
        files = (path for path in self.data.rglob("*") if path.is_file())
        return [str(path.relative_to(self.data)) for path in files if text.encode() in path.read_bytes()]


@dataclass(slots=True)
class Found:
    """What was found after some kills of one kind of step."""

    points: int = 0
    inside: int = 0
    answered: int = 0
    lost: int = 0
    doubled: int = 0
    differing: int = 0
    problems: list[str] = field(default_factory=list)
    took_s: float = 0.0


class Killing:
    """Kills steps of one kind at random moments of their usual time."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.found = Found()
        self._usual_s = 0.0

    def measure(self, step: Callable[[], object]) -> None:
        """Let a step run to its end."""
        began_s = time.monotonic()
        if ended(forked(step), 120) != 0:
            raise AssertionError("the step fails when nobody kills it")
        self._usual_s = time.monotonic() - began_s

    def kill(self, step: Callable[[], object]) -> bool:
        """Run a step and kill it with all its processes. Returns whether it was still at work."""
        child, began_s = forked(step), time.monotonic()
        code = ended(child, self.chance.uniform(0, self._usual_s))
        if code is not None:
            self._usual_s = min(self._usual_s, time.monotonic() - began_s)
        self.note(code is None)
        if code:
            self.found.problems.append(f"the step ended by itself with {code}")
        return code is None

    def note(self, inside: bool) -> None:
        """Count a kill."""
        self.found.points += 1
        self.found.inside += inside

    def problem(self, *texts: str) -> None:
        """Note what is not as it must be."""
        self.found.problems += texts

    def judge(self, folder: Folder) -> None:
        """Open the database as the next command does, and note what is not as it must be."""
        store, registry = open_settled(folder.data / "mailpixel.db")
        logged = Counter(
            message.recipient for message in store.messages(folder.campaign) for _ in message.events
        )
        settings = Settings(data=folder.data)
        fold(settings, store, registry)
        checked = opened_check(settings, registry, RulesInForce(settings).now).run()
        store.close()
        registry.close()
        changed = folder.run("rebuild", "--dry-run", "--json").strip()
        found = self.found
        found.answered += len(folder.answered)
        found.lost += len(set(folder.answered) - logged.keys())
        found.doubled += sum(logged[recipient] > 1 for recipient in folder.answered)
        found.differing += len(checked.differing) + (changed != "[]")
        self.problem(*(f"check: {each.kind} {each.differ}" for each in checked.differing))
        if changed != "[]":
            self.problem(f"a rebuild changes {changed[:200]}")


def fold(settings: Settings, store: SqliteStore, registry: SqliteRegistry) -> None:
    """Count what waits, as `mailpixel work` does, once the lease of a killed process has run out."""
    folding = Folding(store, registry, RulesInForce(settings), "kills", NOTE_EVERY_MS)
    until_s = time.monotonic() + AGAIN_S
    while store.consumer(FOLD).waiting().first_event_ms:
        assert time.monotonic() < until_s, "hits stay uncounted"
        if folding.catch_up(now_ms, LEASE_MS) is None:
            time.sleep(0.1)
    folding.leave()


def forked(step: Callable[[], object]) -> int:
    """A process, and a group of its own, that takes the step and says nothing."""
    child = os.fork()
    if child:
        with suppress(OSError):
            os.setpgid(child, child)
        return child
    code = 1
    try:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        step()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        os._exit(code)


def ended(child: int, within_s: float) -> int | None:
    """The exit code of a child; None when it had to be killed."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.0005)
    os.killpg(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return None if code == -signal.SIGKILL else code
