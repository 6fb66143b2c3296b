"""Floods that anybody on the network can send: what they take is bounded, and readers are counted as ever.

Memory and disk are asserted. How long other readers wait is printed beside a quiet run: `pytest -s` shows it.
"""

import asyncio
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.folder.key_file import load_keyring
from mailpixel.links.token import TokenSigner
from tests.e2e.conftest import signed
from tests.support.flood import MEGABYTE, Reader, count_of, disk_bytes, memory_bytes, metric, quiet
from tests.support.load import BROWSER, load
from tests.support.processes import needs_proc
from tests.support.service import Service, rows
from tests.support.stores import open_settled

FORGED, AGENTS, CONNECTIONS = 12_000, 3_000, 20
MOST_MEMORY, MOST_DISK = 30 * MEGABYTE, 3 * MEGABYTE
CLICK = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Site: none\r\nSec-CH-UA: x\r\n"
PERSON = f"{BROWSER}{CLICK}Upgrade-Insecure-Requests: 1\r\n".replace(
    "image/avif,image/webp", "text/html,image/webp"
)

pytestmark = needs_proc


@pytest.fixture
def flooded(tmp_path: Path) -> Iterator[Service]:
    """A service of its own with the campaign `c1`."""
    data = tmp_path / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--sent", "100", "--link", "https://shop.example/")
    with Service(data) as service:
        service.wait_for("/readyz")
        yield service


def ask(service: Service, paths: list[str], headers: str | Iterator[str] = PERSON) -> None:
    """Ask for these paths; every one must be answered."""
    answered = asyncio.run(load(service.port, paths, min(CONNECTIONS, len(paths)), headers))
    assert len(answered) == len(paths)


def opened_and_clicked(service: Service) -> dict[str, Any]:
    """The summary once nothing is left to fold."""
    service.stop()
    rows(service.data, "rebuild")
    return dict(json.loads(rows(service.data, "report", "c1", "--json")))


def forged(signer: TokenSigner, known: str) -> Iterator[str]:
    """Broken signatures: half of them on a message that a reader has opened, the others on made-up ones."""
    for number in itertools.count():
        recipient = known if number % 2 else f"made-up-{number}"
        far = f"https://evil.example/{number}/" + "x" * 2_000
        claims = (
            Claims(TokenKind.CLICK, "c1", recipient, destination=far)
            if number % 3
            else Claims(TokenKind.OPEN, "c1", recipient)
        )
        token = signer.sign(claims)
        yield ("/c/" if number % 3 else "/o/") + token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")


def made_up_agents(seed: int) -> Iterator[str]:
    """Headers with an agent that nobody has seen before, as long as one may be."""
    chance = random.Random(seed)
    while True:
        yield f"User-Agent: {chance.randbytes(240).hex()}\r\nAccept: */*\r\n"


def test_a_flood_of_broken_signatures_changes_no_reader_and_fills_neither_memory_nor_disk(
    flooded: Service,
) -> None:
    paths = signed(flooded, "r-1")
    signer = TokenSigner(load_keyring(flooded.data / "keys.json"))
    ask(flooded, [paths["pixel_url"]])
    headers = made_up_agents(1)
    ask(flooded, list(itertools.islice(forged(signer, "r-0"), 500)), headers)  # warm
    alone = quiet(flooded, paths["pixel_url"], 200, for_s=0.5)
    memory, disk = memory_bytes(flooded), disk_bytes(flooded.data)
    open_settled(flooded.data / "mailpixel.db")
    agents, events = count_of(flooded.data, "agents"), count_of(flooded.data, "events")
    with Reader(flooded, signed(flooded, "r-2")["pixel_url"], 200, pause_s=0.1) as reader:
        ask(flooded, list(itertools.islice(forged(signer, "r-1"), FORGED)), headers)
    print(f"\nforged flood: quiet {alone}; beside it {reader.percentiles()}")
    assert reader.wrong == []
    assert metric(flooded, 'mailpixel_hits_total{outcome="forged_overflow"') > FORGED // 3
    assert memory_bytes(flooded) - memory < MOST_MEMORY
    ask(flooded, [paths["pixel_url"], paths["link_1"]])
    summary = opened_and_clicked(flooded)
    assert disk_bytes(flooded.data) - disk < MOST_DISK
    assert count_of(flooded.data, "agents") - agents <= 3
    assert 0 <= count_of(flooded.data, "events") - events - (2 + len(reader.waits_s)) <= 5
    assert summary["overflow"] == 0
    assert (summary["clicks"]["events"], summary["clicks"]["unique"]) == (1, 1)
    assert summary["opens"]["unique"] == 2


def test_a_flood_of_made_up_agents_on_good_links_fills_neither_memory_nor_disk(flooded: Service) -> None:
    paths = signed(flooded, "r-1")
    hammered = [signed(flooded, f"r-{number}")["pixel_url"] for number in range(2, 5)]
    headers = made_up_agents(2)
    ask(flooded, hammered * 100, headers)  # warm
    alone = quiet(flooded, paths["pixel_url"], 200, for_s=0.5)
    memory, agents = memory_bytes(flooded), count_of(flooded.data, "agents")
    with Reader(flooded, paths["pixel_url"], 200, pause_s=0.1) as reader:
        ask(flooded, hammered * (AGENTS // len(hammered)), headers)
    print(f"\nagents flood: quiet {alone}; beside it {reader.percentiles()}")
    assert reader.wrong == []
    assert metric(flooded, "mailpixel_agents_replaced_total") > 300
    assert memory_bytes(flooded) - memory < MOST_MEMORY
    assert count_of(flooded.data, "agents") - agents < 60
    ask(flooded, [paths["link_1"]])
    assert opened_and_clicked(flooded)["clicks"]["events"] == 1
