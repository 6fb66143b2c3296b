"""What the pages of a web site send, to the real service: however a post arrives, it has one answer, and is kept."""

import asyncio
import json
import random
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel.model import Message
from mailpixel.site_model import read_step
from tests.support.envelopes import an_envelope, an_event
from tests.support.load import post, send
from tests.support.processes import wait_until
from tests.support.service import Service, rows
from tests.support.stores import open_settled

PAGE = "https://shop.example/"
ROUNDS = [1, pytest.param(20, marks=pytest.mark.soak)]


class SiteService(Service):
    """A service with one site. `path` is where its pages post."""

    path = ""

    def ids(self) -> list[str]:
        """The ids of the steps that are logged, in order of visitor."""
        store, _ = open_settled(self.data / "mailpixel.db")
        found = [read_step(event.body) for message in store.messages("site:shop") for event in message.events]
        store.close()
        return [step.id for step in found if step.name != "consent"]

    def has(self, id: str) -> bool:
        return id in self.ids()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteService]:
    data = tmp_path_factory.mktemp("site") / "data"
    key = rows(data, "site", "add", "shop", "--host", "shop.example").strip()
    service = SiteService(data, ["--workers", "2"], {"MAILPIXEL_VISIT_CAP": "100000"})
    service.path = f"/p/{key}"
    with service:
        yield service


def view(id: str = "") -> tuple[str, bytes]:
    """The id of a page view, and its envelope."""
    id = id or secrets.token_hex(8)
    return id, an_envelope(an_event(id=id, url=PAGE))


