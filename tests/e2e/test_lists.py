"""A long list at the pages of a running service: signed in flat memory, and ended at once with the service.

`scripts/soak -k test_lists -s` prints the figures of a million recipients.
"""

import csv
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.keys import read_keys
from mailpixel.links.token import TokenSigner
from tests.support.processes import descendants, forget_peak, peak_mib, runs, wait_until
from tests.support.service import Service, rows
from tests.support.signed_in import SignedIn, signed_in

TOKENS = "/campaigns/c1/tokens"
MILLION = 1_000_000
AT_WORK = "The list is being signed"
SAMPLE = 9_973
"""Every row of this distance is verified."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    rows(folder, "campaign", "add", "c1", "--name", "One",
         "--link", "https://shop.example/1", "--link", "https://shop.example/2")  # fmt: skip
    return folder


def a_list(folder: Path, recipients: int) -> Path:
    """A CSV with this number of recipients, `r-0000000` and those that follow."""
    path = folder / f"{recipients}.csv"
    with path.open("w") as file:
        file.write("recipient,name\n")
        file.writelines(f"r-{n:07},Person {n}\n" for n in range(recipients))
    return path


def begun(person: SignedIn, path: Path, recipients: int) -> str:
    """The page of a list that is being signed, when its first rows are done."""
    page = person.upload(TOKENS, "list", a_list(path, recipients))
    wait_until(lambda: re.search(r"data-job-rows=\S+?>[1-9]", person.see(page)[1]), "no row is signed")  # type: ignore[arg-type,return-value]
    return page


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_a_list_ends_at_once_with_the_service_and_its_page_says_so(
    data: Path, tmp_path: Path, ending: str
) -> None:
    with Service(data) as service:
        page = begun(signed_in(service), tmp_path, MILLION)
        processes = descendants(service.process.pid)
        began = time.monotonic()
        getattr(service, ending)()
        print(f"{ending}: ended {time.monotonic() - began:.2f} s after the signal")
        wait_until(lambda: not any(map(runs, processes)), "a process outlives the service")
    with Service(data) as service:
        person = signed_in(service)
        status, text = person.see(page)
        assert (status, AT_WORK in text) == (200, False)
        assert "The list was not signed" in text
        assert "The service ended before the list was signed. Sign it again." in text
        assert f"{page}/links" not in text
        assert person.see(f"{page}/links")[0] == 404
        assert [file.suffix for file in (data / "lists").iterdir()] == [".json"]
        assert list((data / "jobs").iterdir()) == []


@pytest.mark.soak
@pytest.mark.parametrize("recipients", [100_000, MILLION])
def test_a_long_list_is_signed_in_flat_memory(data: Path, tmp_path: Path, recipients: int) -> None:
    """Prints the peak of the web process, which also signs, the time, and how long pixels took meanwhile."""
    with Service(data) as service:
        person = signed_in(service)
        signed = tmp_path / "signed.csv"
        source = a_list(tmp_path, recipients)
        before = peak_mib(service.process.pid)
        forget_peak(service.process.pid)
        began = time.monotonic()
        with pixels_meanwhile(service) as waits_ms:
            page = person.upload(TOKENS, "list", source)
            sent_s = time.monotonic() - began
            wait_until(lambda: AT_WORK not in person.see(page)[1], "the list is not signed", 600)
            signed_s = time.monotonic() - began
        assert person.fetch(f"{page}/links", signed) == 200
        took_s, peak = time.monotonic() - began, peak_mib(service.process.pid)
        slowest = sorted(waits_ms)
        print(
            f"\n{recipients:,} recipients: sent in {sent_s:.1f} s, signed after {signed_s:.1f} s, fetched after"
            f" {took_s:.1f} s ({signed.stat().st_size / 1e6:.0f} MB); web process {before:.0f} MiB before, peak"
            f" {peak:.0f} MiB; {len(slowest)} pixels meanwhile: median {slowest[len(slowest) // 2]:.1f} ms,"
            f" 99 % under {slowest[len(slowest) * 99 // 100]:.1f} ms, the slowest {slowest[-1]:.1f} ms"
        )
        assert checked(data, signed) == recipients


@contextmanager
def pixels_meanwhile(service: Service) -> Iterator[list[float]]:
    """Ask for a pixel again and again until the block ends. Gives the milliseconds that each took."""
    signed = rows(service.data, "links", "c1", "--recipients", "-", stdin="recipient\nreader\n")
    path = "/o/" + signed.partition("/o/")[2].partition(",")[0]
    waits_ms: list[float] = []
    ended = Event()

    def ask() -> None:
        while not ended.wait(0.02):
            began = time.monotonic()
            assert service.status(path) == 200
            waits_ms.append((time.monotonic() - began) * 1_000)

    with ThreadPoolExecutor(1) as thread:
        asking = thread.submit(ask)
        yield waits_ms
        ended.set()
        asking.result()


def checked(data: Path, signed: Path) -> int:
    """How many rows there are, after their recipients and the tokens of a sample were verified."""
    verify = TokenSigner(read_keys(data / "keys.json", ())).verify
    number = -1
    with signed.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            assert row["recipient"] == f"r-{number:07}"
            if number % SAMPLE == 0:
                found = [verify(urlsplit(row[name]).path[3:].removesuffix(".gif"), KINDS) for name in COLUMNS]
                assert [each.claims for each in found] == [
                    Claims(TokenKind.OPEN, "c1", row["recipient"]),
                    Claims(TokenKind.CLICK, "c1", row["recipient"], 1),
                    Claims(TokenKind.CLICK, "c1", row["recipient"], 2),
                ]
                assert [each.problem for each in found] == [None, None, None]
    return number + 1


COLUMNS = ("pixel_url", "link_1", "link_2")
KINDS = frozenset(TokenKind)
