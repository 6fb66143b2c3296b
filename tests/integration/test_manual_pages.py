"""The manual in the terminal and at `/docs`, and the hosts on which pages answer."""

import os
import pty
import re
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import html5lib  # type: ignore[import-untyped]
import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.docs import NAMES, PICTURE_SCHEMES, pages, pictures
from mailpixel.docs.rendering import index_html, page_html, slug, style, style_name
from mailpixel.settings import Settings
from tests.support.api import an_app


def run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, arguments)
    return result.exit_code, result.stdout, result.stderr


def test_docs_alone_lists_every_page_with_a_line_for_each() -> None:
    code, out, _ = run("docs")
    assert code == 0
    assert [line.split(maxsplit=1)[0] for line in out.splitlines()[1:]] == list(NAMES)
    assert pages()["reports"].purpose in out


def test_a_page_is_plain_markdown_where_nobody_sits_at_a_terminal() -> None:
    assert run("docs", "reports") == (0, pages()["reports"].text, "")
    assert run("docs", "reports.md") == run("docs", "reports")


def at_a_terminal(columns: int, *arguments: str) -> str:
    """What a command shows on a terminal of this width, without colours."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": str(columns), "TERM": "xterm"}
    command = [sys.executable, "-m", "mailpixel", *arguments]
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as running:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # what a terminal says when nobody writes to it any more
            while part := os.read(ours, 65_536):
                shown += part
    os.close(ours)
    assert running.returncode == 0
    return re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).replace("\r\n", "\n")


def test_a_terminal_shows_every_name_and_every_line_of_code_whole() -> None:
    settings = at_a_terminal(80, "docs", "settings")
    assert [name for name, *_ in Settings().table() if f" {name} " not in settings] == []
    start = at_a_terminal(60, "docs", "start")
    code = "".join(re.findall(r"```sh\n(.*?)```", pages()["start"].text, re.DOTALL))
    assert [line for line in code.splitlines() if f"\n    {line}\n" not in start] == []
    assert "Your first campaign" in start
    assert "```" not in start


def test_no_page_shows_the_marks_of_its_generated_parts() -> None:
    assert [page.name for page in pages().values() if "<!--" in page.text.replace("`<!--", "")] == []


@pytest.mark.parametrize(
    ("name", "hint"), [("report", "Did you mean 'reports'?"), ("xyz", "`mailpixel docs` lists them.")]
)
def test_a_page_that_does_not_exist_is_an_error_that_helps(name: str, hint: str) -> None:
    assert run("docs", name) == (2, "", f"error: PAGE: there is no page {name!r}. {hint}\n")


def documents() -> dict[str, str]:
    """Path to the HTML of every page."""
    found = {f"/docs/{name}": page_html(name).decode() for name in NAMES}
    return found | {"/docs": index_html().decode()}


def test_every_page_is_html_without_an_error_script_or_style() -> None:
    for path, text in documents().items():
        html5lib.HTMLParser(strict=True).parse(text)
        assert re.findall(r"<script|<style| style=| on\w+=", text) == [], path
        assert (text.count("<main"), text.count("<h1")) == (1, 1), path
        levels = [int(level) for level in re.findall(r"<h(\d)", text)]
        assert all(below - above <= 1 for above, below in pairwise(levels)), path


def test_every_link_between_pages_leads_to_a_page_and_a_heading() -> None:
    found = documents()
    ids = {path: set(re.findall(r' id="([^"]+)"', text)) for path, text in found.items()}
    for path, text in found.items():
        for link in re.findall(r'<a[^>]* href="([^"]+)"', text):
            if link.startswith("https://"):
                continue
            parts = urlsplit(urljoin(path, link))
            assert parts.path in found, (path, link)
            assert not parts.fragment or parts.fragment in ids[parts.path], (path, link)


def test_a_file_of_the_clone_is_named_and_not_linked() -> None:
    assert "<a>tests/data/scenarios.jsonl</a>" in page_html("judging").decode()


def test_cells_know_their_columns_so_that_a_narrow_screen_can_stack_them() -> None:
    row = page_html("settings").decode().partition("MAILPIXEL_SETTLE_S")[2].partition("</tr>")[0]
    assert re.findall(r'data-column="([^"]+)"', row) == ["default", "unit", "what it does"]


def test_headings_get_ids_as_git_hosts_make_them() -> None:
    used: set[str] = set()
    headings = ("Over HTTP", "What's counted, and what not?", "Over HTTP")
    assert [slug(heading, used) for heading in headings] == [
        "over-http",
        "whats-counted-and-what-not",
        "over-http-1",
    ]


def test_docs_serves_the_list_the_pages_and_their_style(tmp_path: Path) -> None:
    with an_app(tmp_path / "data") as client:
        index, page = client.get("/docs"), client.get("/docs/start")
        sheet = client.get(urljoin("/docs/start", f"../static/{style_name()}"))
        assert (index.status_code, index.content) == (200, index_html())
        assert (page.status_code, page.content) == (200, page_html("start"))
        assert (sheet.status_code, sheet.content) == (200, style())
        assert [client.get(path).status_code for path in ("/docs/nothing", "/docs/", "/static/old.css")] == [
            404
        ] * 3
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert f"../static/{style_name()}" in page.text
    assert f'"static/{style_name()}' in index.text


def test_a_browser_that_has_the_page_gets_304(tmp_path: Path) -> None:
    with an_app(tmp_path / "data") as client:
        first = client.get("/docs/start")
        tag = first.headers["etag"]
        for known in (tag, f'W/{tag}, "other"', "*"):
            again = client.get("/docs/start", headers={"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert client.get("/docs/start", headers={"if-none-match": '"other"'}).status_code == 200
        head = client.head("/docs/start")
        assert (head.status_code, head.headers) == (200, first.headers)


@pytest.mark.parametrize(
    ("host", "pages_answer"),
    [
        ("stats.example", True),
        ("STATS.example.:443", True),
        ("stats.example:", True),
        (" stats.example\t", True),
        ("stats.example:80:80", False),
        ("[::1]:8025", True),
        ("[::1]", True),
        ("t.example", False),
        ("stats.example.evil.example", False),
        ("", False),
    ],
)
def test_pages_answer_on_web_hosts_alone_and_all_else_anywhere(
    tmp_path: Path, host: str, pages_answer: bool
) -> None:
    with an_app(tmp_path / "data", web_hosts=("stats.example", "[::1]")) as client:
        seen = {
            path: client.get(path, headers={"host": host}).status_code
            for path in (
                "/",
                "/docs",
                "/docs/start",
                f"/static/{style_name()}",
                "/healthz",
                "/robots.txt",
                "/o/x",
            )
        }
        refused = client.get("/api/campaigns", headers={"host": host})
    of_pages = 200 if pages_answer else 404
    assert seen == {
        "/": of_pages,
        "/docs": of_pages,
        "/docs/start": of_pages,
        f"/static/{style_name()}": of_pages,
        "/healthz": 200,
        "/robots.txt": 200,
        "/o/x": 200,
    }
    assert refused.status_code == 401


def test_pictures_are_small_come_in_both_schemes_and_are_served_under_the_policy(tmp_path: Path) -> None:
    assert sorted(pictures()) == [f"overview-{scheme}.png" for scheme in sorted(PICTURE_SCHEMES)]
    with an_app(tmp_path / "data") as client:
        page = client.get("/docs/managers").text
        for name, content in pictures().items():
            assert f'"{name}"' in page
            answer = client.get(f"/docs/{name}")
            assert (answer.content, answer.headers["content-type"]) == (content, "image/png")
            assert len(content) < 200_000
        assert "img-src 'self'" in answer.headers["content-security-policy"]
