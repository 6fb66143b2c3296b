"""The console of web sites: what a process remembers, and how those of several processes are read together."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from mailpixel.folder.consoles import FOLDER, Consoles, address_of, new_socket, sockets_in
from mailpixel.ingest.site_console import Console, SeenEnvelope, SeenEvent
from mailpixel.ingest.site_seen import seen_now
from mailpixel.ingest.site_tally import NOTHING, SiteTally
from mailpixel.report.site_console import SeenEnvelopeRow, SeenEventRow, line_of
from mailpixel.server.site_console import ConsoleServer, row_of

LONG = "a-folder-with-a-name-longer-than-the-address-of-a-socket-may-be-" * 3


def seen(number: int, site: str = "shop") -> SeenEnvelope:
    events = [SeenEvent("page_view", True, ()), SeenEvent("view_item", True, ("missing:items",))]
    return SeenEnvelope(
        1_790_000_000_000 + number, site, "POST", "logged", (), ("measure",), "api", "192.0.2.0", "Firefox", events
    )  # fmt: skip


def ats(lines: list[bytes]) -> list[int]:
    """The milliseconds at the end of the times of some lines."""
    return [int(json.loads(line)["at"][-4:-1]) for line in lines]


def test_the_last_thousand_are_remembered_and_given_by_site() -> None:
    console = Console()
    for number in range(1_500):
        console.note(seen(number, "shop" if number % 3 else "blog"))
    assert [each.at_ms - 1_790_000_000_000 for each in console.of_site("blog")] == list(range(501, 1_500, 3))
    assert console.of_site("other") == []


def test_a_listener_hears_what_comes_until_it_ends() -> None:
    console, heard = Console(), list[SeenEnvelope]()
    console.note(seen(1))
    end = console.listen(heard.append)
    console.note(seen(2))
    end()
    console.note(seen(3))
    assert heard == [seen(2)]


def test_an_envelope_is_one_line_of_text_with_its_problems() -> None:
    assert line_of(row_of(seen(0))) == (
        "14:13:20  logged  POST  page_view, view_item [missing:items]  consent measure (api)  192.0.2.0"
    )
    refused = SeenEnvelopeRow(
        at="2026-09-21T14:13:20.000Z", method="GET", outcome="nothing", problems=("bad:click",), consent=(),
        source="", network="", agent="", events=(SeenEventRow("buy", False, ("refused:unknown_name",)),),
    )  # fmt: skip
    assert line_of(refused) == (
        "14:13:20  nothing  GET  buy [not logged, refused:unknown_name]  bad:click  consent none"
    )
    assert line_of(row_of(seen(0)._replace(visitor="v-1"))).endswith("  192.0.2.0  visitor v-1")


class Workers:
    """Some processes of one service, in one process."""

    def __init__(self, data: Path, number: int) -> None:
        self.data = data
        self.consoles = [Console() for _ in range(number)]
        self.servers = [ConsoleServer(console, data) for console in self.consoles]

    async def start(self) -> None:
        for server in self.servers:
            await server.start()

    async def close(self) -> None:
        for server in self.servers:
            await server.close()


def run(data: Path, number: int, scenario: Callable[[Workers], Awaitable[Any]]) -> Any:
    async def all_of_it() -> Any:
        workers = Workers(data, number)
        await workers.start()
        try:
            return await scenario(workers)
        finally:
            await workers.close()

    return asyncio.run(all_of_it())


@pytest.mark.parametrize("name", ["short", LONG])
def test_what_all_processes_remember_comes_in_order_of_time_and_then_what_arrives(
    tmp_path: Path, name: str
) -> None:
    data = tmp_path / name
    data.mkdir()

    async def scenario(workers: Workers) -> tuple[list[int], list[int]]:
        for number in range(6):
            workers.consoles[number % 2].note(seen(number))
            workers.consoles[number % 2].note(seen(100 + number, "blog"))
        consoles = Consoles(data, "shop")
        before = await consoles.begin()
        workers.consoles[1].note(seen(7, "blog"))
        workers.consoles[1].note(seen(8))
        workers.consoles[0].note(seen(9))
        after = [await consoles.next(5) for _ in range(2)]
        assert consoles.workers == 2
        consoles.close()
        return ats(before), sorted(ats(after))

    assert run(data, 2, scenario) == ([0, 1, 2, 3, 4, 5], [8, 9])
    assert sockets_in(data) == []


def test_what_all_processes_counted_of_a_site_is_added_up(tmp_path: Path) -> None:
    async def scenario(workers: Workers) -> SiteTally:
        for number in range(5):
            workers.consoles[number % 2].note(seen(number)._replace(clock_ms=number))
        workers.consoles[0].note(seen(9, "blog"))
        return await asyncio.to_thread(seen_now, tmp_path, "shop")

    found = run(tmp_path, 2, scenario)
    assert (found.workers, found.clocks_ms, len(found.bytes)) == (2, [0, 1, 2, 3, 4], 5)
    assert seen_now(tmp_path, "shop") == NOTHING


def test_a_process_that_starts_later_is_read_too_and_one_that_was_killed_is_forgotten(tmp_path: Path) -> None:
    killed = new_socket(tmp_path)
    with socket.socket(socket.AF_UNIX) as left, address_of(killed) as address:
        left.bind(address)

    async def scenario(workers: Workers) -> list[int]:
        consoles = Consoles(tmp_path, "shop")
        assert await consoles.begin() == []
        assert killed not in sockets_in(tmp_path)
        later = Console()
        server = ConsoleServer(later, tmp_path)
        await server.start()
        later.note(seen(1))
        found = [line for line in [await consoles.next(5) for _ in range(3)] if line][:1]
        consoles.close()
        await server.close()
        return ats(found)

    assert run(tmp_path, 1, scenario) == [1]


def test_without_a_process_there_is_nothing_and_nothing_is_made(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[bytes], bytes, int]:
        consoles = Consoles(tmp_path, "shop")
        return await consoles.begin(), await consoles.next(0.01), consoles.workers

    assert asyncio.run(scenario()) == ([], b"", 0)
    assert not (tmp_path / FOLDER).exists()


def test_only_the_owner_of_the_folder_can_read_the_consoles(tmp_path: Path) -> None:
    async def scenario(workers: Workers) -> int:
        return (tmp_path / FOLDER).stat().st_mode & 0o777

    assert run(tmp_path, 1, scenario) == 0o700
