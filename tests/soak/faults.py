"""Faults of the machine beneath the service: `scripts/soak faults [NAME...]`.

No answered hit is lost or doubled but those that are counted or named, the figures are those of a rebuild, and
readiness, the log or `check` says what is wrong.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.benchmarks.table import print_rows
from tests.soak.faulty import FAULTS, Expected, Trial, Unable, failing_disk
from tests.soak.killing import Folder, Killing
from tests.support.flood import metric
from tests.support.service import mailpixel

HITS = 200
SETTLE_S = 4.0
COLUMNS = (
    "answered",
    "missing",
    "twice",
    "counted as dropped",
    "named as lost",
    "readyz meanwhile",
    "problems",
)


def ask(trial: Trial, name: str) -> None:
    """Ask for the pixel of new recipients, and note whose was answered."""
    signer = TokenSigner(load_keyring(trial.folder.data / "keys.json"))
    for each in range(HITS):
        recipient = f"{name}-{each}"
        path = f"/o/{signer.sign(Claims(TokenKind.OPEN, 'c1', recipient))}.gif"
        if trial.running.status(path) == 200:
            trial.folder.answered.append(recipient)


def tried(name: str, expected: Expected) -> list[object]:
    """A row: hits before, during and after a fault, and what was said."""
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        folder = Folder(Path(place) / "data")
        environment = {"MAILPIXEL_READY_LAG_S": "2"}
        if name == "sync fails":
            environment |= failing_disk(Path(place))
        workers = ("--workers", str(expected.workers))
        trial = Trial(folder, environment, arguments=workers)
        trial.start().wait_for("/readyz")
        ready, dropped, found = _lived_through(trial, expected)
        trial.stop()
        return _judged(trial, expected, (ready, dropped, found))


def _lived_through(trial: Trial, expected: Expected) -> tuple[int, float, str]:
    """What readiness answers during the fault, the hits that were dropped then, and what a check finds."""
    ask(trial, "before")
    trial.running.wait_for("/readyz")
    with expected.fault(trial):
        ask(trial, "during")
        time.sleep(SETTLE_S)
        ready = trial.running.status("/readyz")
        found = checked(trial) if expected.found else ""
        dropped = metric(trial.running, DROPPED) if expected.ready == 503 and ready else 0
    trial.running.wait_for("/readyz")
    ask(trial, "after")
    return ready, dropped, found


DROPPED = 'mailpixel_hits_total{outcome="queue_full"'


def checked(trial: Trial) -> str:
    """The kinds of which `mailpixel check` says that they differ."""
    said = mailpixel(trial.folder.data, "check", "--json").stdout
    return " ".join(each["kind"] for each in json.loads(said or "[]") if each["differ"])


def _judged(trial: Trial, expected: Expected, seen: tuple[int, float, str]) -> list[object]:
    ready, dropped, found = seen
    killing, folder = Killing(Random(0)), trial.folder
    folder.answered = [each for each in folder.answered if each not in trial.forgiven]
    killing.judge(folder)
    if expected.ready not in (None, ready):
        killing.problem(f"readiness answered {ready}")
    if expected.found not in found:
        killing.problem(f"check named {found or 'nothing'}")
    if expected.says not in trial.said:
        killing.problem(f"nobody said {expected.says!r}: {trial.said[-1500:]}")
    state = killing.found
    return [
        state.answered,
        state.lost,
        state.doubled,
        int(dropped),
        len(trial.forgiven),
        ready,
        "; ".join(state.problems) or "none",
    ]


def run(names: list[str]) -> int:
    """Print a row for each fault. Returns how many had problems."""
    rows: list[list[object]] = []
    for name, expected in FAULTS.items():
        if names and name not in names:
            continue
        try:
            rows.append([name, *tried(name, expected)])
        except Unable as error:
            print(f"{name}: not tried, {error}", file=sys.stderr)
        else:
            print(*rows[-1], sep="\t", file=sys.stderr, flush=True)
    print_rows(f"faults, user {os.getuid()}", ("fault", *COLUMNS), rows)
    return sum(row[-1] != "none" or bool(row[2]) or bool(row[3]) for row in rows)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]) > 0)
