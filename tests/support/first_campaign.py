"""The first campaign of the README: its commands, four readers' hits, and what `report` and `explain` then print."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from starlette.testclient import TestClient

from mailpixel.server.app import create_app
from mailpixel.settings import Settings

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/151.0.0.0 Safari/537.36"
)
PERSON = {
    "user-agent": CHROME,
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en",
    "accept-encoding": "gzip, deflate, br",
    "sec-ch-ua": '"Chromium";v="151"',
    "sec-fetch-site": "none",
    "sec-fetch-mode": "navigate",
    "sec-fetch-user": "?1",
    "sec-fetch-dest": "document",
    "upgrade-insecure-requests": "1",
}
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
HITS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("r-1001", "pixel_url", {"user-agent": GMAIL}),
    ("r-1001", "link_1", PERSON),
    ("r-1002", "pixel_url", {"user-agent": "Mozilla/5.0"}),
    ("r-1003", "link_1", {"user-agent": CHROME}),
    ("r-1003", "link_2", {"user-agent": CHROME}),
)
"""Recipient, column of links.csv, and what the request says."""
VARYING = {
    re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z"): "2026-03-02T09:00:07.000Z",
    re.compile(r"within [\d.]+ s"): "within 0.2 s",
}
"""What differs from run to run, and what stands for it in the README."""


def run(block: str, folder: Path) -> str:
    """What a block of shell commands prints in this folder. Raises AssertionError with the block when it fails."""
    ours = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "MAILPIXEL_SETTLE_S": "0"}
    done = subprocess.run(
        ["bash", "-euc", block],
        cwd=folder,
        env=os.environ | ours,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def hit(folder: Path) -> None:
    """Ask for the pixels and links of `HITS` in the service on this folder's data."""
    with (folder / "links.csv").open(encoding="utf-8") as file:
        urls = {row["recipient"]: row for row in csv.DictReader(file)}
    app = create_app(Settings(data=folder / "mailpixel-data"))
    with TestClient(
        app, "http://127.0.0.1:8025", follow_redirects=False, client=("198.51.100.7", 1)
    ) as client:
        for recipient, column, headers in HITS:
            assert client.get(urls[recipient][column], headers=headers).status_code in (200, 302)


def printed(start: str, folder: Path) -> dict[str, str]:
    """What `report` and `explain` print after these commands and `HITS`, the same in every run."""
    run(start, folder)
    hit(folder)
    commands = {"report": "mailpixel report spring-2026", "explain": "mailpixel explain spring-2026 r-1003"}
    return {name: _steady(run(command, folder)) for name, command in commands.items()}


def _steady(text: str) -> str:
    for varying, instead in VARYING.items():
        text = varying.sub(instead, text)
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()
