"""Makes a data folder with the program of another commit, as its users would: its commands, its service, its own URLs.

    python -m tests.support.old_release SOURCE OUT

`SOURCE` is a folder with that program, such as `git archive COMMIT mailpixel | tar -x -C SOURCE` makes it. `OUT` gets
what `tests/data/schemas` holds of each schema: the database as compressed SQL, its keys, three signed rows, and what
its own `report` and `explain` printed.
"""

import csv
import json
import lzma
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from tests.support.service import free_port

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0"
    " Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0"
    " Mobile Safari/537.36"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
THUNDERBIRD = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.2.0"
APPLE, ROBOT = "Mozilla/5.0", "curl/8.5.0"
HITS = (
    (("pixel_url", BROWSER), ("link_1", BROWSER)),
    (("pixel_url", GMAIL),),
    (("pixel_url", THUNDERBIRD), ("link_2", BROWSER)),
    (("pixel_url", APPLE),),
    (("link_1", ROBOT), ("pixel_url", GMAIL)),
    (("pixel_url", PHONE), ("link_2", PHONE), ("link_1", PHONE)),
)
"""What recipients do, by turns: the URL and the agent of each hit."""
PEOPLE = {"spring": 120, "autumn": 40}
CONSENTS = "recipient,purpose,state,time,source,wording\nr-7,all,granted,2026-11-20T10:00:00Z,form,v1\n"
MAY_FAIL = (
    ("person", "optout", "r-5"),
    ("person", "erase", "r-9", "--yes"),
    ("consent", "import", "consents.csv"),
    ("share", "add", "spring"),
    ("deliveries", "spring", "--import", "deliveries.csv"),
)
"""Commands that a release may not have yet."""


PAGE = "https://shop.example/"
AT_PAGES = {"Origin": PAGE[:-1], "Content-Type": "text/plain;charset=UTF-8", "Sec-Fetch-Site": "cross-site"}


def visit(number: int) -> bytes:
    """What the pages of a web site send for one visitor who agreed to be known, and who bought something."""
    bought = {"transaction_id": f"A-{number}", "value": 20, "currency": "EUR"}
    steps: tuple[dict[str, object], ...] = ({"name": "page_view"}, {"name": "purchase", "data": bought})
    events = [
        {"id": f"{place}-{number:014}", "age_ms": 0, "url": PAGE, **step} for place, step in enumerate(steps)
    ]
    said = {"v": 1, "events": events, "consent": ["measure", "identify"], "proof": {"source": "api"}}
    return json.dumps(said).encode()


class OldRelease:
    """The program in a folder, with a data folder of its own."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self._port = free_port()
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAILPIXEL_")},
            "PYTHONPATH": str(source),
            "MAILPIXEL_BASE_URL": f"http://127.0.0.1:{self._port}",
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, *words: str, may_fail: bool = False) -> str:
        """What a command prints."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "mailpixel", "--data", str(self.data), *words],
            env=self._environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and not may_fail:
            raise SystemExit(f"{words}: {done.stderr}")
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Its service."""
        command = [
            sys.executable,
            "-P",
            "-m",
            "mailpixel",
            "--data",
            str(self.data),
            "serve",
            "--port",
            str(self._port),
        ]
        process = subprocess.Popen(command, env=self._environment, cwd=self.folder, stderr=subprocess.DEVNULL)
        try:
            while not self._answers():
                if process.poll() is not None:
                    raise SystemExit("the service ended")
                time.sleep(0.1)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()

    def _answers(self) -> bool:
        with suppress(OSError):
            return ask(f"http://127.0.0.1:{self._port}/healthz", BROWSER) == 200
        return False

    def fill(self) -> None:
        """Two campaigns, their hits, and what else the release knows."""
        (self.folder / "consents.csv").write_text(CONSENTS)
        for campaign, people in PEOPLE.items():
            links = (
                word for name in ("a", "b") for word in ("--link", f"https://shop.example/{campaign}/{name}")
            )
            self.run(
                "campaign",
                "add",
                campaign,
                "--name",
                f"{campaign.title()} sale",
                "--sent",
                str(people),
                *links,
            )
            names = "".join(f"r-{number}\n" for number in range(1, people + 1))
            (self.folder / f"{campaign}.txt").write_text("recipient\n" + names)
            urls = self.run("links", campaign, "--recipients", f"{campaign}.txt")
            (self.folder / f"{campaign}.csv").write_text(urls)
        with self.serving():
            for campaign in PEOPLE:
                for number, row in enumerate(csv.DictReader((self.folder / f"{campaign}.csv").open())):
                    for name, agent in HITS[number % len(HITS)]:
                        ask(row[name], agent)
            delivered = f"recipient,delivered_at\nr-3,{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\n"
            (self.folder / "deliveries.csv").write_text(delivered)
            for words in MAY_FAIL:
                self.run(*words, may_fail=True)
            self._visit()
        time.sleep(16)  # verdicts settle

    def _visit(self) -> None:
        """Visits of a web site, where the release knows such."""
        key = self.run("site", "add", "shop", "--host", "shop.example", may_fail=True).strip()
        time.sleep(3 if key else 0)  # until the service knows the site
        for number in range(10 if key else 0):
            ask(f"http://127.0.0.1:{self._port}/p/{key}", BROWSER, visit(number), AT_PAGES)

    def write(self, out: Path) -> None:
        """What the tests need of it."""
        said = {name: json.loads(self.run("report", name, "--json")) for name in PEOPLE}
        explained = {"explain": json.loads(self.run("explain", "spring", "r-1", "--json"))}
        if visits := self.run("site", "visits", "shop", "--json", may_fail=True):
            explained["visits"] = json.loads(visits)
        rows = (self.folder / "spring.csv").read_text().splitlines()[:4]
        with closing(sqlite3.connect(self.data / "mailpixel.db")) as connection:
            text = "\n".join(connection.iterdump())
            steps = [
                name for (name,) in connection.execute("select name from _sqlite_migrations order by id")
            ]
        out = out / max(steps)[:4]
        out.mkdir(parents=True)
        (out / "database.sql.xz").write_bytes(lzma.compress(text.encode()))
        (out / "keys.json").write_bytes((self.data / "keys.json").read_bytes())
        (out / "urls.csv").write_text("\n".join(rows) + "\n")
        (out / "said.json").write_text(json.dumps(said | explained, separators=(",", ":")) + "\n")
        print(out, len(steps), "steps, last applied:", steps[-1])


def ask(
    url: str, agent: str, body: bytes | None = None, more: Mapping[str, str] = MappingProxyType({})
) -> int:
    """The status of a GET that follows no redirect, or of a POST of this body."""
    headers = {
        "User-Agent": agent,
        "Accept": "image/avif,*/*;q=0.8",
        "Accept-Language": "en",
        "Accept-Encoding": "gzip",
        **more,
    }
    try:
        with _OPENER.open(urllib.request.Request(url, body, headers), timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        """Follow none."""


_OPENER = urllib.request.build_opener(_StayHere)

if __name__ == "__main__":
    with TemporaryDirectory() as made:
        release = OldRelease(Path(sys.argv[1]).absolute(), Path(made))
        release.fill()
        release.write(Path(sys.argv[2]).absolute())
