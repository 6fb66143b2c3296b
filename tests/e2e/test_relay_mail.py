"""What passes through the relay, byte for byte, and what is changed, refused or kept private on the way."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailpixel import load_keyring, pseudonym
from tests.support.certificate import self_signed
from tests.support.relaying import (
    Pair,
    RelayProcess,
    campaign_in,
    claims_in,
    connected,
    hand_in,
    number_of,
    plain,
    running,
    untracked,
)
from tests.support.upstream import Upstream


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with running(tmp_path_factory.mktemp("relay")) as pair:
        yield pair


@pytest.fixture
def data(shared: Pair) -> Path:
    return shared.data


@pytest.fixture
def upstream(shared: Pair) -> Upstream:
    shared.upstream.forget()
    return shared.upstream


@pytest.fixture
def client(shared: Pair) -> Iterator[smtplib.SMTP]:
    with connected(shared.relay) as client:
        yield client


def test_every_byte_of_other_mail_passes_as_it_is(client: smtplib.SMTP, upstream: Upstream) -> None:
    odd = [
        b"Subject: bare\r\n\r\na bare\nLF, a bare\rCR,\n.not a dot line\r\n",
        b"subject:no space\r\nX-Long: " + b"y" * 5_000 + b"\r\n\r\n" + b"z" * 100_000 + b"\r\n",
        b"Subject: bytes\r\n\r\n" + bytes(byte for byte in range(256) if byte not in b"\r\n") + b"\r\n",
        b"no header at all\r\n",
        b"\r\n",
        b"",
        b".\r\n..\r\n.x\r\n",
        b"Subject: late\r\n\r\nX-Mailpixel-Campaign: c1\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256\r\n\t; b=xyz\r\nSubject: s\r\n\r\nb\r\n",
    ]
    assert [hand_in(client, content) for content in odd] == [(250, "2.0.0 Stored")] * len(odd)
    assert [message.content for message in upstream.stored()] == odd


def test_the_envelope_passes_as_it_is(client: smtplib.SMTP, upstream: Upstream) -> None:
    assert (
        hand_in(client, plain(1), ["a@x.example", '"b c"@x.example'], "BODY=8BITMIME", "SIZE=500")[0] == 250
    )
    assert hand_in(client, plain(2), ["a@x.example"], "bounce")[0] == 250
    client.command_encoding = "utf-8"
    assert hand_in(client, plain(3), ["ü@x.example"], "SMTPUTF8")[0] == 250
    assert [stored[:3] for stored in upstream.stored()] == [
        ("sender@shop.example", ("a@x.example", '"b c"@x.example'), ("BODY=8BITMIME",)),
        ("<>", ("a@x.example",), ()),
        ("sender@shop.example", ("ü@x.example",), ("SMTPUTF8",)),
    ]


def test_what_the_upstream_refuses_is_refused_with_its_own_words(
    client: smtplib.SMTP, upstream: Upstream
) -> None:
    assert hand_in(client, plain(1), ["full@x.example"]) == (552, "5.2.2 The mailbox is full")
    refused = plain(2).replace(b"X-Number", b"X-Refuse: yes\r\nX-Number")
    assert hand_in(client, refused) == (554, "5.7.1 We do not\n5.7.1 want this")
    assert hand_in(client, plain(3)) == (250, "2.0.0 Stored")
    assert [message.content for message in upstream.stored()] == [plain(3)]


def test_a_message_that_could_be_read_as_two_is_refused(client: smtplib.SMTP, upstream: Upstream) -> None:
    for end in (b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r.\r"):
        code, text = hand_in(client, b"Subject: s\r\n\r\nx" + end + b"MAIL FROM:<a@x.example>\r\n")
        assert (code, text[:5]) == (550, "5.6.0")
    assert hand_in(client, plain(1))[0] == 250
    assert [message.content for message in upstream.stored()] == [plain(1)]


def test_a_reader_without_an_id_gets_the_pseudonym_of_the_only_address(
    data: Path, client: smtplib.SMTP, upstream: Upstream
) -> None:
    content = b"X-Mailpixel-Campaign: c1\r\n" + plain(1)
    assert hand_in(client, content, ["Reader@x.example"])[0] == 250
    assert hand_in(client, content, ["a@x.example", "b@x.example"])[0] == 250
    single, several = upstream.stored()
    name = pseudonym(load_keyring(data / "keys.json"), "reader@x.example")
    assert [claims and claims.recipient for claims in claims_in(data, single.content)] == [name, name]
    assert several.content == plain(1)


def test_another_header_of_the_sender_can_name_the_recipient(tmp_path: Path) -> None:
    theirs = b"X-Listmonk-Subscriber: 0adc0220-7bc8\r\n"
    options = ("--recipient-header", "x-listmonk-subscriber")
    with running(tmp_path, *options) as pair, connected(pair.relay) as client:
        assert hand_in(client, b"X-Mailpixel-Campaign: c1\r\n" + theirs + plain(1))[0] == 250
        content = pair.upstream.stored()[0].content
    assert untracked(content) == theirs + plain(1)
    recipients = [claims and claims.recipient for claims in claims_in(pair.data, content)]
    assert recipients == ["0adc0220-7bc8", "0adc0220-7bc8"]


UNTRACKABLE = [
    b"X-Mailpixel-Campaign: unknown\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: secret@x.example\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Campaign: c2\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: secret@x.example\r\n",
    b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: r-1\r\nX-Mailpixel-Recipient: r-2\r\n",
    b"X-Mailpixel-Campaign:\r\nX-Mailpixel-Recipient: r-1\r\n",
    b"X-Mailpixel-Recipient: r-1\r\n",
]


def test_signed_mail_and_mail_without_html_go_out_as_they_are(
    client: smtplib.SMTP, upstream: Upstream
) -> None:
    signed = b"DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=xyz\r\n" + plain(1)
    text = plain(2).replace(b"text/html", b"text/plain")
    for content in (signed, text):
        marks = b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: r-1\r\n"
        assert hand_in(client, marks + content)[0] == 250
    assert [message.content for message in upstream.stored()] == [signed, text]


def test_html_that_the_parser_needs_minutes_for_passes_as_it_is_and_the_log_says_why(tmp_path: Path) -> None:
    head = b"From: s@shop.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    content = head + b"".join(b"<body a%d=b>\r\n" % number for number in range(60_000))
    marks = b"X-Mailpixel-Campaign: c1\r\nX-Mailpixel-Recipient: r-1\r\n"
    with running(tmp_path) as pair, connected(pair.relay) as client:
        assert hand_in(client, marks + content)[0] == 250
        assert [message.content for message in pair.upstream.stored()] == [content]
        said = pair.relay.stop()
    assert (
        "a message went out untracked: html: has <html> and <body> tags of more than 32,768 characters"
        in said
    )


def test_mail_that_cannot_be_tracked_goes_out_without_our_headers_and_the_log_names_nobody(
    tmp_path: Path,
) -> None:
    with running(tmp_path) as pair, connected(pair.relay) as client:
        for lines in UNTRACKABLE:
            assert hand_in(client, lines + plain(1), ["secret@x.example"])[0] == 250
        assert [message.content for message in pair.upstream.stored()] == [plain(1)] * len(UNTRACKABLE)
        said = pair.relay.stop()
    assert "7 message(s): 1 unmarked, 6 untracked" in said
    assert said.count("a message went out untracked: ") == 6
    assert "secret" not in said


def test_a_message_given_up_leaves_nothing_behind(client: smtplib.SMTP, upstream: Upstream) -> None:
    client.docmd("MAIL", "FROM:<s@shop.example>")
    client.docmd("RCPT", "TO:<given-up@x.example>")
    client.docmd("RSET")
    assert hand_in(client, plain(1), ["r@x.example"])[0] == 250
    client.docmd("MAIL", "FROM:<s@shop.example>")
    client.docmd("RCPT", "TO:<given-up@x.example>")
    client.ehlo()
    assert hand_in(client, plain(2), ["r@x.example"])[0] == 250
    assert [message.recipients for message in upstream.stored()] == [("r@x.example",)] * 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return self_signed(tmp_path_factory.mktemp("certificate"))


def sent_privately(
    folder: Path, served: list[str], scheme: str, environment: dict[str, str]
) -> tuple[int, str, int]:
    """Code and begin of the reply to one message, and how many the upstream has, by an upstream that wants a log-in."""
    with Upstream(folder, *served) as upstream:
        url = f"{scheme}://relay%40shop@localhost:{upstream.port}"
        data = campaign_in(folder / "data")
        with RelayProcess(data, url, environment=environment) as relay, connected(relay) as client:
            code, text = hand_in(client, plain(1))
            assert environment["MAILPIXEL_UPSTREAM_PASSWORD"] not in relay.stop()
        return code, text[:5], len(upstream.stored())


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_the_relay_logs_in_to_an_upstream_it_can_trust(
    tmp_path: Path, certificate: tuple[str, str], scheme: str
) -> None:
    served = [f"--{scheme.removeprefix('smtp+')}", *certificate]
    known = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame", "SSL_CERT_FILE": certificate[0]}
    assert sent_privately(tmp_path, served, scheme, known) == (250, "2.0.0", 1)


def test_a_password_goes_to_no_upstream_that_cannot_be_trusted(
    tmp_path: Path, certificate: tuple[str, str]
) -> None:
    secret = {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame"}
    served = ["--starttls", *certificate]
    for folder in (names := [tmp_path / name for name in ("stranger", "plain", "wrong")]):
        folder.mkdir()
    assert sent_privately(names[0], served, "smtp+starttls", secret) == (451, "4.4.1", 0)
    assert sent_privately(names[1], [], "smtp+starttls", secret) == (451, "4.7.0", 0)
    wrong = {"MAILPIXEL_UPSTREAM_PASSWORD": "closed", "SSL_CERT_FILE": certificate[0]}
    assert sent_privately(names[2], served, "smtp+starttls", wrong) == (451, "4.7.0", 0)


def test_an_address_outside_of_ascii_is_refused_where_the_upstream_takes_none(tmp_path: Path) -> None:
    with Upstream(tmp_path, "--plain") as upstream:
        data = campaign_in(tmp_path / "data")
        with RelayProcess(data, f"smtp://127.0.0.1:{upstream.port}") as relay, connected(relay) as client:
            assert hand_in(client, plain(1), ["a@x.example"], "SMTPUTF8")[0] == 553
            client.command_encoding = "utf-8"
            assert hand_in(client, plain(2), ["ü@x.example"])[0] == 553
            assert hand_in(client, plain(3))[0] == 250
        assert [number_of(message.content) for message in upstream.stored()] == [3]
