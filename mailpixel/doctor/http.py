"""Sends one bounded HTTP request: returns the answer, or a short reason why there was none."""

import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException

from mailpixel import __version__

TIMEOUT_S = 5.0
"""How long a server may be silent."""
BODY_BYTES = 65_536
"""How much of a body is read."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What a server answered; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The reason why there was no answer."""

    problem: str


_HEADERS = {"User-Agent": f"mailpixel-doctor/{__version__}"}


class NotPublic(OSError):
    """A host has an address that is not public. Nothing was sent."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *redirect: object) -> None:
        """Do not follow: the redirect itself is the answer."""


_STAYING = urllib.request.build_opener(_NoRedirect)

UNKNOWN_HOST = "the host name is unknown"
NOBODY = "the connection was refused"
BAD_CERTIFICATE = "the certificate is not valid"
NO_TLS = "the TLS handshake failed"

PRIVATE = "it leads to a private address, which no reader outside can reach; see MAILPIXEL_WEBHOOK_NETWORKS"

_PROBLEMS: tuple[tuple[type[BaseException], str], ...] = (
    (NotPublic, PRIVATE),
    (TimeoutError, f"no answer within {TIMEOUT_S:g} s"),
    (ssl.SSLCertVerificationError, BAD_CERTIFICATE),
    (ssl.SSLError, NO_TLS),
    (socket.gaierror, UNKNOWN_HOST),
    (ConnectionRefusedError, NOBODY),
    (OSError, "the host cannot be reached"),
    (HTTPException, "the answer is not HTTP"),
    (ValueError, "the URL is invalid"),
)
"""The first match applies. The errors' own messages may hold addresses, so they are not shown."""


def ask(url: str, method: str = "GET") -> HttpAnswer | NoAnswer:
    """Ask an http or https URL once. A redirect is the answer. Never raises for what the server does."""
    return asked(_STAYING, url, method)


def asked(opener: urllib.request.OpenerDirector, url: str, method: str) -> HttpAnswer | NoAnswer:
    """What becomes of a request by this opener. Never raises for what servers do."""
    try:
        request = urllib.request.Request(url, method=method, headers=_HEADERS)  # noqa: S310 (callers check the scheme)
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return HttpAnswer(answer.status, _headers(answer.headers), answer.read(BODY_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return HttpAnswer(error.code, _headers(error.headers), error.read(BODY_BYTES))
    except urllib.error.URLError as error:
        return _silence(error.reason)
    except (OSError, HTTPException, ValueError) as error:
        return _silence(error)


def _headers(headers: Message) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _silence(reason: object) -> NoAnswer:
    return NoAnswer(next((words for kind, words in _PROBLEMS if isinstance(reason, kind)), "no answer"))
