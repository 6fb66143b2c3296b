"""A page view posted and durably logged, against a bare ASGI app that reads the same body and answers 204.

Both run under the same uvicorn on core 0, one worker, the fold not running; the load comes from core 1. The figure is
CPU time per answer (all threads of the server), its ratio the reference's by ours.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path

from mailpixel.links.surfaces import SITE
from mailpixel.site_model import Site
from tests.benchmarks.served import Server
from tests.benchmarks.table import print_rows
from tests.support.load import post, send
from tests.support.stores import open_settled

REQUESTS, CONNECTIONS, ROUNDS = 20_000, 64, 5
VIEWS = 5
"""Pages that a visitor views."""
KEY = "0123456789abcdef"
BAR = "0.50"


def page_view(number: int) -> bytes:
    """A page view as the script sends it."""
    event = {
        "name": "page_view",
        "id": f"{number:022d}",
        "age_ms": 12,
        "url": f"https://shop.example/product/{number % 500}?utm_source=mail&size=9",
        "referrer": "https://shop.example",
        "view": f"v{number:021d}",
        "nav": "load",
    }
    proof = {"source": "api", "version": "2026-11"}
    sent = {"v": 1, "sent_ms": 1_790_000_000_000, "consent": ["measure"], "proof": proof, "events": [event]}
    return json.dumps(sent, separators=(",", ":")).encode()


def requests_of(first: int) -> list[tuple[str, bytes]]:
    """Posts of page views: each visitor views `VIEWS` pages, one of a hundred agents each."""
    agents = [
        f"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101 Firefox/{n}.0\r\n"
        for n in range(60, 160)
    ]
    rest = (
        "Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Content-Type: text/plain;charset=UTF-8\r\nOrigin: https://shop.example\r\nReferer: https://shop.example/\r\n"
        "Sec-Fetch-Dest: empty\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: cross-site\r\n"
    )
    path = SITE.prefix + KEY
    return [
        (str(n), post(path, page_view(n), f"{forwarded_for(n // VIEWS)}{agents[n // VIEWS % 100]}{rest}"))
        for n in range(first, first + REQUESTS)
    ]


def forwarded_for(number: int) -> str:
    """The header of a proxy that names another client for each number, up to 65,536."""
    return f"X-Forwarded-For: 198.51.{number % 256}.{number // 256 % 256}\r\n"


def measure(server: Server, requests: list[tuple[str, bytes]]) -> tuple[float, float]:
    """(CPU microseconds an answer, answers a second)."""
    before, started = server.cpu_s(), time.perf_counter()
    answers = asyncio.run(send(server.port, requests, CONNECTIONS))
    seconds, cpu_s = time.perf_counter() - started, server.cpu_s() - before
    assert [status for _, status in answers] == [204] * len(requests)
    return cpu_s / len(answers) * 1e6, len(answers) / seconds


def main() -> None:
    """Run the rounds in turn and print the medians."""
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
    with tempfile.TemporaryDirectory() as folder:
        store, registry = open_settled(Path(folder) / "mailpixel.db")
        site = Site("shop", KEY, ("shop.example",))
        registry.add_site(site)
        bare = Server("tests.benchmarks.bare_posts:app", {})
        environment = {"MAILPIXEL_DATA": folder, "MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}
        ours = Server("mailpixel.server.app:app_from_environment", environment)
        measured: dict[str, list[tuple[float, float]]] = {"bare 204": [], "page view": []}
        for number in range(ROUNDS):
            requests = requests_of(number * REQUESTS)
            measured["bare 204"].append(measure(bare, requests))
            measured["page view"].append(measure(ours, requests))
        bare.stop()
        ours.stop()
        logged = sum(len(visit.events) for visit in store.messages(site.visits))
        store.close()
    report(measured, logged)


def report(measured: dict[str, list[tuple[float, float]]], logged: int) -> None:
    """The table: median CPU an answer, median rate, ratio round by round to the reference, bar."""
    reference = [cpu for cpu, _ in measured["bare 204"]]
    rows = []
    for name, rounds in measured.items():
        ratio = statistics.median(base / cpu for base, (cpu, _) in zip(reference, rounds, strict=True))
        cpu, rate = (statistics.median(values) for values in zip(*rounds, strict=True))
        bar = "" if name == "bare 204" else BAR
        rows.append((name, f"{cpu:.1f}", f"{rate:,.0f}", f"{ratio:.2f}", bar))
    rows.append(("events logged", f"{logged:,}", "", "", ""))
    print_rows("site", ("answer", "CPU us", "answers/s", "ratio", "bar"), rows)


if __name__ == "__main__":
    main()
