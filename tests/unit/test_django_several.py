"""The Django backend and mail to several people: nobody gets another's token, by anymail's and Django's backends."""

import json
import re
import smtplib
import threading
import urllib.parse
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test.utils import override_settings

from mailpixel import TokenKind, load_keyring
from mailpixel.links.keyring import pseudonym
from tests.support.upstream import Upstream
from tests.unit import test_django
from tests.unit.test_django import HTML, MARKS, claims_in

CAMPAIGN = {"X-Mailpixel-Campaign": "c1"}
TWO = ["Ada <ada@x.example>", "Bob@x.example"]


outbox, data = test_django.outbox, test_django.data
"""The same fixtures."""


def letter(headers: Mapping[str, str], **facts: Any) -> EmailMultiAlternatives:
    made = EmailMultiAlternatives("Hi", "text", "s@shop.example", **{"to": TWO, **facts})
    made.extra_headers = dict(headers)
    made.attach_alternative(HTML, "text/html")
    return made


def recipients_in(data: Path, html: str) -> set[str]:
    """The people that tokens in the HTML are for; of the good ones."""
    return {claims.recipient for claims in claims_in(data, html) if claims}


def name_of(data: Path, address: str) -> str:
    return pseudonym(load_keyring(data / "keys.json"), address)


SEVERAL: list[dict[str, Any]] = [
    {},
    {"to": ["ada@x.example, bob@x.example"]},
    {"to": ["ada@x.example"], "cc": ["bob@x.example"]},
    {"to": ["ada@x.example"], "bcc": ["bob@x.example"]},
    {"to": [], "bcc": TWO},
]


@pytest.mark.parametrize("facts", SEVERAL)
@pytest.mark.parametrize("headers", [MARKS, CAMPAIGN])
def test_one_mail_to_several_people_goes_out_untracked_and_the_log_names_nobody(
    outbox: list[Any], caplog: pytest.LogCaptureFixture, headers: dict[str, str], facts: dict[str, Any]
) -> None:
    letter(headers, **facts).send()
    [sent] = outbox
    assert (sent.extra_headers, sent.alternatives[0][0]) == ({}, HTML)
    assert "X-Mailpixel-Split: yes asks for one copy each" in caplog.text
    assert "x.example" not in caplog.text


@pytest.mark.parametrize("batch", ["merge_data", "merge_metadata", "merge_headers"])
@pytest.mark.parametrize("headers", [MARKS, CAMPAIGN, {**CAMPAIGN, "X-Mailpixel-Split": "yes"}])
def test_a_batch_through_a_service_whose_fields_are_not_known_goes_out_untracked(
    caplog: pytest.LogCaptureFixture, headers: dict[str, str], batch: str
) -> None:
    with override_settings(MAILPIXEL_EMAIL_BACKEND="anymail.backends.test.EmailBackend"):
        made = letter(headers)
        setattr(made, batch, {})
        made.send()
    assert made.anymail_test_params["html_body"] == HTML
    assert made.anymail_test_params["is_batch_send"] is True
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("name", ["cc", "bcc", "to"])
def test_an_address_that_the_backend_adds_to_every_mail_counts(name: str) -> None:
    with override_settings(
        MAILPIXEL_EMAIL_BACKEND="anymail.backends.test.EmailBackend",
        ANYMAIL={"SEND_DEFAULTS": {name: ["audit@x.example"]}},
    ):
        made = letter(MARKS, to=["ada@x.example"])
        made.send()
    assert made.anymail_test_params["html_body"] == HTML


def test_the_same_person_twice_and_a_batch_of_one_are_one_person(data: Path) -> None:
    with override_settings(MAILPIXEL_EMAIL_BACKEND="anymail.backends.test.EmailBackend"):
        twice = letter(MARKS, to=["ada@x.example"], bcc=["Ada <ADA@x.example>"])
        one = letter(CAMPAIGN, to=["ada@x.example"])
        one.merge_data = {}
        get_connection().send_messages([twice, one])
    assert recipients_in(data, twice.anymail_test_params["html_body"]) == {"r-1"}
    assert recipients_in(data, one.anymail_test_params["html_body"]) == {name_of(data, "ada@x.example")}


