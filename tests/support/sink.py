"""A server for every host and both schemes on one port: it answers each request with what it was asked for."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.support.certificate import self_signed

TLS_HELLO = b"\x16"


class _Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Say which scheme and host were asked for."""
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        body = json.dumps([scheme, self.headers.get("host", "")]).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    context: ssl.SSLContext

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection; one that begins as TLS does is decrypted."""
        with suppress(OSError):
            if request.recv(1, socket.MSG_PEEK) == TLS_HELLO:
                request = self.context.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser leaves connections as it likes."""


@contextmanager
def a_sink(folder: Path) -> Iterator[int]:
    """The port of such a server. Its certificate is for nobody: have the browser ignore that."""
    with _Server(("127.0.0.1", 0), _Sink) as server:
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(*self_signed(folder))
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
