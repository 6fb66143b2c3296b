"""Reports of SES over HTTP with certificates that are really fetched, confirmed by hand; and the commands."""

import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from click.testing import CliRunner

from mailpixel.claims import Claims, TokenKind
from mailpixel.cli import cli
from mailpixel.cli.inbound import confirm_at
from mailpixel.doctor import Check, Grade, check_inbound
from mailpixel.errors import StoreUnavailable
from mailpixel.folder.key_file import load_keyring
from mailpixel.inbound.source import CHANCE_BYTES, NewSource, new_source
from mailpixel.ingest.sns_certificates import MOST_BYTES, Certificates, fetch
from mailpixel.links.keyring import Keyring
from mailpixel.links.token import TokenSigner
from tests.support.api import Api
from tests.support.builders import SENT_AT, a_campaign
from tests.support.certificate import self_signed
from tests.support.esp_posts import (
    CERTIFICATE_URL,
    CONFIRM_URL,
    NOW_MS,
    TOPIC,
    certificate,
    ses,
    sns_message,
    sns_post,
)

ANSWERS: dict[str, tuple[int, bytes, str]] = {
    urlsplit(CERTIFICATE_URL).path: (200, certificate(), ""),
    "/moved": (302, b"", "/large"),
    "/large": (200, b"x" * (MOST_BYTES + 1), ""),
    "/missing": (404, b"", ""),
}


