"""What a running installation uses, measured from outside: memory, descriptors, files, and how far the figures are."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mailpixel.site_model import SITE_CASES
from mailpixel.store.consumers import SITE
from mailpixel.store.projections import FOLD
from mailpixel.store.store import Store
from tests.support.driver import Seen
from tests.support.processes import descendants
from tests.support.service import Service

MB = 1e6
MAILS = ("pixel", "redirect")
GOOD = (200, 204, 302)


class Used(NamedTuple):
    """What one process uses: resident memory, its share of what others use too, descriptors."""

    rss_mb: float
    pss_mb: float
    descriptors: int


class Sample(NamedTuple):
    """One moment. `processes` is by role; ages are in seconds, waits of clients in ms, sizes in MB.

    `behind` counts events that were answered and are not in the figures.
    """

    at_s: float
    processes: Mapping[str, Used]
    database_mb: float
    wal_mb: float
    spool_mb: float
    spool_age_s: float
    fold_lag_s: float
    behind: int
    answered: int
    p50_ms: float
    p99_ms: float


def answered(answers: Counter[tuple[str, int]], *kinds: str) -> int:
    """How many requests of these kinds were answered as they should be."""
    return sum(count for (kind, status), count in answers.items() if kind in kinds and status in GOOD)


def role_of(process: Path, web: int) -> str:
    """What a process of the installation does."""
    words = (process / "cmdline").read_bytes().split(b"\0")
    if int(process.name) == web:
        return "serve"
    if b"work" in words:
        return "work"
    return "helper" if b"resource_tracker" in b" ".join(words) else f"process {process.name}"


def used_by(service: Service) -> Mapping[str, Used]:
    """What each process uses that still runs."""
    found = {}
    for process in (Path(f"/proc/{service.process.pid}"), *descendants(service.process.pid)):
        try:
            lines = dict(
                line.split(":", 1) for line in (process / "smaps_rollup").read_text().splitlines()[1:]
            )
            rss, pss = (int(lines[name].split()[0]) * 1024 / MB for name in ("Rss", "Pss"))
            open_files = len(list((process / "fd").iterdir()))
            found[role_of(process, service.process.pid)] = Used(rss, pss, open_files)
        except OSError:  # it has just ended
            continue
    return found


def size_mb(path: Path) -> float:
    """The size of a file, or of all files in a folder; 0 where there is none."""
    try:
        files = [each.stat().st_size for each in path.iterdir()] if path.is_dir() else [path.stat().st_size]
    except FileNotFoundError:  # moved and removed meanwhile
        files = []
    return sum(files) / MB


def behind_by(store: Store, answered_mails: int) -> int:
    """How many hits on mails were answered and are not in the figures, and events of sites that are not."""
    logged = store.consumer("nobody").waiting().events
    unfolded = store.consumer(FOLD).waiting().events
    return (
        max(answered_mails - logged, 0) + unfolded + store.consumer(SITE, cases=SITE_CASES).waiting().events
    )


def sample(
    service: Service, store: Store, at_s: float, answers: Counter[tuple[str, int]], seen: Seen
) -> Sample:
    """The installation now; `answers` are all up to now, and `seen` is of the last seconds."""
    data, state = service.data, json.loads(service.get("/readyz")[2])
    return Sample(
        at_s,
        used_by(service),
        size_mb(data / "mailpixel.db"),
        size_mb(data / "mailpixel.db-wal"),
        size_mb(data / "spool"),
        (state["spool"] or {"age_s": -1.0})["age_s"],
        state["fold_lag_s"] or 0.0,
        behind_by(store, answered(answers, *MAILS)),
        answers.total(),
        seen.wait_ms(0.5),
        seen.wait_ms(0.99),
    )


def quarters(samples: Sequence[Sample]) -> tuple[Sequence[Sample], Sequence[Sample]]:
    """The first and the last quarter of what follows the warm-up, which is the first tenth."""
    after = samples[len(samples) // 10 :]
    part = max(len(after) // 4, 1)
    return after[:part], after[-part:]