def head(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: t", *headers, "", ""]).encode()


def talk(service: Service, *pieces: bytes, answers: int = 1, pause_s: float = 0.05) -> list[bytes]:
    """Send pieces over one connection, and read so many answers without a body."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(pause_s)
        data = b""
        while data.count(b"\r\n\r\n") < answers and (part := connection.recv(65_536)):
            data += part
    return [b"HTTP/1.1 " + part for part in data.split(b"HTTP/1.1 ")[1:]]


def without_date(answer: bytes) -> list[bytes]:
    return [line for line in answer.split(b"\r\n") if not line.startswith(b"date: ")]


def test_a_post_is_kept_however_its_body_arrives(shop: SiteService) -> None:
    sent = []
    for way in ("whole", "pieces", "chunks", "asked", "old"):
        id, body = view()
        length = f"Content-Length: {len(body)}"
        chunks = b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:])
        pieces = {
            "whole": [head(shop.path, length) + body],
            "pieces": [head(shop.path, length)[:30], head(shop.path, length)[30:], body[:7], body[7:]],
            "chunks": [head(shop.path, "Transfer-Encoding: chunked"), chunks[:9], chunks[9:]],
            "asked": [head(shop.path, length, "Expect: 100-continue"), body],
            "old": [head(shop.path, length, "Connection: close").replace(b"1.1", b"1.0") + body],
        }[way]
        answers = talk(shop, *pieces, answers=2 if way == "asked" else 1)
        statuses = [answer[9:12] for answer in answers]
        assert statuses == ([b"100", b"204"] if way == "asked" else [b"204"]), way
        sent.append(id)
    assert set(sent) <= set(shop.ids())


def test_posts_sent_ahead_are_answered_in_order_among_other_requests(shop: SiteService) -> None:
    ids = [view() for _ in range(3)]
    first, second, third = (post(shop.path, body) for _, body in ids)
    image = f"GET {shop.path}.gif HTTP/1.1\r\nHost: t\r\n\r\n".encode()
    answers = talk(shop, first + second + image + third, answers=4)
    assert [answer[9:12] for answer in answers] == [b"204", b"204", b"200", b"204"]
    assert {id for id, _ in ids} <= set(shop.ids())


def test_every_post_has_the_same_answer_whatever_came(shop: SiteService) -> None:
    _, body = view()
    refused = [
        post(shop.path, b""),
        post(shop.path, b"{"),
        post(shop.path, an_envelope(an_event(url=PAGE), consent=[])),
        post(shop.path, an_envelope(an_event(url="https://evil.example/"))),
        post(shop.path, an_envelope(*[an_event(url=PAGE)] * 21)),
        post(shop.path, b" " * 65_537),
        post(shop.path, body, "Origin: https://evil.example\r\n"),
        post(shop.path, body, "Cookie: a=b\r\nContent-Type: application/json\r\n"),
        post("/p/ffffffffffffffff", body),
        post("/p/", body),
        post(shop.path + "/x", body),
        post(f"//{shop.path[1:]}", body),
        head(shop.path, "Content-Length: 10000000") + b"{" * 70_000,
    ]
    before = len(shop.ids())
    good = without_date(talk(shop, post(shop.path, body))[0])
    assert [without_date(talk(shop, each)[0]) for each in refused] == [good] * len(refused)
    assert good[0] == b"HTTP/1.1 204 No Content"
    assert not any(line.lower().startswith((b"set-cookie", b"content-length")) for line in good)
    assert len(shop.ids()) == before + 3  # the good one, the one with a cookie, and the doubled slash


def test_a_connection_goes_on_after_a_body_that_was_too_long(shop: SiteService) -> None:
    id, body = view()
    answers = talk(shop, post(shop.path, b"x" * 200_000) + post(shop.path, body), answers=2)
    assert [answer[9:12] for answer in answers] == [b"204", b"204"]
    assert shop.has(id)


def test_a_body_that_never_ends_is_not_waited_for_and_nothing_of_it_is_kept(shop: SiteService) -> None:
    id, body = view()
    with socket.create_connection(("127.0.0.1", shop.port), timeout=10) as connection:
        connection.sendall(head(shop.path, f"Content-Length: {len(body)}") + body[:-1])
    assert not shop.has(id)
    assert shop.status("/healthz") == 200


def test_a_site_that_was_added_a_moment_ago_loses_nothing(shop: SiteService) -> None:
    for name in ("new-1", "new-2"):
        key = rows(shop.data, "site", "add", name, "--host", "shop.example").strip()
        assert talk(shop, post(f"/p/{key}", view()[1]))[0][9:12] == b"204"
        store, _ = open_settled(shop.data / "mailpixel.db")
        found: list[Message] = list(store.messages(f"site:{name}"))
        store.close()
        assert len(found) == 1


def test_a_tail_shows_what_every_worker_took(shop: SiteService) -> None:
    ids = [view() for _ in range(60)]
    asyncio.run(send(shop.port, [(id, post(shop.path, body)) for id, body in ids], 20))
    lines = rows(shop.data, "site", "tail", "shop", "--no-follow", "--json").splitlines()
    shown = [json.loads(line) for line in lines]
    assert sum(each["outcome"] == "logged" for each in shown) >= 60
    assert {each["network"] for each in shown} == {"127.0.0.0"}
    assert [each["at"] for each in shown] == sorted(each["at"] for each in shown)
    text = rows(shop.data, "site", "tail", "shop", "--no-follow").splitlines()
    assert any("logged  POST  page_view" in line for line in text)


def test_a_stream_shows_what_arrives_at_any_worker(shop: SiteService) -> None:
    key = rows(shop.data, "apikey", "add", "console", "--scope", "read").split()[-1]
    asked = f"GET /api/sites/shop/console HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {key}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", shop.port), timeout=20) as connection:
        connection.sendall(asked.encode())
        data = connection.recv(65_536)
        assert data.startswith(b"HTTP/1.1 200 OK\r\n")
        for _ in range(20):
            talk(shop, post(shop.path, an_envelope(an_event("live_name", url=PAGE))), pause_s=0)

        def shown() -> bool:
            nonlocal data
            data += connection.recv(65_536)
            return data.count(b'"live_name"') == 20

        wait_until(shown, "the stream shows too little")
    assert b'event: workers\ndata: {"workers":2}' in data


@pytest.mark.parametrize("rounds", ROUNDS)
def test_every_envelope_that_was_answered_before_a_kill_is_in_the_log_whole(
    tmp_path: Path, rounds: int
) -> None:
    data = tmp_path / "data"
    key = rows(data, "site", "add", "shop", "--host", "shop.example").strip()
    answered: list[str] = []
    for number in range(rounds):
        sent = [
            (f"{number}-{n}", an_envelope(*(an_event(id=f"{number}-{n}-{part}", url=PAGE) for part in "ab")))
            for n in range(3_000)
        ]
        with Service(data, ["--workers", "2"], {"MAILPIXEL_VISIT_CAP": "100000"}) as service:
            requests = [(name, post(f"/p/{key}", body)) for name, body in sent]
            killer = threading.Timer(random.Random(number).uniform(0.1, 0.4), service.kill)
            killer.start()
            answers = asyncio.run(send(service.port, requests, 32))
            killer.join()
        assert {status for _, status in answers} <= {204}
        answered += [name for name, _ in answers]
    store, _ = open_settled(data / "mailpixel.db")
    steps = [read_step(event.body) for message in store.messages("site:shop") for event in message.events]
    logged = Counter(step.id for step in steps if step.name == "page_view")
    store.close()
    assert len(answered) > rounds * 20
    assert [name for name in answered if logged[f"{name}-a"] != 1 or logged[f"{name}-b"] != 1] == []
    assert set(logged.values()) == {1}
    assert {f"{id[:-1]}a" in logged and f"{id[:-1]}b" in logged for id in logged} == {True}
