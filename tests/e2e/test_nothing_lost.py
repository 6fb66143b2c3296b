"""Kill -9 in the middle of load: every hit whose answer the client read is in the log, once.

The gate kills five times, `scripts/soak` twenty.
"""

import asyncio
import random
import threading
from collections import Counter
from pathlib import Path

import pytest

from mailpixel import TokenKind
from mailpixel.claims import Claims
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.support.load import load
from tests.support.service import Service, rows
from tests.support.stores import open_settled

ROUNDS = [5, pytest.param(20, marks=pytest.mark.soak)]


def signed_paths(data: Path, round_number: int, count: int) -> dict[str, str]:
    """Path to recipient: opens and clicks by turns, every one of another recipient."""
    signer = TokenSigner(load_keyring(data / "keys.json"))
    paths = {}
    for n in range(count):
        recipient = f"r-{round_number}-{n}"
        if n % 2:
            paths["/c/" + signer.sign(Claims(TokenKind.CLICK, "c1", recipient, link=1))] = recipient
        else:
            paths["/o/" + signer.sign(Claims(TokenKind.OPEN, "c1", recipient)) + ".gif"] = recipient
    return paths


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("workers", [1, 2])
def test_every_hit_that_was_answered_before_a_kill_is_in_the_log_once(
    tmp_path: Path, workers: int, rounds: int
) -> None:
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--link", "https://shop.example/")
    answered: list[str] = []
    for round_number in range(rounds):
        paths = signed_paths(data, round_number, 4_000)
        with Service(data, ["--workers", str(workers)]) as service:
            chance = random.Random(round_number)
            killer = threading.Timer(chance.uniform(0.05, 0.35), service.kill)
            killer.start()
            answers = asyncio.run(load(service.port, paths, connections=32))
            killer.join()
        assert {status for _, status in answers} <= {200, 302}
        answered += [paths[path] for path, _ in answers]
    store, _ = open_settled(data / "mailpixel.db")
    logged = Counter(m.recipient for m in store.messages("c1") for _ in m.events)
    assert len(answered) > rounds * 50
    assert [recipient for recipient in answered if logged[recipient] != 1] == []
    assert set(logged.values()) == {1}
