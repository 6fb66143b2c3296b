"""History judged again in processes of its own: beside a service under load, killed half-way, and on trial."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.classify import judge
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.opening import begin
from mailpixel.folder.operator_file import rules_of
from mailpixel.kinds import EventKind
from mailpixel.links.token import TokenSigner
from mailpixel.model import Event, Facts
from mailpixel.settings import Settings
from mailpixel.store.projections import FOLD, Figures, MessageState
from mailpixel.store.store import Store
from tests.e2e.test_real_campaign import recount
from tests.support.builders import BROWSER, a_campaign, a_click, an_event, an_id, an_open, at_ms
from tests.support.load import load
from tests.support.processes import descendants, has_open, needs_proc, wait_for_the_end_of, wait_until
from tests.support.service import Service, mailpixel, rows
from tests.support.stores import open_settled

PERSON = Facts(4080)
GROUP = 2_000
NEAR, FAR = "127.0.0.1", "198.51.100.7"
"""The load comes from the near address; half of what was logged before does."""


def log_history(data: Path, campaign: str, recipients: int) -> None:
    """Two events a recipient, an open and a click an hour later, every other recipient at the near address."""
    store, registry, _ = begin(Settings(data=data))
    registry.add_campaign(a_campaign(campaign, sent=recipients))
    events = list(history(campaign, recipients))
    for start in range(0, len(events), GROUP):
        store.append(events[start : start + GROUP])


def history(campaign: str, recipients: int) -> Iterator[Event]:
    for n in range(recipients):
        for kind, second in ((EventKind.OPEN, 600 + n), (EventKind.CLICK, 4_200 + n)):
            yield an_event(
                kind, second, campaign=campaign, recipient=f"h-{n:06}", address=NEAR if n % 2 else FAR,
                agent=BROWSER, facts=PERSON, link=1 if kind is EventKind.CLICK else None,
                id=an_id(at_ms(second), campaign[-4:].rjust(4, "_").encode(), 2 * n + (kind is EventKind.CLICK)),
            )  # fmt: skip


def states(store: Store, campaign: str) -> list[MessageState]:
    """Every message as it is folded now."""
    found: list[MessageState] = []
    while page := store.recipients(campaign, found[-1].recipient if found else "", 5_000):
        found += page
    return found


def folded(store: Store, campaign: str) -> tuple[list[MessageState], Figures]:
    """All that is held of a campaign besides its log."""
    return states(store, campaign), store.figures(campaign, at_ms(0), 0)


def fold_all(data: Path, store: Store) -> None:
    """Fold what waits, however long it takes; one `report` folds for two seconds at most."""
    while store.consumer(FOLD).waiting().events:
        rows(data, "report", "c1")


def figures(data: Path, campaign: str) -> dict[str, object]:
    """The summary without what tells when and by which rules it was made."""
    found: dict[str, object] = json.loads(rows(data, "report", campaign, "--json"))
    return {name: found[name] for name in ("opens", "clicks", "probes", "internal", "overflow", "links")}


def started(data: Path, *arguments: str) -> subprocess.Popen[str]:
    """A command in a group of processes of its own."""
    command = [sys.executable, "-m", "mailpixel", "--data", str(data), *arguments]
    return subprocess.Popen(
        command, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_rebuild_beside_a_service_under_load_leaves_no_gap_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    data, logged_before = tmp_path / "data", 24_000
    log_history(data, "c1", logged_before // 2)
    store, registry = open_settled(data / "mailpixel.db")
    fold_all(data, store)
    signer = TokenSigner(load_keyring(data / "keys.json"))
    paths = [
        path
        for n in range(3_000)
        for path in (
            "/o/" + signer.sign(Claims(TokenKind.OPEN, "c1", f"r-{n}")) + ".gif",
            "/c/" + signer.sign(Claims(TokenKind.CLICK, "c1", f"r-{n % 500}", link=1 + n % 3)),
        )
    ]
    answers: list[tuple[str, int]] = []
    seen: list[int] = []
    with Service(data) as service:
        loading = threading.Thread(
            target=lambda: answers.extend(asyncio.run(load(service.port, paths, connections=4)))
        )
        loading.start()
        rows(data, "networks", "add", NEAR, "--name", "near", "--scope", "all", "--certainty", "certain")
        rebuilding = started(data, "rebuild", "--json")
        while rebuilding.poll() is None or loading.is_alive():
            totals = store.figures("c1", at_ms(0), 0).totals
            seen.append(totals["opens.events"] + totals["clicks.events"])
            time.sleep(0.01)
        said = rebuilding.communicate()[1]
        assert rebuilding.returncode == 0, said
        loading.join()
    fold_all(data, store)
    incremental = figures(data, "c1")
    assert len(answers) == len(paths)
    assert seen == sorted(seen)
    assert logged_before <= seen[0] < seen[-1]
    rules = rules_of(Settings(data=data))
    counted = recount(judge(m, registry.campaign("c1"), rules) for m in store.messages("c1"))
    for kind in ("opens", "clicks"):
        found = incremental[kind]
        assert isinstance(found, dict)
        assert {name: found[name] for name in counted[kind]} == counted[kind]
    assert counted["opens"]["events"] + counted["clicks"]["events"] == logged_before + len(paths)
    assert 0 < counted["opens"]["machine"] < counted["opens"]["events"]
    assert json.loads(rows(data, "rebuild", "--json")) == []
    assert figures(data, "c1") == incremental


def test_a_rebuild_killed_anywhere_leaves_each_campaign_old_or_new_and_the_next_run_completes(
    tmp_path: Path,
) -> None:
    data, campaigns = tmp_path / "data", ("c1", "c2", "c3")
    for campaign in campaigns:
        log_history(data, campaign, 6_000)
    store, _ = open_settled(data / "mailpixel.db")
    fold_all(data, store)
    old = {id: folded(store, id) for id in campaigns}
    rows(data, "networks", "add", NEAR, "--name", "near", "--scope", "all", "--certainty", "certain")
    # By a process of its own: whoever opens and closes the file of a database that it has open loses its locks.
    subprocess.run(["cp", "-R", str(data), str(tmp_path / "twin")], check=True)
    begun = time.monotonic()
    rows(tmp_path / "twin", "rebuild")
    whole_s = time.monotonic() - begun
    twin, _ = open_settled(tmp_path / "twin" / "mailpixel.db")
    new = {id: folded(twin, id) for id in campaigns}
    assert all(old[id][0] != new[id][0] and old[id][1] != new[id][1] for id in campaigns)
    chance, interrupted = random.Random(5), 0
    while interrupted < 3:
        rebuilding = started(data, "rebuild")
        time.sleep(chance.uniform(0.3, 0.95) * whole_s)
        os.killpg(rebuilding.pid, signal.SIGKILL)
        rebuilding.communicate()
        if rebuilding.returncode == -signal.SIGKILL:
            interrupted += 1
        else:  # it takes less time than its twin did
            whole_s *= 0.7
        for id in campaigns:
            found = folded(store, id)
            assert [found == whole for whole in (old[id], new[id])].count(True) == 1
    rows(data, "rebuild")
    assert {id: folded(store, id) for id in campaigns} == new
    assert json.loads(rows(data, "rebuild", "--json")) == []


@needs_proc
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core has no workers")
def test_a_rebuild_that_is_killed_leaves_no_worker_behind(tmp_path: Path) -> None:
    data = tmp_path / "data"
    log_history(data, "c1", 24_000)
    rebuilding = started(data, "rebuild")

    def workers() -> list[Path]:
        return [each for each in descendants(rebuilding.pid) if has_open(each, "mailpixel.db")]

    wait_until(lambda: len(workers()) >= 2, "no workers were started")
    left = workers()
    rebuilding.kill()
    rebuilding.wait()
    wait_for_the_end_of(left)
    rebuilding.communicate()


def test_a_fold_that_is_asked_to_end_ends_after_a_part_and_the_next_begins_where_its_cursor_stands(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    log_history(data, "c1", 24_000)
    store, _ = open_settled(data / "mailpixel.db")
    folding = started(data, "work")
    until = time.monotonic() + 20
    while not store.recipients("c1", "", 1):
        assert time.monotonic() < until, "nothing was folded"
        time.sleep(0.01)
    folding.terminate()
    assert (*folding.communicate(timeout=20), folding.returncode) == ("", "", 0)
    assert store.cursor() == ""
    fold_all(data, store)
    totals = store.figures("c1", at_ms(0), 0).totals
    assert (totals["opens.events"], totals["clicks.events"]) == (24_000, 24_000)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Two campaigns, folded: `c1` with the seed `h-000000` to be, `c2` without it."""
    data = tmp_path / "data"
    store, registry = open_settled(data / "mailpixel.db")
    for id in ("c1", "c2"):
        registry.add_campaign(a_campaign(id))
    opens = [("c1", "seed"), ("c1", "r-1"), ("c2", "r-1")]
    store.append([an_open(600, campaign=id, recipient=recipient, facts=PERSON) for id, recipient in opens])
    store.append([a_click(700, campaign="c1", recipient="seed", facts=PERSON)])
    rows(data, "report", "c1")
    return data


