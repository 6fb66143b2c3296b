"""Live figures of the running service: a hit reaches those who listen, and nobody holds up its end."""

import asyncio
import os
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.listening import Clients, Event, Stream, event_of
from tests.support.processes import wait_until
from tests.support.service import Service, rows

MANY = 1_000


@dataclass
class Folder:
    """A data folder with one campaign, a key, and the pixels of its recipients."""

    data: Path
    key: str
    pixels: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    data = tmp_path_factory.mktemp("live") / "data"
    rows(data, "campaign", "add", "c1", "--name", "One", "--sent", "10", "--link", "https://shop.example/")
    names = "recipient\n" + "".join(f"r-{n}\n" for n in range(50))
    signed = rows(data, "links", "c1", "--recipients", "-", stdin=names).splitlines()[1:]
    key = rows(data, "apikey", "add", "reader", "--scope", "read").strip()
    return Folder(data, key, ["/o/" + row.split("/o/")[1].split(",")[0] for row in signed])


@pytest.fixture(scope="module")
def service(folder: Folder) -> Iterator[Service]:
    with Service(folder.data) as running:
        yield running


async def hit(service: Service, path: str) -> None:
    status = await asyncio.to_thread(service.status, path)
    assert status == 200


def test_a_hit_reaches_the_stream_with_its_verdict_and_the_new_figures(
    folder: Folder, service: Service
) -> None:
    async def listen() -> tuple[list[Event], list[Event], float]:
        async with Clients(service, folder.key) as clients:
            stream = await clients.listen("?events=summary,hit,change")
            first = await stream.events(2)
            began = time.monotonic()
            await hit(service, folder.pixels[0])
            return first, await stream.events(3), time.monotonic() - began

    first, then, took_s = asyncio.run(listen())
    print(f"a hit is on the stream after {took_s:.2f} s")
    assert [kind for kind, _, _ in first] == ["change", "summary"]
    told = {kind: data for kind, data, _ in then}
    assert (first[1][1]["opens"]["events"], told["summary"]["opens"]["events"]) == (0, 1)
    assert {key: value for key, value in told["hit"].items() if key not in ("id", "at")} == {
        "kind": "open",
        "recipient": "r-0",
        "link": None,
        "verdict": "bot",
        "rule": "declared",
        "via": None,
        "dup": False,
        "provisional": True,
    }


def test_a_client_that_was_away_gets_the_hits_that_it_missed(folder: Folder, service: Service) -> None:
    async def listen() -> list[list[Event]]:
        async with Clients(service, folder.key) as clients:
            stream = await clients.listen("?events=hit")
            await hit(service, folder.pixels[1])
            (seen,) = await stream.events(1)
            await stream.close()
            watching = await clients.listen("?events=hit")
            for path in folder.pixels[2:5]:
                await hit(service, path)
            await watching.events(3)
            again = await clients.ask("?events=hit", last_event_id=seen[2])
            unknown = await clients.ask("?events=hit", last_event_id="elsewhere")
            return [await first_piece(each) for each in (again, unknown)]

    async def first_piece(stream: Stream) -> list[Event]:
        assert " 200 " in await stream.head()
        return [event_of(text) for text in (await stream.piece()).decode().split("\n\n")[1:-1]]

    missed, gap = asyncio.run(listen())
    assert [data["recipient"] for _, data, _ in missed] == ["r-2", "r-3", "r-4"]
    assert [(kind, data) for kind, data, _ in gap] == [("gap", {})]


def test_a_revoked_key_ends_its_streams(folder: Folder, service: Service) -> None:
    key = rows(folder.data, "apikey", "add", "short", "--scope", "read").strip()

    async def listen() -> bytes:
        async with Clients(service, key) as clients:
            stream = await clients.listen("?events=change")
            await asyncio.to_thread(rows, folder.data, "apikey", "revoke", "short")
            return await stream.rest()

    assert asyncio.run(listen()).endswith(b"0\r\n\r\n")


def test_a_stream_that_may_not_be_is_refused(folder: Folder, service: Service) -> None:
    async def ask() -> list[str]:
        async with Clients(service, folder.key) as clients:
            asked = [("", "nobody"), ("?events=all", ""), ("?events=", "")]
            return [(await (await clients.ask(*each)).head())[9:12] for each in asked]

    assert asyncio.run(ask()) == ["401", "422", "422"]


