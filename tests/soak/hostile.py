"""A million requests of somebody who means harm: no answer of 500 or above but a 503 that is meant, and a clean log.

    scripts/soak hostile [NUMBER] [--seed N]

Changed tokens and paths, odd headers and methods, envelopes, calls of the API with and without keys, forms, uploads,
chunked, sent ahead and cut off, from several processes. Printed are the answers by kind and status. It exits with 1
for any other 5xx (and shows the request), an exception in the log, a recipient or an address in it, or memory that
grows past its bound.
"""

import argparse
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.benchmarks.table import print_rows
from tests.soak.hostile_requests import ADDRESS, MARK, Hostile, Sent
from tests.support.flood import memory_bytes
from tests.support.service import Service, rows
from tests.support.signed_in import signed_in

PROCESSES = 6
AHEAD = 16
"""Requests over one connection."""
LAST = b"GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n"
STATUS = re.compile(rb"HTTP/1\.1 ([1-9]\d\d) ")
WITHIN_S, BROKEN_S = 60.0, 0.1
MOST_MB = 300
MEANT = 503
Answers = Counter[tuple[str, int]]


def attack(port: int, hostile: tuple[Any, ...], number: int, pipe: Any) -> None:
    """Send this number of requests, and say what was answered and what should not have been."""
    requests, answers = islice(Hostile(*hostile), number), Counter[tuple[str, int]]()
    wrong: list[tuple[int, bytes]] = []
    for batch in batches(requests):
        statuses = exchanged(port, batch)
        for each, status in zip(batch, statuses + [0] * len(batch), strict=False):
            answers[each.kind, status] += 1
            if status >= 500 and status != MEANT:
                wrong.append((status, each.data[:2_000]))
    pipe.send((answers, wrong[:20]))


def batches(requests: Iterator[Sent]) -> Iterator[Sequence[Sent]]:
    """What goes over one connection: some requests, the last of which may end it."""
    ahead: list[Sent] = []
    for each in requests:
        ahead.append(each)
        if len(ahead) == AHEAD or each.ends:
            yield ahead
            ahead = []
    if ahead:
        yield ahead


def exchanged(port: int, batch: Sequence[Sent]) -> list[int]:
    """Send a batch over one connection; the statuses of the answers in order."""
    data, last = b"", batch[-1]
    sent = b"".join(each.data for each in batch) + (b"" if last.ends else LAST)
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), WITHIN_S) as connection:
        sender = threading.Thread(target=_send, args=(connection, sent))
        sender.start()
        connection.settimeout(BROKEN_S * len(batch) if last.ends else WITHIN_S)
        with suppress(OSError):
            while part := connection.recv(1 << 18):
                data += part
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        sender.join()
    return [status for each in STATUS.findall(data) if (status := int(each)) >= 200]


def _send(connection: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        connection.sendall(data)


def prepared(service: Service, signer: TokenSigner) -> tuple[Sequence[str], str, Sequence[str], str]:
    """Good paths, the key of a site, keys of the API and the cookie of a person, of an installation."""
    claims = (
        *(Claims(kind, "c1", MARK) for kind in (TokenKind.OPEN, TokenKind.MESSAGE, TokenKind.CHOICE)),
        Claims(TokenKind.CLICK, "c1", MARK, 1),
        Claims(TokenKind.CLICK, "c1", MARK, destination="https://shop.example/a"),
        Claims(TokenKind.CAMPAIGN, "c1", ""),
    )
    tokens = [signer.sign(each) for each in claims]
    paths = [
        f"{before}{token}{behind}"
        for token in tokens
        for before, behind in (("/o/", ".gif"), ("/c/", ""), ("/c/", "/1"), ("/u/", ""))
    ]
    data = service.data
    key = rows(data, "site", "add", "shop", "--host", "shop.example").strip()
    keys = [
        rows(data, "apikey", "add", scope, "--scope", scope).split()[-1]
        for scope in ("read", "write", "privacy")
    ]
    return paths, key, keys, f"Cookie: {signed_in(service).cookie}"


def attacked(
    service: Service, given: tuple[Any, ...], number: int, seed: int
) -> tuple[Answers, list[Any], list[float]]:
    """What all processes saw, and the memory of the service in MB meanwhile."""
    spawn = get_context("spawn")
    attackers = []
    for place in range(PROCESSES):
        ours, theirs = spawn.Pipe()
        share = number // PROCESSES
        process: Any = spawn.Process(
            target=attack, args=(service.port, (seed * 1_000 + place, *given), share, theirs)
        )
        process.start()
        attackers.append((process, ours))
    answers, wrong, memory = Counter[tuple[str, int]](), [], []
    while attackers:
        memory.append(memory_bytes(service) / 1e6)
        for each in [each for each in attackers if each[1].poll(2.0 / len(attackers))]:
            found, odd = each[1].recv()
            answers += found
            wrong += odd
            each[0].join()
            attackers.remove(each)
        if any(not process.is_alive() and not pipe.poll() for process, pipe in attackers):
            raise SystemExit("a process of the attack has ended early")
    return answers, wrong, memory


def log_problems(said: str, tokens: Sequence[str]) -> list[str]:
    """What should not be in the log of the service."""
    secrets = {"a recipient": MARK, "an address": ADDRESS, **{f"token {each[:4]}": each for each in tokens}}
    found = [name for name, text in secrets.items() if text in said]
    return found + [line for line in said.splitlines() if "Traceback" in line or "Exception" in line][:10]


def run(number: int, seed: int) -> bool:
    """Everything once. Returns whether all is well."""
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        rows(
            data,
            "campaign",
            "add",
            "c1",
            "--name",
            "One",
            "--link",
            "https://shop.example/",
            "--sent-at",
            "2026-11-25T09:00:00Z",
        )
        said: list[str] = []
        with Service(data, environment={"MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}) as service:
            service.wait_for("/readyz")
            reading = threading.Thread(target=lambda: said.extend(service.process.stderr or ()))
            reading.start()
            given = prepared(service, TokenSigner(load_keyring(data / "keys.json")))
            began = time.monotonic()
            answers, wrong, memory = attacked(service, given, number, seed)
            took = time.monotonic() - began
            service.wait_for("/readyz")
            service.process.terminate()
            reading.join()
            service.process.wait()
    print_rows(f"{number:,} hostile requests, seed {seed}, {took:,.0f} s", ("kind and status", "answers"), [
        (f"{kind} {status or 'none: cut off'}", f"{count:,}") for (kind, status), count in sorted(answers.items())
    ])  # fmt: skip
    problems = log_problems("".join(said), [path.split("/")[2].partition(".")[0] for path in given[0]])
    first, last = memory[len(memory) // 4], memory[-1]
    print(f"memory: {first:.0f} MB after a quarter, {last:.0f} MB at the end, {max(memory):.0f} MB at most")
    print(f"log: {len(said):,} lines, {len(problems)} problem(s) {problems[:10]}")
    for status, data_sent in wrong[:10]:
        print(status, data_sent)
    if problems or wrong:
        Path("hostile.log").write_text("".join(said))
    return not problems and not wrong and max(memory) < MOST_MB


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "number", nargs="?", type=lambda text: int(text.replace("_", "").replace(",", "")), default=1_000_000
    )
    parser.add_argument("--seed", type=int, default=14)
    chosen = parser.parse_args()
    sys.exit(not run(chosen.number, chosen.seed))