class Service(HTTPServer):
    """The API of an e-mail service: writes down what anymail's real backends post, and answers as `answer` says."""

    def __init__(self, answer: object) -> None:
        super().__init__(("127.0.0.1", 0), _Api)
        self.answer = answer
        self.posted: list[Any] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *exception: object) -> None:
        self.shutdown()
        self.server_close()


class _Api(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        text = body.decode()
        assert isinstance(self.server, Service)
        self.server.posted.append(
            json.loads(text) if text[:1] in "[{" else dict(urllib.parse.parse_qsl(text))
        )
        answer = json.dumps(self.server.answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: object) -> None: ...


def _mailgun(posted: Any, address: str) -> str:
    values = json.loads(posted["recipient-variables"])[address]
    return _filled(posted["html"], {f"%recipient.{key}%": value for key, value in values.items()})


def _sparkpost(posted: Any, address: str) -> str:
    [values] = [to["substitution_data"] for to in posted["recipients"] if to["address"]["email"] == address]
    return _braces(posted["content"]["html"], values)


def _sendgrid(posted: Any, address: str) -> str:
    [values] = [
        each["substitutions"] for each in posted["personalizations"] if each["to"][0]["email"] == address
    ]
    [html] = [each["value"] for each in posted["content"] if each["type"] == "text/html"]
    return _filled(html, values)


def _mandrill(posted: Any, address: str) -> str:
    [values] = [each["vars"] for each in posted["message"]["merge_vars"] if each["rcpt"] == address]
    language = posted["message"]["merge_language"]
    shapes = {"mailchimp": "*|{}|*", "handlebars": "{{{{{}}}}}"}
    return _filled(
        posted["message"]["html"], {shapes[language].format(each["name"]): each["content"] for each in values}
    )


def _mailersend(posted: Any, address: str) -> str:
    [values] = [each["personalization"][0]["data"] for each in posted if each["to"][0]["email"] == address]
    return _braces(posted[0]["html"], values)


def _unisender(posted: Any, address: str) -> str:
    [values] = [to["substitutions"] for to in posted["message"]["recipients"] if to["email"] == address]
    return _braces(posted["message"]["body"]["html"], values)


def _filled(html: str, values: Mapping[str, str]) -> str:
    for tag, value in values.items():
        html = html.replace(tag, value)
    return html


def _braces(html: str, values: Mapping[str, str]) -> str:
    for key, value in values.items():
        html = re.sub(r"{{ ?" + re.escape(key) + " ?}}", value, html)
    return html


ADDRESSES = ("ada@x.example", "Bob@x.example")
TAKEN = {"results": {"id": "1", "total_accepted_recipients": 2, "total_rejected_recipients": 0}}
SENT = [{"email": each, "status": "sent", "_id": "1"} for each in ADDRESSES]
SERVICES: list[Any] = [
    ("mailgun", {"id": "1", "message": "Queued"}, _mailgun, {}),
    ("sparkpost", TAKEN, _sparkpost, {}),
    ("sendgrid", {}, _sendgrid, {}),
    ("sendgrid", {}, _sendgrid, {"merge_field_format": "-{}-"}),
    ("mandrill", SENT, _mandrill, {"message": {"merge_language": "mailchimp"}}),
    ("mandrill", SENT, _mandrill, {"message": {"merge_language": "handlebars"}}),
    (
        "mailersend",
        {"message": "ok", "bulk_email_id": "1"},
        _mailersend,
        {"batch_send_mode": "use-bulk-email"},
    ),
    ("unisender_go", {"status": "success", "job_id": "1", "emails": list(ADDRESSES)}, _unisender, {}),
]


def _settings(service: Service, extra: Mapping[str, Any] | None = None) -> dict[str, Any]:
    url = f"http://127.0.0.1:{service.server_port}/"
    names = ("MAILGUN", "SPARKPOST", "SENDGRID", "MANDRILL", "MAILERSEND", "UNISENDER_GO")
    made: dict[str, Any] = {f"{name}_API_URL": url for name in names}
    keys = {f"{name}_API_KEY": "k" for name in names}
    return (
        made
        | keys
        | {"MAILERSEND_API_TOKEN": "k", "MAILGUN_SENDER_DOMAIN": "shop.example"}
        | dict(extra or {})
    )


@pytest.mark.filterwarnings("ignore:django-anymail has dropped official support for SendGrid")
@pytest.mark.parametrize(("backend", "answer", "filled", "extra"), SERVICES)
def test_a_batch_gives_each_person_a_token_of_their_own_through_the_services_merge_field(
    data: Path, backend: str, answer: object, filled: Any, extra: dict[str, Any]
) -> None:
    theirs = {"ada@x.example": {"name": "Ada"}, "nobody@x.example": {"name": "X"}}
    with (
        Service(answer) as service,
        override_settings(
            MAILPIXEL_EMAIL_BACKEND=f"anymail.backends.{backend}.EmailBackend", ANYMAIL=_settings(service)
        ),
    ):
        made = letter(CAMPAIGN)
        made.merge_data = theirs
        made.esp_extra = dict(extra)
        made.mailpixel_recipients = {"Ada@x.example": "r-7"}
        made.send()
    [posted] = service.posted
    assert recipients_in(data, filled(posted, "ada@x.example")) == {"r-7"}
    assert recipients_in(data, filled(posted, "Bob@x.example")) == {name_of(data, "bob@x.example")}
    for address in ADDRESSES:
        claims = claims_in(data, filled(posted, address))
        assert [each and each.kind for each in claims] == [TokenKind.MESSAGE] * 2
    assert made.merge_data is theirs
    assert theirs == {"ada@x.example": {"name": "Ada"}, "nobody@x.example": {"name": "X"}}
    assert (made.extra_headers, made.alternatives[0][0]) == (CAMPAIGN, HTML)


UNCERTAIN: list[Any] = [
    ("mailgun", {"template_id": "welcome"}, {}),
    ("mailgun", {"merge_global_data": {"mailpixel": "theirs"}}, {}),
    ("mailgun", {"merge_data": {"ada@x.example": {"mailpixel": "theirs"}}}, {}),
    ("mailgun", {"cc": ["cleo@x.example"]}, {}),
    ("mailgun", {"cc": ["ada@x.example"]}, {}),
    ("mailgun", {"bcc": ["cleo@x.example"]}, {}),
    ("mailgun", {"to": ["ada@x.example", "bob@b\u00fccher.example"]}, {}),
    ("mailgun", {}, {"SEND_DEFAULTS": {"bcc": ["audit@x.example"]}}),
    ("mailgun", {"extra_headers": MARKS}, {}),
    ("mandrill", {}, {}),
    ("mandrill", {"esp_extra": {"message": {"merge_language": "other"}}}, {}),
    ("mandrill", {"esp_extra": {"merge_language": "handlebars"}}, {}),
    ("unisender_go", {"esp_extra": {"template_engine": "velocity"}}, {}),
]


@pytest.mark.parametrize(("backend", "facts", "anymail"), UNCERTAIN)
def test_a_batch_that_is_not_certain_goes_out_untracked(
    caplog: pytest.LogCaptureFixture, backend: str, facts: dict[str, Any], anymail: dict[str, Any]
) -> None:
    answers = {name: answer for name, answer, _, _ in SERVICES}
    with (
        Service(answers[backend]) as service,
        override_settings(
            MAILPIXEL_EMAIL_BACKEND=f"anymail.backends.{backend}.EmailBackend",
            ANYMAIL=_settings(service, anymail),
        ),
    ):
        made = letter(CAMPAIGN)
        made.merge_data = {}
        for name, value in facts.items():
            setattr(made, name, value)
        made.send()
    assert "t.example" not in json.dumps(service.posted)
    assert len(caplog.messages) == 1
    assert "x.example" not in caplog.text


def test_a_batch_without_merge_data_before_has_none_after(data: Path) -> None:
    with (
        Service({"id": "1", "message": "Queued"}) as service,
        override_settings(
            MAILPIXEL_EMAIL_BACKEND="anymail.backends.mailgun.EmailBackend", ANYMAIL=_settings(service)
        ),
    ):
        made = letter(CAMPAIGN)
        made.merge_metadata = {"ada@x.example": {"order": "1"}}
        made.send()
    [posted] = service.posted
    assert recipients_in(data, _mailgun(posted, "ada@x.example")) == {name_of(data, "ada@x.example")}
    assert not hasattr(made, "merge_data")


SPLIT = {**CAMPAIGN, "X-Mailpixel-Split": "yes"}
EVERYBODY: dict[str, Any] = {
    "to": ["Ada <ada@x.example>"],
    "cc": ["bob@x.example"],
    "bcc": ["cleo@x.example"],
}


def test_a_split_mail_is_one_copy_for_each_address_with_the_same_headers_and_without_bcc(
    tmp_path: Path, data: Path
) -> None:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with (
        Upstream(tmp_path) as upstream,
        override_settings(MAILPIXEL_EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=upstream.port),
    ):
        made = letter({**SPLIT, "X-Mailpixel-Recipient": "r-1", "Bcc": "cleo@x.example"}, **EVERYBODY)
        assert made.send() == 1
        stored = upstream.stored()
    assert [each.recipients for each in stored] == [
        ("ada@x.example",),
        ("bob@x.example",),
        ("cleo@x.example",),
    ]
    texts = [each.content.decode() for each in stored]
    people = [recipients_in(data, text) for text in texts]
    assert people == [{"r-1"}, {name_of(data, "bob@x.example")}, {name_of(data, "cleo@x.example")}]
    heads = [re.sub(r"boundary=\S+", "", text.split("\r\n\r\n")[0]) for text in texts]
    assert heads[1:] == heads[:1] * 2
    assert "To: Ada <ada@x.example>\r\nCc: bob@x.example\r\n" in heads[0]
    assert "Message-ID: <" in heads[0]
    assert not any("cleo" in text for text in texts)
    assert made.mailpixel_unsent == []
    assert (made.extra_headers["X-Mailpixel-Split"], made.alternatives[0][0]) == ("yes", HTML)


def test_the_setting_splits_every_mail_to_several_and_a_header_says_no(outbox: list[Any], data: Path) -> None:
    with override_settings(MAILPIXEL_SPLIT=True):
        messages = [letter(CAMPAIGN), letter({**CAMPAIGN, "X-Mailpixel-Split": "no"}), letter({})]
        assert get_connection().send_messages(messages) == 3
    assert sorted(str(each.recipients()) for each in outbox) == sorted(
        [str(TWO), str(TWO), "['ada@x.example']", "['Bob@x.example']"]
    )
    split = [each for each in outbox if len(each.recipients()) == 1]
    assert [recipients_in(data, each.alternatives[0][0]) for each in split] == [
        {name_of(data, "ada@x.example")},
        {name_of(data, "bob@x.example")},
    ]


def test_when_one_copy_is_refused_the_others_go_out_the_error_is_raised_and_the_rest_is_named_on_the_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with (
        Upstream(tmp_path) as upstream,
        override_settings(MAILPIXEL_EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=upstream.port),
    ):
        made = letter(SPLIT, to=["ada@x.example", "full@x.example", "cleo@x.example"])
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            made.send()
        assert [each.recipients for each in upstream.stored()] == [("ada@x.example",), ("cleo@x.example",)]
        assert made.mailpixel_unsent == ["full@x.example"]
        assert [each for each in caplog.messages if "copies" in each] == [
            "2 of 3 copies of a mail were sent; sending the whole mail again repeats these"
        ]
        with override_settings(MAILPIXEL_EMAIL_BACKEND=backend):
            assert get_connection(fail_silently=True).send_messages([made]) == 0
    assert made.alternatives[0][0] == HTML


@pytest.mark.parametrize(
    ("setting", "header", "images"),
    [(None, None, 1), ("none", None, 0), (None, "none", 0), ("none", "top", 1), ("left", None, None)],
)
def test_the_setting_and_the_header_say_where_the_pixel_goes(
    outbox: list[Any], setting: str | None, header: str | None, images: int | None
) -> None:
    with override_settings(MAILPIXEL_PIXEL=setting):
        letter({**MARKS} | ({"x-mailpixel-pixel": header} if header else {}), to=["ada@x.example"]).send()
    [sent] = outbox
    html = sent.alternatives[0][0]
    if images is None:
        assert html == HTML
    else:
        assert html.count("https://t.example/o/") == images
        assert html.count("https://t.example/c/") == 1
    assert sent.extra_headers == {}
