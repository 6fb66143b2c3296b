"""Pixel, redirect and embedded link, durably logged, against a bare constant GIF on the same kind of server and core.

    scripts/bench server
    BENCH_BEFORE=FOLDER scripts/bench server       beside a checkout of an earlier release
    .venv/bin/python -m tests.benchmarks.bench_server --rounds 5 --without others

Every server runs with one worker on core 0, the fold not running; the load comes from core 1. Servers take turns, round
by round. The figure is CPU time an answer, all threads and processes of a server, from /proc (`schedstat`); its ratio
is the reference's by ours in the same round. Printed are medians, and the range in brackets. Modes, consent and tags
are on: tokens carry modes, people have said yes or no, addresses become tags. Requests come from 500 browsers with
agents of their own, in turn, for every server alike: no figure rests on equal headers. A folder of an earlier release
is measured beside it, and so are nginx `empty_gif` with its access log, and pytracking under Django and gunicorn,
where these can be had.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from mailpixel.claims import Claims, TokenKind, modes_in_token
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from mailpixel.modes import Mode, Modes, both
from mailpixel.store.sqlite import open_sqlite
from tests.benchmarks import filling
from tests.benchmarks.other_servers import nginx, pytracking
from tests.benchmarks.rounds import Measured, print_turns
from tests.benchmarks.served import ROOT, Listening, Server
from tests.support.released import RELEASED, unpacked

REQUESTS, CONNECTIONS, ROUNDS = 10_000, 64, 11
ALONE = 1_000
"""Answers a round on one connection, where each waits for the disk alone."""
SLOW = 1_000
"""Answers a round of servers that take ten times as long."""
BEFORE = "BENCH_BEFORE"
"""The variable that names the folder of an earlier release."""
OURS = "mailpixel.server.app:app_from_environment"
MOST_MODES = both(Mode.INDIVIDUAL)


class Case(NamedTuple):
    """One line of the table: who answers, what is asked, how often a round, and the bar of its ratio to `bare`."""

    name: str
    server: Listening
    paths: Iterator[str]
    requests: int = REQUESTS
    bar: str = ""


def paths_of(signer: TokenSigner, kind: str, modes: Modes | None = MOST_MODES) -> Iterator[str]:
    """Paths of mails to different people, one after the other."""
    token_kind = TokenKind.OPEN if kind == "pixel" else TokenKind.CLICK
    rest: Mapping[str, Mapping[str, object]] = {
        "pixel": {},
        "redirect": {"link": 1},
        "embedded": {"destination": "https://shop.example/spring?size=7"},
    }
    said = modes_in_token(token_kind, modes)
    signed = [
        signer.sign(Claims(token_kind, filling.CAMPAIGN, f"r-{n}", modes=said, **rest[kind]))  # type: ignore[arg-type]
        for n in range(REQUESTS)
    ]
    before, behind = ("/o/", ".gif") if kind == "pixel" else ("/c/", "")
    return cycle([before + token + behind for token in signed])


def prepared(folder: Path, code: Path = ROOT) -> TokenSigner:
    """A new data folder, made by the code of a checkout, and the signer of its tokens."""
    folder.mkdir()
    command = [sys.executable, filling.__file__, str(folder)]
    subprocess.run(command, env=os.environ | {"PYTHONPATH": str(code)}, cwd=code, check=True)
    return TokenSigner(load_keyring(folder / "keys.json"))


def legacy(folder: Path) -> tuple[TokenSigner, Path]:
    """The signer and the data folder of an earlier release without modes, with a new campaign."""
    folder.mkdir()
    data = unpacked(RELEASED[-1], folder)
    _, registry = open_sqlite(data / "mailpixel.db")
    filling.fill(registry)
    return TokenSigner(load_keyring(data / "keys.json")), data


def cases(stack: ExitStack, folder: Path, without: Sequence[str]) -> list[Case]:
    """All that is measured, in the order of turns. The first is the reference."""
    signer = prepared(folder / "ours")

    def served(app: str, code: Path = ROOT, **environment: str) -> Server:
        return stack.enter_context(Server(app, environment, code))

    ours = served(OURS, MAILPIXEL_DATA=str(folder / "ours"))
    found = [
        Case("bare GIF", served("tests.benchmarks.bare:app"), paths_of(signer, "pixel")),
        Case("pixel", ours, paths_of(signer, "pixel"), bar="0.95"),
        Case("redirect", ours, paths_of(signer, "redirect"), bar="0.90"),
        Case("embedded", ours, paths_of(signer, "embedded")),
    ]
    if "legacy" not in without:
        of_old, data = legacy(folder / "legacy")
        server = served(OURS, MAILPIXEL_DATA=str(data))
        found.append(Case("pixel, legacy folder", server, paths_of(of_old, "pixel", None), bar="1.10"))
    if os.environ.get(BEFORE):
        code = Path(os.environ[BEFORE])
        of_before = prepared(folder / "before", code)
        server = served(OURS, code, MAILPIXEL_DATA=str(folder / "before"))
        found.append(Case("pixel, before", server, paths_of(of_before, "pixel")))
        found.append(Case("redirect, before", server, paths_of(of_before, "redirect")))
    else:
        print(f"the release before is missing: name the folder of its checkout in {BEFORE}")
    if "others" not in without:
        for name, made, requests in (
            ("nginx empty_gif", nginx, REQUESTS),
            ("pytracking, Django", pytracking, SLOW),
        ):
            other = made(stack, folder / name.partition(" ")[0].strip(","))
            if isinstance(other, str):
                print(f"{name} is missing: {other}")
            else:
                found.append(Case(name, other.server, cycle(other.paths), requests))
    return found


def measured(found: Sequence[Case], rounds: int, connections: int) -> Mapping[str, list[Measured]]:
    """What each case took, round by round, in turn."""
    results: dict[str, list[Measured]] = {case.name: [] for case in found}
    for number in range(rounds):
        first = number % len(found)
        for case in [*found[first:], *found[:first]]:
            requests = case.requests if connections > 1 else min(ALONE, case.requests)
            results[case.name].append(case.server.take(list(islice(case.paths, requests)), connections))
    return results


def main() -> None:
    """Run the rounds in turn and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--without", nargs="*", default=(), choices=("legacy", "others", "alone"))
    chosen = parser.parse_args()
    os.sched_setaffinity(0, {1} if (os.cpu_count() or 1) > 1 else {0})
    with tempfile.TemporaryDirectory() as made, ExitStack() as stack:
        found = cases(stack, Path(made), chosen.without)
        bars = {case.name: case.bar for case in found}
        for connections in (CONNECTIONS, 1):
            if connections == 1 and "alone" in chosen.without:
                continue
            title = (
                f"server, {connections} connection{'s' if connections > 1 else ''}, {chosen.rounds} rounds"
            )
            print_turns(title, measured(found, chosen.rounds, connections), bars if connections > 1 else {})


if __name__ == "__main__":
    main()
