"""Signing a list behind the scenes: how far it is, what is left at its end, and how its process may die."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from mailpixel.errors import NotFound
from mailpixel.folder.jobs import JobProgress, jobs_in
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.minting.list_job import ListJob
from mailpixel.minting.results import ENDED, SignedList, look, remove_list, remove_old_lists, signed_list
from mailpixel.server.signing import Signing

KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))
JOB = Job("spring", "https://t.example", workers=1)
ROWS = 60_000
DIES = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.lists.minted_rows import Job
from mailpixel.minting.list_job import ListJob
data = Path(sys.argv[1])
job = ListJob(open(sys.argv[2], "rb"), data, Job("spring", "https://t.example", workers=1),
              new_keyring(datetime(2026, 11, 25, tzinfo=UTC)))
print(job.id, flush=True)
job.run(lambda: len(list((data / "jobs").glob("*.json"))) > 0 and os.kill(os.getpid(), 9), lambda numbers: None)
"""
"""Begins to sign a list and is killed once it has said how far it is."""


def a_list(folder: Path, rows: int = ROWS) -> BinaryIO:
    path = folder / "list.csv"
    path.write_text("recipient\n" + "".join(f"r-{n}\n" for n in range(rows)))
    return path.open("rb")


def names(data: Path, folder: str = "lists") -> list[str]:
    return sorted(path.name for path in (data / folder).iterdir())


def test_whoever_looks_sees_how_far_a_list_is_and_then_what_became_of_it(tmp_path: Path) -> None:
    source = a_list(tmp_path)
    size = os.fstat(source.fileno()).st_size
    job = ListJob(source, tmp_path, JOB, KEYRING)
    assert look(tmp_path, "spring", job.id) == JobProgress("spring", job.id, 0, 0, size)
    seen: list[tuple[object, list[JobProgress]]] = []

    def is_ending() -> bool:
        seen.append((look(tmp_path, "spring", job.id), list(jobs_in(tmp_path))))
        return False

    signed: list[str] = []
    job.run(is_ending, lambda numbers: signed.extend(names(tmp_path)))
    assert seen[1] == (JobProgress("spring", job.id, 0, 0, size), [JobProgress("spring", job.id, 0, 0, size)])
    assert signed == [f"{job.id}.csv", f"{job.id}.unfinished"], "the result is written last"
    made, path = signed_list(tmp_path, "spring", job.id)
    assert made == SignedList(job.id, "spring", "csv", ROWS, ROWS, size_bytes=path.stat().st_size)
    assert path.read_bytes().count(b"\n") == ROWS + 1
    assert (names(tmp_path), names(tmp_path, "jobs")) == ([f"{job.id}.csv", f"{job.id}.json"], [])
    assert source.closed


def test_a_list_belongs_to_its_campaign_while_it_is_signed(tmp_path: Path) -> None:
    job = ListJob(a_list(tmp_path, 1), tmp_path, JOB, KEYRING)
    for refused in (
        lambda: look(tmp_path, "autumn", job.id),
        lambda: signed_list(tmp_path, "spring", job.id),
        lambda: remove_list(tmp_path, "autumn", job.id),
    ):
        with pytest.raises(NotFound):
            refused()
    job.run(lambda: False, lambda numbers: None)


@pytest.mark.parametrize("format", list(Format))
def test_a_service_that_ends_stops_the_list_and_says_so(tmp_path: Path, format: Format) -> None:
    job = ListJob(
        a_list(tmp_path), tmp_path, Job("spring", "https://t.example", (), format, workers=1), KEYRING
    )
    asked = iter([False, False, True])
    job.run(lambda: next(asked), lambda numbers: pytest.fail("nothing was signed"))
    assert look(tmp_path, "spring", job.id) == SignedList(job.id, "spring", str(format), problem=ENDED)
    assert (names(tmp_path), names(tmp_path, "jobs")) == ([f"{job.id}.json"], [])


def test_a_list_that_is_removed_while_it_is_signed_leaves_nothing(tmp_path: Path) -> None:
    job = ListJob(a_list(tmp_path), tmp_path, JOB, KEYRING)
    remove_list(tmp_path, "spring", job.id)
    job.run(lambda: False, lambda numbers: pytest.fail("nothing was signed"))
    with pytest.raises(NotFound):
        look(tmp_path, "spring", job.id)
    assert names(tmp_path) == []


@pytest.mark.parametrize("by", ["a look", "the next start"])
def test_a_list_whose_process_was_killed_is_removed_and_the_page_says_so(tmp_path: Path, by: str) -> None:
    a_list(tmp_path).close()
    run = [sys.executable, "-c", DIES, str(tmp_path), str(tmp_path / "list.csv")]
    died = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    id = died.stdout.strip()
    assert died.returncode == -9, died.stderr
    assert names(tmp_path) == [f"{id}.csv", f"{id}.unfinished"]
    if by == "the next start":
        remove_old_lists(tmp_path, 0)
        assert names(tmp_path) == [f"{id}.json"]
    assert look(tmp_path, "spring", id) == SignedList(id, "spring", "csv", problem=ENDED)
    assert (names(tmp_path), names(tmp_path, "jobs")) == ([f"{id}.json"], [])


def test_the_end_of_a_service_ends_the_list_at_work_and_those_that_wait(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    signing = Signing()
    at_work = signing.begin(
        lambda: ListJob(os.fdopen(reading, "rb"), tmp_path, JOB, KEYRING), lambda numbers: None
    )
    waits = signing.begin(lambda: ListJob(a_list(tmp_path, 5), tmp_path, JOB, KEYRING), lambda numbers: None)

    async def end() -> None:
        closing = asyncio.create_task(signing.close())
        await asyncio.sleep(0)
        os.write(writing, b"recipient\nr-1\n")
        os.close(writing)
        await closing

    asyncio.run(end())
    found = [look(tmp_path, "spring", id) for id in (at_work, waits)]
    assert [each.problem for each in found if isinstance(each, SignedList)] == [ENDED, ENDED]
