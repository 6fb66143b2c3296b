"""Where destinations lead, asked over real connections: every kind of answer, and what is not asked."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mailpixel.model import Link
from mailpixel.outbound.destinations import MOST_LINKS, Destinations
from mailpixel.report.destinations import MOST_REDIRECTS, Asked
from tests.support.webhooks import LOCAL

ASKED: list[tuple[str, str]] = []


class Site(BaseHTTPRequestHandler):
    """Answers by its path: /STATUS, /to/PLACE redirects, /loop redirects to itself, /head refuses HEAD."""

    def do_HEAD(self) -> None:
        self._answer(405 if self.path == "/head" else None)

    def do_GET(self) -> None:
        self._answer(None)

    def _answer(self, status: int | None) -> None:
        ASKED.append((self.command, self.path))
        where = {"/loop": "/loop", "/away": "/200", "/twice": "/away", "/inside": "http://10.9.9.9/"}.get(
            self.path
        )
        self.send_response(
            status or (302 if where else int(self.path[1:]) if self.path[1:].isdigit() else 200)
        )
        if where:
            self.send_header("location", where)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def asked(*urls: str, allowed: tuple[str, ...] = LOCAL) -> list[Asked]:
    links = [Link(number, url) for number, url in enumerate(urls, 1)]
    return asyncio.run(Destinations(allowed).ask(links))


def found(site: str, path: str) -> tuple[int | None, int, str, str]:
    (one,) = asked(site + path)
    return one.status, one.redirects, one.state, one.problem


HTTP = "http: browsers warn of it"


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/200", (200, 0, "unsure", HTTP)),
        ("/head", (200, 0, "unsure", HTTP)),
        ("/away", (200, 1, "unsure", HTTP)),
        ("/twice", (200, 2, "unsure", HTTP)),
        ("/404", (404, 0, "fault", "status 404")),
        ("/410", (410, 0, "fault", "status 410")),
        ("/500", (500, 0, "fault", "status 500")),
        ("/403", (403, 0, "unsure", "status 403: the site may refuse programs, so open it in a browser")),
        ("/loop", (302, MOST_REDIRECTS, "fault", f"more than {MOST_REDIRECTS} redirects")),
        ("/inside", (None, 0, "unsure", "not asked: the host leads to a private address")),
    ],
)
def test_each_kind_of_answer_is_judged(
    site: str, path: str, answer: tuple[int | None, int, str, str]
) -> None:
    assert found(site, path) == answer


def test_head_is_enough_where_it_is_answered(site: str) -> None:
    ASKED.clear()
    asked(site + "/201")
    assert ASKED == [("HEAD", "/201")]


def test_a_private_address_is_not_asked_and_one_that_nobody_answers_is_a_fault(site: str) -> None:
    ASKED.clear()
    (private,) = asked(site + "/200", allowed=())
    assert (private.private, private.state, ASKED) == (True, "unsure", [])
    (nobody,) = asked("http://127.0.0.1:1/")
    assert (nobody.state, nobody.problem) == ("fault", "no connection")


def test_of_many_links_the_first_are_asked_and_the_rest_are_named(site: str) -> None:
    all_of = asked(*[f"{site}/200"] * (MOST_LINKS + 2))
    assert [one.link for one in all_of] == list(range(1, MOST_LINKS + 3))
    assert [one.problem for one in all_of[-3:]] == [HTTP, *["not asked: too many links"] * 2]


@pytest.mark.parametrize(
    ("url", "last", "state"),
    [
        ("https://a.example/", "https://b.example/", "fine"),
        ("https://a.example/", "http://b.example/", "fault"),
        ("http://a.example/", "https://a.example/", "fine"),
    ],
)
def test_https_must_stay_https(url: str, last: str, state: str) -> None:
    assert Asked(1, url).answered(200, 1, last).state == state


def test_nothing_outlives_its_time() -> None:
    async def never(host: str, port: int) -> list[str]:
        await asyncio.sleep(3_600)
        return []

    async def scenario() -> list[Asked]:
        task = asyncio.create_task(Destinations(LOCAL, never).ask([Link(1, "http://a.example/")]))
        return await task

    (late,) = asyncio.run(scenario())
    assert (late.state, late.problem) == ("fault", "no answer in time")