def test_no_more_listen_than_may(folder: Folder) -> None:
    async def listen(service: Service) -> tuple[str, str]:
        async with Clients(service, folder.key) as clients:
            kept = await clients.listen()
            refused = await (await clients.ask()).head()
            await kept.close()
            while (later := await (await clients.ask()).head())[9:12] == "503":
                await asyncio.sleep(0.02)
            return refused, later

    with Service(folder.data, environment={"MAILPIXEL_LISTENERS": "1"}) as service:
        refused, later = asyncio.run(listen(service))
    assert (refused[9:12], later[9:12]) == ("503", "200")
    assert "retry-after: 30" in refused


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_service_ends_at_once_although_many_listen(folder: Folder, workers: str) -> None:
    ended_s, answers = end_with(folder, 40, workers)
    print(f"{workers} worker(s) with 40 listeners ended in {ended_s:.2f} s")
    assert all(each.endswith(b"0\r\n\r\n") for each in answers)


def end_with(folder: Folder, listeners: int, workers: str) -> tuple[float, list[bytes]]:
    """How long the service takes to end with these listeners, and what each of them still got."""

    async def listen(service: Service) -> tuple[float, list[bytes]]:
        async with Clients(service, folder.key) as clients:
            streams = [await clients.listen("?events=change,hit") for _ in range(listeners)]
            service.process.terminate()
            began = time.monotonic()
            answers = await asyncio.gather(*(each.rest() for each in streams))
            await asyncio.to_thread(service.process.communicate, timeout=60)
            return time.monotonic() - began, answers

    with Service(folder.data, ["--workers", workers]) as service:
        return asyncio.run(listen(service))


@pytest.mark.soak
def test_a_thousand_idle_listeners_cost_little_and_do_not_delay_the_end(folder: Folder) -> None:
    """Prints the memory of each, the time of a hit to all of them, and how long the service takes to end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4_096), hard))

    def memory_kib(service: Service) -> int:
        status = Path(f"/proc/{service.process.pid}/smaps_rollup").read_text()
        return int(status.partition("Pss:")[2].split()[0])

    async def listen(service: Service) -> None:
        async with Clients(service, folder.key) as clients:
            for _ in range(20):
                await clients.listen("?events=change")
            before = memory_kib(service)
            streams = [await clients.listen("?events=change") for _ in range(MANY)]
            print(f"{(memory_kib(service) - before) / MANY:.1f} KiB a listener")
            began = time.monotonic()
            await hit(service, folder.pixels[9])
            await asyncio.gather(*(each.events(1) for each in streams))
            print(f"a hit reached {MANY} listeners within {time.monotonic() - began:.2f} s")
            await asyncio.sleep(20)  # until the verdict is settled
            print(f"{await share_of_a_core(service):.3f} of a core")
            service.process.terminate()
            began = time.monotonic()
            await asyncio.gather(*(each.rest() for each in streams))
            await asyncio.to_thread(service.process.communicate, timeout=60)
            print(f"ended in {time.monotonic() - began:.2f} s")

    with Service(folder.data) as service:
        asyncio.run(listen(service))
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def share_of_a_core(service: Service, seconds: float = 15) -> float:
    """How much of a core the web process uses for some time."""
    before = _computed_s(service)
    await asyncio.sleep(seconds)
    return (_computed_s(service) - before) / seconds


def _computed_s(service: Service) -> float:
    fields = Path(f"/proc/{service.process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_deleted_campaign_ends_its_streams(folder: Folder, service: Service) -> None:
    rows(folder.data, "campaign", "add", "brief", "--name", "Brief")

    async def listen() -> bytes:
        async with Clients(service, folder.key, "brief") as clients:
            stream = await clients.listen()
            await asyncio.to_thread(rows, folder.data, "campaign", "delete", "brief", "--yes")
            return await stream.rest()

    assert asyncio.run(listen()).endswith(b"0\r\n\r\n")


def test_metrics_show_the_listeners(folder: Folder, service: Service) -> None:
    def counted(number: int) -> bool:
        return f"mailpixel_listeners {number}.0".encode() in service.get("/metrics")[2]

    async def listen() -> None:
        async with Clients(service, folder.key) as clients:
            await clients.listen("?events=change")
            await asyncio.to_thread(wait_until, lambda: counted(1), "nobody is counted")

    asyncio.run(listen())
    wait_until(lambda: counted(0), "somebody is still counted")
