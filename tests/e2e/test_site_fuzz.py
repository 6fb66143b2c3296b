"""Made-up envelopes over HTTP: each is answered as any other, and nothing personal reaches the log.

The gate sends some, `-m soak` a million, in parts that are looked through one by one.
"""

import asyncio
from pathlib import Path

import pytest

from tests.support.envelopes import an_envelope, an_event
from tests.support.fuzz_envelopes import Fuzz
from tests.support.load import post, send
from tests.support.service import Service, rows
from tests.support.stores import open_settled

SOME, PART, PARTS = 500, 50_000, 20
RUNS = [(0, SOME), *(pytest.param(seed, PART, marks=pytest.mark.soak) for seed in range(1, PARTS + 1))]
"""Seed and number of the envelopes of each run."""
TRACES = (b"jane", b"doe%40", b"example.org", "ＪＡＮＥ".encode())


@pytest.mark.parametrize(("seed", "number"), RUNS)
def test_no_envelope_breaks_anything_and_nothing_personal_is_kept(
    tmp_path: Path, seed: int, number: int
) -> None:
    data = tmp_path / "data"
    key = rows(data, "site", "add", "shop", "--host", "shop.example", "--name", "wishlist").strip()
    forwarded = "X-Forwarded-For: 198.51.100.{}\r\nUser-Agent: fuzz {}\r\n"
    fuzz = Fuzz(seed)
    with Service(data, ["--workers", "2"], {"MAILPIXEL_TRUSTED_PROXIES": "127.0.0.1"}) as service:
        requests = (
            (str(at), post(f"/p/{key}", body, forwarded.format(at % 250, at // 10_000)))
            for at, body in enumerate(fuzz.bodies(number))
        )
        answers = asyncio.run(send(service.port, requests, 16))
        assert len(answers) == number
        assert {status for _, status in answers} == {204}
        last = post(f"/p/{key}", an_envelope(an_event("wishlist", "last", url="https://shop.example/")))
        assert asyncio.run(send(service.port, [("last", last)], 1)) == [("last", 204)]
        said = service.stop()
    assert [word for word in ("Traceback", "ERROR") if word in said] == []
    store, _ = open_settled(data / "mailpixel.db")
    events = [
        event
        for case in ("site:shop", "order:shop")
        for each in store.messages(case)
        for event in each.events
    ]
    store.close()
    assert any('"last"' in event.body for event in events)
    assert len(events) > number // 10
    kept = "".join(repr(event) for event in events).encode() + files(data)
    assert [trace for trace in (*TRACES, b"198.51.100") if trace in kept] == []


def files(data: Path) -> bytes:
    return b"".join(file.read_bytes() for file in data.rglob("*") if file.is_file())
