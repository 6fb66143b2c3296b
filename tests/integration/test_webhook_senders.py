"""What only a real connection shows: bad certificates, and receivers as the manual tells people to write them."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from mailpixel.docs import pages
from mailpixel.outbound.sender import PostResult, Sender
from mailpixel.outbound.signing import message_id, secret_text, signed_headers
from mailpixel.store.webhooks import PostOutcome
from mailpixel.times import now_ms
from tests.support.certificate import self_signed
from tests.support.webhooks import LOCAL

SECRET = b"s" * 24


class Secure(HTTPServer):
    """A receiver with a certificate of its own. `bodies` are the posts that it got."""

    bodies: list[bytes]


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Secure, str]]:
    """The receiver, and the file of its certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    certificate, key = self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Secure(("127.0.0.1", 0), Handler) as server:
        server.bodies = []
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server, certificate
        server.shutdown()
        thread.join()


async def here(host: str, port: int) -> Sequence[str]:
    """Every name is this machine."""
    return ["127.0.0.1"]


def posted(port: int, host: str, context: ssl.SSLContext | None = None) -> PostResult:
    async def post() -> PostResult:
        url = f"https://{host}:{port}/in"
        async with Sender(url, LOCAL, resolver=here, context=context) as sender:
            return await sender.post(signed_headers([SECRET], "msg_1", now_ms(), b"{}"), b"{}")

    return asyncio.run(post())


def test_a_receiver_whose_certificate_nobody_signed_gets_nothing(secure: tuple[Secure, str]) -> None:
    server, _ = secure
    result = posted(server.server_port, "localhost")
    assert (result.outcome, result.problem) == (
        PostOutcome.UNREACHABLE,
        "the certificate of the receiver is not valid",
    )
    assert server.bodies == []


def test_a_certificate_is_checked_against_the_name_in_the_url(secure: tuple[Secure, str]) -> None:
    server, certificate = secure
    trusting = ssl.create_default_context(cafile=certificate)
    assert posted(server.server_port, "crm.example", trusting).outcome is PostOutcome.UNREACHABLE
    assert server.bodies == []
    assert posted(server.server_port, "localhost", trusting).outcome is PostOutcome.ACCEPTED
    assert server.bodies == [b"{}"]


def test_the_receiver_of_the_manual_verifies_posts_in_python() -> None:
    (example,) = (block.partition("```")[0] for block in pages()["webhooks"].text.split("```python\n")[1:])
    body = json.dumps({"type": "test"}).encode()
    headers = dict(signed_headers([SECRET], message_id(b"i" * 16), now_ms(), body))
    names: dict[str, Any] = {
        "secret": secret_text(SECRET),
        "request": SimpleNamespace(body=body, headers=headers),
    }
    exec(example, names)
    assert names["event"] == {"type": "test"}
    names["request"] = SimpleNamespace(body=body + b" ", headers=headers)
    with pytest.raises(WebhookVerificationError):
        exec(example, names)