def test_a_dry_run_says_which_counts_move_and_by_which_rule_and_changes_nothing(
    two: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, _ = open_settled(two / "mailpixel.db")
    before = states(store, "c1"), figures(two, "c1")
    monkeypatch.setenv("MAILPIXEL_SEEDS", "seed")
    tried = mailpixel(two, "rebuild", "--dry-run", "--json")
    (difference,) = json.loads(tried.stdout)
    assert tried.stderr.splitlines()[0] == "2 campaign(s) judged, 1 would change"
    assert difference["campaign"] == "c1"
    assert {"measure": "opens.events", "before": 2, "after": 1} in difference["measures"]
    assert {"measure": "internal", "before": 0, "after": 2} in difference["measures"]
    assert difference["moves"] == [
        {"kind": kind, "before": "human (default)", "after": "internal (internal)", "hits": 1}
        for kind in ("click", "open")
    ]
    assert (states(store, "c1"), figures(two, "c1")) == before
    done = mailpixel(two, "rebuild", "--json")
    assert (json.loads(done.stdout), done.stderr) == (
        [difference],
        tried.stderr.replace("would change", "changed"),
    )
    assert mailpixel(two, "rebuild", "--dry-run").stdout == ""
    assert figures(two, "c1")["internal"] == 2


def test_a_rebuild_of_one_campaign_leaves_the_others_alone(two: Path) -> None:
    store, _ = open_settled(two / "mailpixel.db")
    before = states(store, "c1")
    rows(two, "networks", "add", "192.0.2.0/24", "--name", "ours", "--scope", "all", "--certainty", "certain")
    rows(two, "rebuild", "--campaign", "c2")
    assert states(store, "c1") == before
    assert figures(two, "c2")["opens"] != figures(two, "c1")["opens"]
    missing = mailpixel(two, "rebuild", "--campaign", "c3")
    assert (missing.returncode, missing.stdout) == (1, "")
