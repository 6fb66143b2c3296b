"""The stream of a share: who has its address learns of changes until the share ends, and never crowds others out."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.listening import Clients
from tests.support.service import Service, rows


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shares") / "data"
    rows(folder, "campaign", "add", "c1", "--name", "One", "--sent", "10")
    return folder


@pytest.fixture(scope="module")
def service(data: Path) -> Iterator[Service]:
    with Service(data) as running:
        yield running


def stream_path(data: Path, *more: str) -> str:
    """The path of the stream of a new share."""
    url = rows(data, "share", "add", "c1", *more).splitlines()[0]
    return url[url.index("/s/") :] + "/stream"


def pixel(data: Path, recipient: str) -> str:
    signed = rows(data, "links", "c1", "--recipients", "-", stdin=f"recipient\n{recipient}\n")
    return "/o/" + signed.partition("/o/")[2].partition(",")[0]


def test_a_stranger_learns_that_figures_changed_and_nothing_of_the_hit(data: Path, service: Service) -> None:
    path, hit = stream_path(data), pixel(data, "r-secret")

    async def listen() -> list[tuple[str, object, str]]:
        async with Clients(service, "", path=path) as clients:
            stream = await clients.listen("?events=hit,summary,job,change")
            assert await asyncio.to_thread(service.status, hit) == 200
            return list(await stream.events(1))

    assert asyncio.run(listen()) == [("change", {}, "")]


def test_a_revoked_share_ends_its_streams_and_opens_no_other(data: Path, service: Service) -> None:
    path, other = stream_path(data), stream_path(data)
    number = str(len(rows(data, "share", "list", "c1").splitlines()) - 2)

    async def listen() -> tuple[bytes, str, list[str]]:
        async with Clients(service, "", path=path) as clients, Clients(service, "", path=other) as others:
            stream, kept = await clients.listen(), await others.listen()
            await asyncio.to_thread(rows, data, "share", "revoke", number)
            rest, again = await stream.rest(), await (await clients.ask()).head()
            for hit in [
                pixel(data, f"r-{n}") for n in range(2, 7)
            ]:  # fewer than five change nothing that it shows
                assert await asyncio.to_thread(service.status, hit) == 200
            return rest, again, [kind for kind, _, _ in await kept.events(1)]

    rest, again, kept = asyncio.run(listen())
    assert rest.endswith(b"0\r\n\r\n")
    assert again[9:12] == "404"
    assert kept == ["change"], "the stream of another share goes on"


def test_shares_leave_half_of_the_places_to_those_who_are_signed_in(data: Path) -> None:
    path, key = stream_path(data), rows(data, "apikey", "add", "reader", "--scope", "read").strip()

    async def listen(service: Service) -> tuple[str, list[str], str]:
        async with Clients(service, "", path=path) as strangers, Clients(service, key) as people:
            await strangers.listen()
            first = await people.listen()
            refused = await (await strangers.ask()).head()
            heads = [(await (await people.ask()).head())[9:12] for _ in range(3)]
            await first.close()
            return refused, heads, (await (await strangers.ask()).head())[9:12]

    with Service(data, environment={"MAILPIXEL_LISTENERS": "4"}) as service:
        refused, heads, full = asyncio.run(listen(service))
    assert (refused[9:12], "retry-after: 60" in refused) == ("503", True)
    assert heads == ["200", "200", "503"]
    assert full == "503", "one place is free, but not half of them"
