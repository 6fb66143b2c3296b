"""Follows a link as a reader's browser would, but to public addresses only.

Whoever may register links must not make the operator's machine ask its neighbours, nor the address where a cloud gives
away its secrets. Each name is resolved once, and what was checked is connected to, after every redirect again.
"""

import socket
import ssl
import urllib.request
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any

from mailpixel.doctor.http import HttpAnswer, NoAnswer, NotPublic, asked
from mailpixel.outbound.addresses import all_reachable


class _Http(HTTPConnection):
    """A connection to a public address. `allowed` are networks beside those."""

    def __init__(self, host: str, *, allowed: Sequence[str], **options: Any) -> None:
        super().__init__(host, **options)
        self._allowed = allowed

    def connect(self) -> None:
        """Connect. Raises `OSError`."""
        self.sock = _connected(self.host, self.port, self.timeout, self._allowed)


class _Https(HTTPSConnection):
    """The same by TLS."""

    def __init__(self, host: str, *, allowed: Sequence[str], **options: Any) -> None:
        self._checks = options.pop("context", None) or ssl.create_default_context()
        super().__init__(host, context=self._checks, **options)
        self._allowed = allowed

    def connect(self) -> None:
        """Connect. Raises `OSError`."""
        plain = _connected(self.host, self.port, self.timeout, self._allowed)
        self.sock = self._checks.wrap_socket(plain, server_hostname=self.host)


def _connected(host: str, port: int, timeout_s: float | None, allowed: Sequence[str]) -> socket.socket:
    found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all_reachable(addresses, allowed):
        raise NotPublic
    return socket.create_connection((addresses[0], port), timeout_s)


class _Handler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__()
        self._allowed = allowed

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Answer a request by http."""
        return self.do_open(_Http, req, allowed=self._allowed)  # type: ignore[arg-type]

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Answer a request by https."""
        return self.do_open(_Https, req, allowed=self._allowed)  # type: ignore[arg-type]


def follow(url: str, method: str = "GET", allowed: Sequence[str] = ()) -> HttpAnswer | NoAnswer:
    """Ask an http or https URL and follow redirects to others. `allowed` are networks beside the public addresses.

    Where the environment names a proxy, the proxy resolves names and decides what may be reached. Never raises for what
    servers do.
    """
    if urllib.request.getproxies():
        return asked(urllib.request.build_opener(), url, method)
    opener = urllib.request.OpenerDirector()  # of http and https alone: no redirect leads to a file or to ftp
    for handler in (_Handler(allowed), urllib.request.HTTPRedirectHandler(),
                    urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(),
                    urllib.request.UnknownHandler()):  # fmt: skip
        opener.add_handler(handler)
    return asked(opener, url, method)
