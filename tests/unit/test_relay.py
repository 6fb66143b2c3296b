"""The relay's parts: marks in a message, the upstream's URL, dots, replies, the password among the settings."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpixel.dropins.headers import Marked, header_values, read_marked
from mailpixel.errors import InvalidInput
from mailpixel.relay.reply import SmtpReply, passed_on
from mailpixel.relay.upstream import Line, Security, Upstream, framed, has_two_readings, upstream_of
from mailpixel.settings import Settings

LINES = st.lists(
    st.sampled_from(
        [
            b"X-Mailpixel-Campaign: c1",
            b"x-mailpixel-recipient:r",
            b"Subject: s",
            b" fold",
            b"\tfold",
            b"",
            b"x",
            b":",
        ]
    ),
    max_size=8,
)


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_marks_are_read_and_taken_out_whole(end: bytes) -> None:
    raw = end.join(
        [
            b"A: 1",
            b"X-MAILPIXEL-Campaign:",
            b"\tc1 ",
            b"B: 2",
            b"x-mailpixel-recipient : r-1",
            b"",
            b"X-Mailpixel-Campaign: c2",
        ]
    )
    rest = end.join([b"A: 1", b"B: 2", b"", b"X-Mailpixel-Campaign: c2"])
    assert read_marked(raw) == Marked(rest, ("c1",), ("r-1",))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n",
        b"\r\nX-Mailpixel-Campaign: c1\r\n",
        b"Subject: a\r\n X-Mailpixel-Campaign: c1\r\n\r\nb",
        b"X-Mailpixel-Campaigns: c1\r\n\r\n",
        b"Not-X-Mailpixel-Campaign: c1\r\n\r\n",
    ],
)
def test_what_only_looks_like_a_mark_stays(raw: bytes) -> None:
    assert read_marked(raw) == Marked(raw, (), ())


def test_a_head_without_an_end_is_all_head() -> None:
    assert read_marked(b"X-Mailpixel-Campaign: c1") == Marked(b"", ("c1",), ())
    assert header_values(b"X-Id: 1\nx-id: 2", "X-ID") == ("1", "2")


@given(LINES, st.sampled_from([b"\r\n", b"\n"]))
def test_nothing_is_left_of_the_marks_and_nothing_else_is_taken(lines: list[bytes], end: bytes) -> None:
    raw = end.join(lines)
    once = read_marked(raw)
    assert read_marked(once.content) == Marked(once.content, (), ())
    kept = iter(raw)
    assert all(byte in kept for byte in once.content)


@given(st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\n", b"\r", b"x"])).map(b"".join))
def test_a_server_that_undoes_the_dots_reads_the_message_again(content: bytes) -> None:
    wire = framed(content)
    assert wire.endswith(b".\r\n")
    lines = wire.split(b"\r\n")[:-2]
    assert b"." not in lines
    read = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    assert read in (content, content + b"\r\n")


@given(st.lists(st.sampled_from([b".", b"\r\n", b"\n", b"\r", b"\0", b"x"])).map(b"".join))
def test_the_most_lenient_server_sees_the_end_of_a_message_at_its_end_alone(content: bytes) -> None:
    wire = framed(content)
    lines = re.split(rb"[\r\n]", wire.removesuffix(b".\r\n").replace(b"\0", b""))
    assert has_two_readings(wire) == (b"." in lines[:-1])


@pytest.mark.parametrize(
    ("url", "upstream"),
    [
        ("smtp://mx.example", Upstream("mx.example", 25)),
        ("smtp://127.0.0.1:2500/", Upstream("127.0.0.1", 2500)),
        ("smtps://MX.example", Upstream("mx.example", 465, Security.TLS)),
        ("smtp+starttls://[::1]", Upstream("::1", 587, Security.STARTTLS)),
        ("smtps://a%40b@mx.example:1", Upstream("mx.example", 1, Security.TLS, "a@b", "secret")),
        ("smtp://u@localhost", Upstream("localhost", 25, Security.NONE, "u", "secret")),
    ],
)
def test_an_upstream_is_read_from_its_url(url: str, upstream: Upstream) -> None:
    assert upstream_of(url, upstream.password) == upstream
    assert "secret" not in repr(upstream)


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("mx.example:25", "--upstream"),
        ("smtp://", "--upstream"),
        ("smtp://mx.example:99999", "--upstream"),
        ("smtp://mx.example:0", "--upstream"),
        ("smtp://mx.example/path", "--upstream"),
        ("smtp://mx.example?tls=1", "--upstream"),
        ("smtps://u:secret@mx.example", "--upstream"),
        ("smtp://u@mx.example", "--upstream"),
        ("smtp://[::1", "--upstream"),
    ],
)
def test_a_wrong_upstream_names_the_option_and_never_the_password(url: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        upstream_of(url, "secret")
    assert caught.value.field == field
    assert "secret" not in str(caught.value)


def test_a_user_needs_a_password_from_the_environment() -> None:
    with pytest.raises(InvalidInput, match="MAILPIXEL_UPSTREAM_PASSWORD"):
        upstream_of("smtps://u@mx.example")


def test_replies_pass_as_they_are_but_421_which_speaks_of_another_connection() -> None:
    assert str(passed_on(550, b"5.1.1 no\nsuch user")) == "550-5.1.1 no\r\n550 such user"
    assert str(passed_on(250, b"")) == "250 "
    assert passed_on(421, b"4.3.2 closing") == SmtpReply(451, "4.3.2 closing")
    assert passed_on(25, b"") == SmtpReply(451, "")


def test_a_line_that_was_never_opened_answers_for_a_while_and_closes() -> None:
    line = Line(Upstream("127.0.0.1", 9))
    replies = [line.mail("s@x.example", []), line.recipient("r@x.example"), line.content(b"x\r\n")]
    line.reset()
    line.close()
    assert [reply.code for reply in replies] == [451, 451, 451]


def test_the_password_is_a_setting_that_is_never_shown_nor_handed_to_other_processes() -> None:
    settings = Settings.from_environment(
        {"MAILPIXEL_UPSTREAM_PASSWORD": "open sesame", "MAILPIXEL_DATA": "d"}
    )
    assert settings.upstream_password == "open sesame"
    assert settings.to_environment()["MAILPIXEL_DATA"] == str(Path("d"))
    told = f"{settings!r} {settings.table()} {settings.to_environment()}"
    assert "sesame" not in told
    assert "(set)" in told
