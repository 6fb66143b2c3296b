"""The Django backend: what it tracks, what it leaves, and that the message is the sender's again afterwards."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.test.utils import override_settings

from mailpixel import TokenKind, TokenSigner, create_keyring, load_keyring
from mailpixel.claims import Claims
from mailpixel.model import Campaign
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import without_modes
from tests.support.django_settings import configure
from tests.support.stores import migrated

HTML = '<html><body><a href="https://shop.example/">x</a></body></html>'
MARKS = {"X-Mailpixel-Campaign": "c1", "X-Mailpixel-Recipient": "r-1"}

configure()


@pytest.fixture(autouse=True)
def outbox() -> Iterator[list[Any]]:
    """What the wrapped backend was given."""
    mail.outbox = []
    yield mail.outbox
    del mail.outbox


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAILPIXEL_DATA", str(tmp_path))
    monkeypatch.setenv("MAILPIXEL_BASE_URL", "https://t.example")
    open_sqlite(migrated(tmp_path / "mailpixel.db"))[1].add_campaign(Campaign("c1", "One"))
    create_keyring(tmp_path / "keys.json")
    return tmp_path


def message(headers: dict[str, Any], **facts: Any) -> EmailMultiAlternatives:
    made = EmailMultiAlternatives(
        "Hi", "text https://shop.example/", "s@shop.example", ["secret@x.example"], **facts
    )
    made.extra_headers = headers
    made.attach_alternative(HTML, "text/html")
    made.attach_alternative("BEGIN:VCALENDAR", "text/calendar")
    return made


def claims_in(data: Path, html: str) -> list[Claims | None]:
    signer = TokenSigner(load_keyring(data / "keys.json"))
    tokens = re.findall(r"https://t\.example/[oc]/([\w-]+)", html)
    return [without_modes(signer.verify(token, frozenset(TokenKind)).claims) for token in tokens]


EXPECTED = [
    Claims(TokenKind.CLICK, "c1", "r-1", None, "https://shop.example/"),
    Claims(TokenKind.OPEN, "c1", "r-1"),
]


def test_a_marked_message_is_tracked_and_its_marks_are_gone(outbox: list[Any], data: Path) -> None:
    assert message({"X-Other": "1", **MARKS}).send() == 1
    [sent] = outbox
    assert sent.extra_headers == {"X-Other": "1"}
    assert sent.body == "text https://shop.example/"
    html, calendar = (content for content, _ in sent.alternatives)
    assert claims_in(data, html) == EXPECTED
    assert calendar == "BEGIN:VCALENDAR"
    assert "mailpixel" not in sent.message().as_string().lower()


def test_a_body_of_html_is_tracked_too(outbox: list[Any], data: Path) -> None:
    made = EmailMessage("Hi", HTML, "s@shop.example", ["a@x.example"], headers=dict(MARKS))
    made.content_subtype = "html"
    made.send()
    assert claims_in(data, outbox[0].body) == EXPECTED


def test_after_sending_the_message_is_as_it_was(outbox: list[Any]) -> None:
    made = message({"X-Other": "1", **MARKS})
    before = (dict(made.extra_headers), made.body, list(made.alternatives))
    made.send()
    assert (made.extra_headers, made.body, made.alternatives) == before


def test_anymail_sends_the_tracked_html_and_its_status_is_on_the_senders_message(data: Path) -> None:
    with override_settings(MAILPIXEL_EMAIL_BACKEND="anymail.backends.test.EmailBackend"):
        made = message({"X-Other": "1", **MARKS})
        made.tags = ["spring"]
        made.send()
    assert claims_in(data, made.anymail_test_params["html_body"]) == EXPECTED
    assert dict(made.anymail_test_params["extra_headers"]) == {"X-Other": "1"}
    assert made.anymail_test_params["tags"] == ["spring"]
    assert made.anymail_status.status == {"sent"}
    assert made.alternatives[0][0] == HTML


class NotingBackend:
    """Notes on the message itself what became of it, as anymail does, or fails."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    def send_messages(self, messages: list[Any]) -> int:
        for each in messages:
            each.noted = each.alternatives[0][0]
            if self.options.get("username") == "nobody":
                raise ConnectionRefusedError
        return len(messages)


def test_a_wrapped_backend_can_note_on_the_very_message(data: Path) -> None:
    with override_settings(MAILPIXEL_EMAIL_BACKEND=f"{__name__}.NotingBackend"):
        made = message(dict(MARKS))
        made.send()
    assert claims_in(data, made.noted) == EXPECTED


def test_when_the_wrapped_backend_fails_its_error_comes_through_and_the_message_is_as_it_was() -> None:
    with override_settings(MAILPIXEL_EMAIL_BACKEND=f"{__name__}.NotingBackend"):
        made = message(dict(MARKS))
        with pytest.raises(ConnectionRefusedError):
            get_connection(username="nobody").send_messages([made])
    assert (made.extra_headers, made.alternatives[0][0]) == (MARKS, HTML)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Mailpixel-Campaign": "c1"},
        {**MARKS, "x-mailpixel-recipient": "r-2"},
        {**MARKS, "X-Mailpixel-Recipient": "secret@x.example"},
        {**MARKS, "X-Mailpixel-Campaign": "unknown"},
        {"X-Mailpixel-Recipient": "r-1"},
    ],
)
def test_what_cannot_be_tracked_goes_out_as_it_is_without_marks_and_the_log_names_nobody(
    outbox: list[Any], caplog: pytest.LogCaptureFixture, headers: dict[str, str]
) -> None:
    message(headers).send()
    [sent] = outbox
    assert (sent.extra_headers, sent.alternatives[0][0]) == ({}, HTML)
    assert len(caplog.records) == 1
    assert "secret" not in caplog.text


def test_other_mail_is_not_touched_and_opens_nothing(
    outbox: list[Any], data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (data / "keys.json").unlink()  # to open the folder now would be logged
    message({"X-Other": "1"}).send()
    [sent] = outbox
    assert (sent.extra_headers, sent.alternatives[0][0]) == ({"X-Other": "1"}, HTML)
    assert caplog.text == ""


def test_a_folder_that_cannot_be_used_stops_no_mail(
    outbox: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MAILPIXEL_NO_SUCH", "1")
    message(dict(MARKS)).send()
    assert outbox[0].alternatives[0][0] == HTML
    assert "MAILPIXEL_NO_SUCH" in caplog.text


def test_the_connection_is_the_wrapped_backends() -> None:
    with get_connection() as connection:
        assert connection.send_messages([message(dict(MARKS)), message({})]) == 2


@pytest.mark.parametrize(
    ("module", "package", "line"),
    [
        ("mailpixel.dropins.django", "django.conf", "pip install '.[django]' in the clone of mailpixel"),
        ("mailpixel.relay.server", "aiosmtpd.smtp", "pip install '.[relay]' in the clone of mailpixel"),
    ],
)
def test_a_missing_package_is_reported_with_the_install_line(module: str, package: str, line: str) -> None:
    code = f"import sys; sys.modules[{package!r}] = None; import {module}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("mailpixel.errors.MissingExtra: ")
    assert done.stderr.splitlines()[-1].endswith(line)
