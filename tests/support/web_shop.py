"""A shop on loopback whose pages carry the script, and what arrives from them.

The pages and the tracker have different origins, as in life: `http://127.0.0.1:PORT` and `http://localhost:PORT`.
"""

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import ProxyHandler, Request, build_opener

STUB = "window.mailpixel=window.mailpixel||function(){(mailpixel.q=mailpixel.q||[]).push(arguments)}"
FENCE = "/fence"
"""Asked by a page after everything else, so that what came before it has arrived or never will."""
_DROPPED = frozenset({"host", "connection", "content-length", "transfer-encoding", "date", "server"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request of the script and what it was answered: its envelope as JSON, its headers with small names."""

    method: str
    status: int
    envelope: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(self.envelope["events"])

    @property
    def names(self) -> list[str]:
        return [event["name"] for event in self.events]


@dataclass(slots=True)
class ShopPage:
    """A page: what stands in its head and body, and headers beside the usual ones."""

    head: str = ""
    body: str = "<h1>A page</h1>"
    headers: Mapping[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class Hold:
    """One request that is held until `hang_up`."""

    def __init__(self) -> None:
        self._released = threading.Event()
        self._first = threading.Lock()
        self._request: tuple[str, str, bytes] | None = None

    def keeps(self, *request: Any) -> bool:
        """Whether this is the request; it returns when it is to be hung up."""
        with self._first:
            self._request = self._request or request
        return request == self._request and self._released.wait(60)

    def hang_up(self) -> None:
        self._released.set()


class WebShop:
    """The pages, and a recorder in front of the tracker.

    Everything that a page asks of the recorder goes on to `upstream`, the address of the service. `keys` are those of
    sites by id, and `pages` the pages by path; a path below the id of a site that is none of them is an empty page
    with the script of that site. While `is_broken` the recorder hangs up. What it holds gets no answer.
    """

    def __init__(self) -> None:
        self.upstream = ""
        self.keys: dict[str, str] = {}
        self.pages: dict[str, ShopPage] = {}
        self.asked: list[str] = []
        self.is_broken = False
        self._hold: Hold | None = None
        self._arrivals: list[Arrival] = []
        self._changed = threading.Condition()
        self._servers = [_Server(("127.0.0.1", 0), self._pages()), _Server(("127.0.0.1", 0), self._tracker())]
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True, args=(0.05,)).start()
        self.url = f"http://127.0.0.1:{self._servers[0].server_port}"
        self.tracker = f"http://localhost:{self._servers[1].server_port}"

    def begin(self) -> None:
        """Forget what came, and the pages of the last test."""
        self.pages.clear()
        self.is_broken = False
        self._hold = None
        self.taken()
        self.sent()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def snippet(self, site: str) -> str:
        """What a page of the site carries in its head."""
        source = f"{self.tracker}/p/{self.keys[site]}.js"
        return f'<script>{STUB}</script><script async src="{source}"></script>'

    def arrived(self, events: int = 1, within_s: float = 20) -> list[Arrival]:
        """Wait until that many events arrived since it was last asked, and return all that came with them."""
        until = time.monotonic() + within_s
        with self._changed:
            while sum(len(each.events) or 1 for each in self._arrivals) < events:
                left = until - time.monotonic()
                assert self._changed.wait(left) if left > 0 else False, f"only {self._arrivals} arrived"
            return self.taken()

    def taken(self) -> list[Arrival]:
        """What arrived since it was last asked, in the order of sending: requests may overtake each other."""
        with self._changed:
            arrivals, self._arrivals = self._arrivals, []
            return sorted(arrivals, key=lambda each: each.envelope.get("sent_ms", 0))

    def sent(self) -> list[str]:
        """The requests since it was last asked, but for scripts and fences."""
        asked, self.asked = self.asked, []
        return [path for path in asked if not path.endswith(".js") and not path.startswith(FENCE)]

    def wait_for(self, path: str, within_s: float = 20) -> None:
        """Wait until the tracker was asked for a path that begins like this, since `sent` was last asked."""
        with self._changed:
            begun = self._changed.wait_for(
                lambda: any(each.startswith(path) for each in self.asked), within_s
            )
            assert begun, f"nobody asked for {path}, only for {self.asked}"

    def hold(self) -> "Hold":
        """Leave the next request without an answer, and the browser's own repeats of it, on whatever connection."""
        self._hold = Hold()
        return self._hold

    def _ask(self, path: str) -> None:
        with self._changed:
            self.asked.append(path)
            self._changed.notify_all()

    def _note(self, arrival: Arrival) -> None:
        with self._changed:
            self._arrivals.append(arrival)
            self._changed.notify_all()

    def _page(self, path: str) -> ShopPage | None:
        site = path.split("/")[1]
        return self.pages.get(path) or (ShopPage(self.snippet(site)) if site in self.keys else None)

    def _pages(shop) -> type[BaseHTTPRequestHandler]:
        class Pages(_Quiet):
            def do_GET(self) -> None:
                page = shop._page(urlsplit(self.path).path)
                if page is None:
                    self.answer(404, b"", {})
                    return
                head = f'<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">{page.head}'
                usual = {"content-type": "text/html; charset=utf-8", "cache-control": "max-age=0"}
                self.answer(200, f"{head}<body>{page.body}".encode(), {**usual, **page.headers})

        return Pages

    def _tracker(shop) -> type[BaseHTTPRequestHandler]:
        class Tracker(_Quiet):
            def do_GET(self) -> None:
                self.take(b"")

            def do_POST(self) -> None:
                self.take(self.rfile.read(int(self.headers["content-length"])))

            def take(self, body: bytes) -> None:
                parts = urlsplit(self.path)
                shop._ask(self.path)
                if parts.path == FENCE:
                    self.answer(204, b"", {"access-control-allow-origin": "*"})
                elif parts.path.endswith(".js"):
                    self.answer(*self.forwarded(body))
                elif shop.is_broken or (shop._hold and shop._hold.keeps(self.command, self.path, body)):
                    self.close_connection = True
                else:
                    status, content, headers = self.forwarded(body)
                    told = body.decode() if self.command == "POST" else parse_qs(parts.query)["e"][0]
                    sent = {name.lower(): value for name, value in self.headers.items()}
                    shop._note(Arrival(self.command, status, json.loads(told), sent))
                    self.answer(status, content, headers)

            def forwarded(self, body: bytes) -> tuple[int, bytes, dict[str, str]]:
                sent = {name: value for name, value in self.headers.items() if name.lower() not in _DROPPED}
                request = Request(shop.upstream + self.path, body or None, sent, method=self.command)
                with _OPENER.open(request, timeout=20) as answer:
                    headers = {
                        name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED
                    }
                    return answer.status, answer.read(), headers

        return Tracker


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *values: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


_OPENER = build_opener(ProxyHandler({}))