class TlsServer(http.server.ThreadingHTTPServer):
    """Shakes hands in the thread of the connection, and closes those that fail."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def get_request(self) -> tuple[socket.socket, object]:
        plain, address = super().get_request()
        return self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Server:
    """A server of certificates with TLS, and what it was asked for."""

    def __init__(self, folder: Path) -> None:
        self.certificate, key = self_signed(folder)
        asked = self.asked = list[str]()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                status, body, location = ANSWERS[self.path]
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                if location:
                    self.send_header("location", location)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = TlsServer(("127.0.0.1", 0), Handler)
        self.server.context.load_cert_chain(self.certificate, key)
        self.url = f"https://localhost:{self.server.server_port}"

    def load(self, url: str) -> bytes:
        """What `fetch` gives for the path of an address, from here."""
        return fetch(self.url + urlsplit(url).path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    made = Server(tmp_path_factory.mktemp("tls"))
    thread = threading.Thread(target=made.server.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def trusted(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, trusted by this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", server.certificate)
    server.asked.clear()
    return server


def test_only_whole_short_answers_of_trusted_servers_are_taken(trusted: Server) -> None:
    assert trusted.load(CERTIFICATE_URL) == certificate()
    for path in ("/moved", "/large", "/missing"):
        with pytest.raises(OSError, match=r"status 302|status 404|too large"):
            fetch(trusted.url + path)
    assert trusted.asked[1:] == ["/moved", "/large", "/missing"]
    with pytest.raises(OSError, match="only https"):
        fetch(trusted.url.replace("https", "http"))


def test_a_server_that_this_machine_does_not_trust_is_not_asked(server: Server) -> None:
    server.asked.clear()
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        server.load(CERTIFICATE_URL)
    assert server.asked == []


@pytest.fixture
def ses_api(api: Api, trusted: Server) -> Api:
    """A campaign and a source of SES; certificates come from the server of these tests."""
    api.registry.add_campaign(a_campaign(sent=10))
    asked = NewSource("ses-live", "ses", TOPIC)
    source, password = new_source(asked, keyring(api), b"c" * CHANCE_BYTES, SENT_AT)
    api.registry.add_inbound(source)
    state = api.client.app_state
    state["services"] = replace(
        state["services"], certificates=Certificates(trusted.load), clock=lambda: NOW_MS
    )
    api.client.auth = ("mailpixel", password)
    return api


def bearer(request: httpx2.Request) -> httpx2.Request:
    """Leave the key of the API in place of the password of the source."""
    return request


def keyring(api: Api) -> Keyring:
    return load_keyring(api.settings.key_file)


def send(api: Api, message: dict[str, str]) -> int:
    return api.client.post("/in/ses-live", content=sns_post(message).body).status_code


def test_ses_reports_count_and_its_certificate_is_fetched_once(ses_api: Api, trusted: Server) -> None:
    signer = TokenSigner(keyring(ses_api))
    tokens = [signer.sign(Claims(TokenKind.MESSAGE, "spring", f"r-{n}")) for n in range(3)]
    kinds = ("Delivery", "Bounce", "Complaint")
    for kind, token in zip(kinds, tokens, strict=True):
        assert [send(ses_api, sns_message(ses(kind, token), version)) for version in ("1", "2")] == [200, 200]
    assert send(ses_api, sns_message(ses("Delivery", tokens[1]), which="other")) == 403
    assert trusted.asked == [urlsplit(CERTIFICATE_URL).path]
    ses_api.fold()
    summary = ses_api.get("/api/campaigns/spring/summary", auth=bearer)
    counts = summary.json()["recipients"]
    assert [counts[name] for name in ("delivered", "bounced", "complained")] == [1, 1, 1]


def test_a_certificate_that_cannot_be_had_is_asked_for_again(ses_api: Api) -> None:
    missing = CERTIFICATE_URL.replace("0123456789abcdef", "0")
    ANSWERS[urlsplit(missing).path] = (404, b"", "")
    assert send(ses_api, sns_message("x", SigningCertURL=missing)) == 503


def test_a_subscription_waits_until_it_is_confirmed_by_hand(ses_api: Api, trusted: Server) -> None:
    message = sns_message("x", Type="SubscriptionConfirmation", SubscribeURL=CONFIRM_URL, Token="0123abc")
    assert send(ses_api, message) == 200
    waiting = Check(
        "reports ses-live",
        Grade.WARN,
        "a subscription waits to be confirmed; SNS sends no reports",
        "mailpixel inbound confirm ses-live",
    )
    assert list(check_inbound(ses_api.registry, keyring(ses_api))) == [waiting]
    assert "to confirm" in run(ses_api, "list")[1]

    def refuse(url: str) -> bytes:
        raise OSError("no route")

    with pytest.raises(StoreUnavailable, match="ask SNS to send the confirmation again"):
        confirm_at(ses_api.registry, "ses-live", CONFIRM_URL, refuse)
    assert ses_api.registry.inbound("ses-live").confirm_url == CONFIRM_URL
    asked: list[str] = []
    confirm_at(ses_api.registry, "ses-live", CONFIRM_URL, lambda url: asked.append(url) or b"")  # type: ignore[func-returns-value]
    assert asked == [CONFIRM_URL]
    (check,) = check_inbound(ses_api.registry, keyring(ses_api))
    assert check.grade is Grade.OK
    assert check.found.startswith("its reports can be checked; the last was taken at 20")


def test_a_source_sealed_with_other_keys_fails_in_the_doctor(ses_api: Api) -> None:
    other = replace(keyring(ses_api), pseudonym=b"q" * 32)
    (check,) = check_inbound(ses_api.registry, other)
    assert (check.grade, check.remedy) == (Grade.FAIL, "restore the key file, or set the secret again")


def run(api: Api, *words: str, input: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["--data", str(api.settings.data), "inbound", *words], input=input)
    return done.exit_code, done.stdout, done.stderr


def test_the_commands_add_show_and_remove_a_source(api: Api) -> None:
    code, url, steps = run(api, "add", "mg", "--esp", "mailgun", "--secret", "-", input="key\n")
    assert (code, url.startswith("http://mailpixel:"), url.strip().endswith("/in/mg")) == (0, True, True)
    assert steps.startswith("1. In Mailgun, open")
    code, out, _ = run(api, "add", "mine", "--esp", "anymail")
    assert (code, [len(line) > 20 for line in out.splitlines()]) == (0, [True, True])
    password = url.split(":")[2].split("@")[0]
    for words in (("list",), ("show", "mg")):
        code, out, said = run(api, *words)
        assert (code, "mg" in out, password in out + said, "key\n" in out) == (0, True, False, False)
    assert run(api, "confirm", "mg", "--yes") == (
        2,
        "",
        "error: NAME: has no subscription to confirm; subscribe its URL in SNS, then try again\n",
    )
    refused: tuple[tuple[tuple[str, ...], str], ...] = (
        (("add", "mg", "--esp", "mailgun", "--secret", "k"), "exists already"),
        (("add", "b", "--esp", "mailgun"), "is missing"),
        (("add", "b", "--esp", "mailgun", "--topic", TOPIC), "is for `ses` alone"),
        (("add", "b", "--esp", "ses", "--topic", "arn:x"), "is not the ARN"),
        (("show", "nobody"), "no source of reports"),
        (("remove", "nobody", "--yes"), "no source of reports"),
    )
    for arguments, problem in refused:
        code, _, said = run(api, *arguments)
        assert (code > 0, problem in said) == (True, True), said
    assert run(api, "remove", "mg", "--yes")[0] == 0
    assert [source.name for source in api.registry.inbounds()] == ["mine"]
