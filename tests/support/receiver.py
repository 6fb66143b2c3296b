"""A receiver of webhooks: a real HTTP server in a thread, which answers as the test says and keeps what came."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIE = 0
"""As a status: take the post and end the connection without an answer."""


@dataclass(frozen=True)
class Post:
    """One post as it came."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


def accept(post: Post) -> int:
    return 204


@dataclass
class Receiver:
    """What came, and how to answer: a status, or (status, headers, body). `port` is 0 until it listens."""

    answer: Callable[[Post], Any] = accept
    posts: list[Post] = field(default_factory=list)
    accepted: list[Post] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"

    @property
    def ids(self) -> list[str]:
        return [post.id for post in self.accepted]


@contextmanager
def a_receiver(answer: Callable[[Post], Any] = accept, port: int = 0) -> Iterator[Receiver]:
    """A receiver on this machine."""
    receiver = Receiver(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def setup(self) -> None:
            super().setup()
            receiver.connections += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            post = Post({name.lower(): value for name, value in self.headers.items()}, body)
            with receiver.lock:
                receiver.posts.append(post)
            told = receiver.answer(post)
            status, headers, text = told if isinstance(told, tuple) else (told, {}, b"")
            if status == DIE:
                self.close_connection = True
                self.connection.close()
                return
            with receiver.lock:
                if 200 <= status < 300:
                    receiver.accepted.append(post)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *arguments: object) -> None:
            """A client that goes away is expected."""

    with Server(("127.0.0.1", port), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
