"""`mailpixel rewrite` as a person runs it: input in, the same out, numbers on stderr, exit codes that scripts read."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.cli.rewrite import utm_parameter
from mailpixel.errors import InvalidInput
from mailpixel.folder.key_file import create_keyring
from mailpixel.links.surfaces import LINK
from mailpixel.links.urls import parse_path
from mailpixel.model import Link
from mailpixel.rewriting.file_kind import begins_with_headers, is_message
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import a_campaign
from tests.support.service import rows

HTML = (
    b'<body>\r\n<a href="https://shop.example/a">A</a> <a href="#top">Up</a>\r\n'
    b'<a href="{{ leave }}">Leave</a></body>\r\n'
)
SHORT = (
    "the HTML is shorter than 3,200 bytes and has no other image: SpamAssassin adds 0.6 to 2.2 points for the pixel;"
    " --pixel none leaves it out"
)
EML = (
    b'Subject: Spring\nMIME-Version: 1.0\nContent-Type: text/html\n\n<a href="https://shop.example/a">A</a>\n'
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    store, registry = open_sqlite(folder / "mailpixel.db")
    registry.add_campaign(a_campaign("spring", links=0, base_url="https://t.example"))
    create_keyring(folder / "keys.json")
    store.close()
    registry.close()
    return folder


def rewrite(data: Path, *arguments: str | Path, content: bytes = b"") -> tuple[int, bytes, str]:
    """Exit code, stdout and stderr of the command, run in this process."""
    done = CliRunner().invoke(cli, ["--data", str(data), "rewrite", *map(str, arguments)], input=content)
    return done.exit_code, done.stdout_bytes, done.stderr


def links(data: Path) -> tuple[Link, ...]:
    _, registry = open_sqlite(data / "mailpixel.db")
    found = registry.campaign("spring").links
    registry.close()
    return found


def test_the_command_works_in_a_pipe(data: Path) -> None:
    piped = '<a href="https://shop.example/a">A</a>'
    out = rows(data, "rewrite", "spring", "--recipient", "r-1", "-", stdin=piped)
    assert tracked(out.encode()) == piped.encode()


def tracked(output: bytes, href: bytes = b"https://shop.example/a") -> bytes:
    """What came in, made from what came out: its one tracked link and its pixel undone."""
    start = output.index(b"https://t.example/c/")
    end = output.index(b'"', start)
    parsed = parse_path(output[start + len("https://t.example") : end].decode())
    assert parsed is not None
    assert parsed.surface is LINK
    before, _, after = output.partition(b'<img src="https://t.example/o/')
    assert b".gif" in after
    rest = after[after.index(b">") + 1 :]
    return before[:start] + href + before[end:] + rest


def test_html_comes_out_the_same_but_for_link_and_pixel(data: Path) -> None:
    code, out, said = rewrite(data, "spring", "--recipient", "r-1", "-", content=HTML)
    assert (code, tracked(out)) == (0, HTML)
    assert said.splitlines() == [
        "tracked 1 link(s) in 1 place(s); one pixel",
        "left alone: 1 fragment (a place in the mail itself), 1 template (a field to be filled in later)",
        SHORT,
    ]
    assert links(data) == (), "another recipient's mail may not have it"
    rewrite(data, "spring", "--recipient", "r-2", "-", content=HTML)
    assert links(data) == (Link(1, "https://shop.example/a"),)


def test_a_value_that_the_campaign_hands_on_moves_behind_the_tracked_url(data: Path) -> None:
    template = b'<a href="https://shop.example/a?size=7&amp;u={{ id|urlencode }}#top">A</a>'
    tag = ("spring", "--merge-tag", "{{ mp }}", "--pixel", "none", "-")
    assert rewrite(data, *tag, content=template)[:2] == (0, template)
    rows(data, "campaign", "edit", "spring", "--passthrough", "u")
    code, out, said = rewrite(data, *tag, content=template)
    assert (code, out) == (0, b'<a href="https://t.example/c/{{ mp }}/1?u={{ id|urlencode }}">A</a>')
    assert said.startswith("tracked 1 link(s) in 1 place(s); no pixel\n")
    assert links(data) == (Link(1, "https://shop.example/a?size=7#top", label="A"),)


@pytest.mark.parametrize(
    ("name", "switch"),
    [("mail.eml", ()), ("mail", ()), ("mail.html", ("--eml",)), ("mail.txt", ("--eml",))],
)
def test_a_message_is_known_by_its_name_its_content_or_a_switch(
    data: Path, tmp_path: Path, name: str, switch: tuple[str, ...]
) -> None:
    (tmp_path / name).write_bytes(EML)
    code, out, _ = rewrite(data, "spring", "--recipient", "r-1", *switch, tmp_path / name)
    assert (code, out.split(b"\n\n")[0], tracked(out)) == (0, EML.split(b"\n\n")[0], EML)


def test_a_template_is_rewritten_once_for_a_merge_tag(data: Path) -> None:
    code, out, said = rewrite(data, "spring", "--merge-tag", "*|MP|*", "-", content=HTML)
    assert code == 0
    assert said.endswith("mailpixel links spring --recipients FILE --merge\n")
    assert b'<a href="https://t.example/c/*|MP|*/1">' in out
    assert b'<img src="https://t.example/o/*|MP|*.gif"' in out


@pytest.mark.parametrize("tag", ["MP", "{{mp", "{{mp}", "mp}}", "*|MP", "%%mp", "(mp", "a b", "x?y"])
def test_a_merge_tag_that_no_esp_fills_in_is_doubted(data: Path, tag: str) -> None:
    code, out, said = rewrite(data, "spring", "--merge-tag", tag, "-", content=HTML)
    assert (code, f"/c/{tag}/1".encode() in out) == (0, True)
    assert f"warning: --merge-tag {tag} does not look like a merge field" in said


@pytest.mark.parametrize(
    "tag",
    [
        *(
            "*|MP|*",
            "{{mp}}",
            "{{ mp }}",
            "{{{mp}}}",
            "{{ person|lookup:'mp' }}",
            "%recipient.mp%",
            "%%mp%%",
            "[mp]",
        ),
        *(
            "${mp}",
            "{$mp}",
            "%(mp)s",
            "<%= mp %>",
            "[% mp %]",
            "-mp-",
            "##mp##",
            "~mp~",
            "$mp",
            "{contactfield=mp}",
        ),
    ],
)
def test_a_merge_tag_of_an_esp_is_not_doubted(data: Path, tag: str) -> None:
    assert "does not look like" not in rewrite(data, "spring", "--merge-tag", tag, "-", content=HTML)[2]


def test_options_say_where_the_pixel_goes_and_what_is_added(data: Path) -> None:
    arguments = (
        "--merge-tag",
        "*|MP|*",
        "--pixel",
        "top",
        "--utm",
        "source=news",
        "--utm",
        "utm_term=a b",
        "-",
    )
    code, out, _ = rewrite(data, "spring", *arguments, content=HTML)
    assert code == 0
    assert out.startswith(b'<body><img src="https://t.example/o/')
    assert links(data) == (Link(1, "https://shop.example/a?utm_source=news&utm_term=a%20b", label="A"),)


def test_links_of_classic_outlook_are_tracked_when_asked_for(data: Path) -> None:
    html = b'<!--[if mso]><v:rect href="https://shop.example/a"></v:rect><![endif]-->'
    arguments = ("spring", "--recipient", "r-1", "--pixel", "none")
    assert rewrite(data, *arguments, "-", content=html) == (
        0,
        html,
        "nothing could be tracked: the output is the input\n"
        "left alone: 1 conditional (only classic Outlook reads it; add --mso to track it)\n",
    )
    code, out, said = rewrite(data, *arguments, "--mso", "-", content=html)
    assert (code, said) == (0, "tracked 1 link(s) in 1 place(s); no pixel\n")
    assert out.startswith(b'<!--[if mso]><v:rect href="https://t.example/c/')


def test_plain_text_of_a_message_is_tracked_when_asked_for(data: Path) -> None:
    mail = b"Subject: Spring\n\nSee https://shop.example/a now\n"
    arguments = ("spring", "--recipient", "r-1")
    assert rewrite(data, *arguments, "-", content=mail)[:2] == (0, mail)
    code, out, _ = rewrite(data, *arguments, "--text", "-", content=mail)
    assert code == 0
    assert out.startswith(b"Subject: Spring\n\nSee https://t.example/c/")
    assert out.endswith(b" now\n")


def test_a_signed_message_comes_out_as_it_is_and_that_is_no_failure(data: Path) -> None:
    signed = b"DKIM-Signature: v=1\n" + EML
    code, out, said = rewrite(data, "spring", "--recipient", "r-1", "-", content=signed)
    assert (code, out) == (0, signed)
    assert said == (
        "nothing could be tracked: the output is the input\n"
        "parts left alone: 1 dkim (already signed; sign after tracking instead)\n"
    )


def test_links_of_ours_are_counted_apart_from_those_tracked_now(data: Path) -> None:
    html = b'<a href="http://T.example/c/x">A</a><a href="https://shop.example/a">A</a>'
    _, _, said = rewrite(data, "spring", "--recipient", "r-1", "--pixel", "none", "-", content=html)
    assert said == "tracked 1 link(s) in 1 place(s); no pixel\nleft alone: 1 already tracked\n"


def test_what_looks_like_a_field_and_is_tracked_is_named(data: Path) -> None:
    html = b'<a href="https://shop.example/{id}/">A</a><a href="https://shop.example/?f[0]=1">A</a>'
    _, _, said = rewrite(data, "spring", "--merge-tag", "*|MP|*", "--pixel", "none", "-", content=html)
    assert said.splitlines()[1:3] == [
        "1 tracked link(s) hold what looks like a template field; mark it with data-no-track if it is one:",
        "  https://shop.example/{id}/",
    ]


def test_links_that_show_another_domain_are_named_or_left(data: Path) -> None:
    html = b'<a href="https://shop.example/a">www.shop.example</a><a href="https://shop.example/b">Shop</a>'
    arguments = ("spring", "--recipient", "r-1", "--pixel", "none")
    code, _, said = rewrite(data, *arguments, "-", content=html)
    assert (code, said.splitlines()) == (
        0,
        [
            "tracked 2 link(s) in 2 place(s); no pixel",
            "1 tracked link(s) show another domain in their text, and mail programs warn of that;"
            " use a tracking host under your own domain, or --shown leave:",
            "  https://shop.example/a",
        ],
    )
    code, _, said = rewrite(data, *arguments, "--shown", "leave", "-", content=html)
    assert (code, said.splitlines()) == (
        0,
        ["tracked 1 link(s) in 1 place(s); no pixel", "left alone: 1 shown (the text shows another domain)"],
    )


@pytest.mark.parametrize(
    ("html", "is_short"),
    [
        (b"<p>Hello</p>", True),
        (b"<p>" + b"x" * 3_180, True),
        (b"<p>" + b"x" * 3_200, False),
        ("<p>" + "é" * 1_700, False),
        (b'<p>Hello <img src="https://shop.example/a.png"></p>', False),
    ],
)
def test_a_pixel_that_is_the_only_image_of_a_short_mail_is_named(
    data: Path, html: bytes | str, is_short: bool
) -> None:
    content = html.encode() if isinstance(html, str) else html
    assert (SHORT in rewrite(data, "spring", "--recipient", "r-1", "-", content=content)[2]) is is_short
    without = rewrite(data, "spring", "--recipient", "r-1", "--pixel", "none", "-", content=content)
    assert SHORT not in without[2]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("spring", "--recipient", "ann@shop.example"), 1, "error: recipient: looks like an e-mail address"),
        (("autumn", "--recipient", "r-1"), 1, "error: there is no campaign 'autumn'"),
        (("spring", "--merge-tag", "&mp;"), 1, "error: merge_tag: has a character"),
        (("spring", "--merge-tag", "*|MP|*", "--eml"), 2, "error: --merge-tag: works for HTML only"),
    ],
)
def test_a_failure_gives_out_the_input(
    data: Path, arguments: tuple[str, ...], code: int, problem: str
) -> None:
    done = rewrite(data, *arguments, "-", content=HTML)
    assert done[:2] == (code, HTML)
    assert done[2].startswith(problem)
    assert "ann@" not in done[2]
    assert links(data) == ()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--recipient", "r-1", "--merge-tag", "*|MP|*"),
        ("--recipient", "r-1", "--utm", "source"),
        ("--recipient", "r-1", "--pixel", "left"),
    ],
)
def test_misuse_says_so(data: Path, arguments: tuple[str, ...]) -> None:
    code, out, said = rewrite(data, "spring", *arguments, "-", content=HTML)
    assert (code, out) == (2, b"")
    assert "rror: " in said


@pytest.mark.parametrize(
    ("content", "is_mail"),
    [
        (b"From: a\r\nSubject: b\r\n\r\nHello", True),
        (b"From ann Mon Jan 1\nReceived: x\n\ty\n\nHello", True),
        (b"Subject: only headers", True),
        (b"<p>Subject: x</p>", False),
        (b"Note: to all\n\n<p>Hello", False),
        (b"Subject: x\nHello <b>you</b>\n\n", False),
        (b"To: {{ name }}<br>\n<p>", False),
        (b"\xff\xfe<\x00", False),
        (b"", False),
    ],
)
def test_a_message_begins_with_headers(content: bytes, is_mail: bool) -> None:
    assert begins_with_headers(content) is is_mail
    assert is_message("-", content) is is_mail


@pytest.mark.parametrize(
    "text", ["", "source", "=x", "source=", "a b=c", "source=a\nb", "source=" + "x" * 201]
)
def test_a_campaign_parameter_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="--utm"):
        utm_parameter(text)
