"""Does the time of an answer tell whether a hit was recorded? `python -m tests.benchmarks.bench_timing`.

One connection asks in random order for 1,000 answers of each state. For each state it prints the AUC against recorded
hits: 0.5 when the best guess from the time is chance, 1.0 when the time tells for certain. Recorded hits against
recorded hits are the reference. A second table has what answers cost that record nothing.
"""

import argparse
import asyncio
import random
import socket
import statistics
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import create_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Link
from mailpixel.modes import Mode, both
from tests.benchmarks.served import Server
from tests.benchmarks.table import print_rows
from tests.support.load import BROWSER, load
from tests.support.stores import open_settled

RUNS, REQUESTS, JUNK, CONNECTIONS = 3, 1_000, 20_000, 50
GOOD, AGAIN = "recorded", "recorded again"
ALLOWED = 0.06
"""How much more than recorded against recorded a state may show."""


def states(folder: Path) -> Mapping[str, Mapping[str, str]]:
    """Paths by surface and state, of a data folder made for them."""
    _, registry = open_settled(folder / "mailpixel.db")
    now = datetime.now(UTC)
    link = Link(1, "https://shop.example/spring")
    registry.add_campaign(Campaign("c1", "Now", sent_at=now, links=(link,)))
    registry.add_campaign(Campaign("off", "Off", sent_at=now, links=(link,), mode=both(Mode.OFF)))
    registry.add_campaign(Campaign("sum", "Sum", sent_at=now, links=(link,), mode=both(Mode.AGGREGATE)))
    registry.add_campaign(Campaign("c0", "Old", sent_at=now - timedelta(days=2_000), links=(link,)))
    registry.opt_out("no", now)
    signer = TokenSigner(create_keyring(folder / "keys.json"))

    def pixel(campaign: str, recipient: str) -> str:
        return "/o/" + signer.sign(Claims(TokenKind.OPEN, campaign, recipient)) + ".gif"

    def click(campaign: str, recipient: str) -> str:
        return "/c/" + signer.sign(Claims(TokenKind.CLICK, campaign, recipient, link=1))

    forged = pixel("c1", "yes")[:-5] + "A.gif"
    pixels = {
        "opted out": pixel("c1", "no"),
        "off": pixel("off", "yes"),
        "aggregate": pixel("sum", "yes"),
        "expired": pixel("c0", "yes"),
        "forged": forged,
        "bad": "/o/x.gif",
    }
    links = {
        "opted out": click("c1", "no"),
        "off": click("off", "yes"),
        "aggregate": click("sum", "yes"),
        "expired": click("c0", "yes"),
    }
    return {
        "pixel": {GOOD: pixel("c1", "yes"), AGAIN: pixel("c1", "yes-2"), **pixels},
        "redirect": {GOOD: click("c1", "yes"), AGAIN: click("c1", "yes-2"), **links},
    }


def times(port: int, paths: Mapping[str, str]) -> Mapping[str, Sequence[float]]:
    """How long each answer took, in seconds by state, asked in random order on one connection."""
    asked = [state for state in paths for _ in range(REQUESTS)]
    random.shuffle(asked)
    taken: dict[str, list[float]] = {state: [] for state in paths}
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for state in asked:
            request = f"GET {paths[state]} HTTP/1.1\r\nHost: t\r\n{BROWSER}\r\n".encode()
            began = time.perf_counter()
            connection.sendall(request)
            answer = connection.recv(65_536)
            taken[state].append(time.perf_counter() - began)
            assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302")), (state, answer[:40])
    return taken


def auc(some: Sequence[float], others: Sequence[float]) -> float:
    """How well a time tells two states apart, from 0.5 (by chance) to 1.0 (for certain), whichever is slower."""
    ordered = sorted(others)
    wins = sum(bisect_left(ordered, each) + bisect_right(ordered, each) for each in some) / 2
    share = wins / (len(some) * len(others))
    return max(share, 1 - share)


def tell_apart(port: int, paths: Mapping[str, str]) -> Mapping[str, Sequence[float]]:
    """The AUC of each state against recorded hits, a value a run."""
    found: dict[str, list[float]] = {state: [] for state in paths if state != GOOD}
    for _ in range(RUNS):
        taken = times(port, paths)
        for state, values in found.items():
            values.append(auc(taken[GOOD], taken[state]))
    return found


def report(surface: str, found: Mapping[str, Sequence[float]]) -> None:
    """The table of one surface."""
    allowed = statistics.median(found[AGAIN]) + ALLOWED
    rows = [
        (state, *(f"{value:.3f}" for value in values), f"{statistics.median(values):.3f}", f"{allowed:.3f}")
        for state, values in found.items()
    ]
    runs = [f"run {number}" for number in range(1, RUNS + 1)]
    print_rows(f"AUC against recorded hits: {surface}", ("state", *runs, "median", "allowed"), rows)


def cost(server: Server, paths: Mapping[str, str]) -> None:
    """What answers cost that record nothing, beside those that do."""
    rows = []
    for state in (GOOD, "bad", "opted out", "aggregate"):
        measured = [server.take([paths[state]] * JUNK, CONNECTIONS) for _ in range(RUNS)]
        cpu_us, rate, *_ = (statistics.median(values) for values in zip(*measured, strict=True))
        rows.append((state, f"{cpu_us:.1f}", f"{rate:,.0f}"))
    print_rows(f"pixel, {CONNECTIONS} connections", ("state", "CPU us", "answers/s"), rows)


def main() -> None:
    """Run all and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = states(Path(folder))
        environment = {"MAILPIXEL_DATA": folder, "MAILPIXEL_MESSAGE_CAP": "100000"}
        server = Server("mailpixel.server.app:app_from_environment", environment)
        asyncio.run(load(server.port, [paths["pixel"][GOOD]] * REQUESTS, 1))
        for surface, of_surface in paths.items():
            report(surface, tell_apart(server.port, of_surface))
        cost(server, paths["pixel"])
        server.stop()


if __name__ == "__main__":
    main()
