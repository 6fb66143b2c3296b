"""`mailpixel site` as a person runs it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.site_model import Planned, Site
from mailpixel.store.sqlite import open_sqlite


class Shell:
    """Runs `mailpixel site`: (exit code, stdout, stderr)."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli, ["--data", str(self.data), "site", *words])
        return done.exit_code, done.stdout, done.stderr

    def site(self, id: str = "shop") -> Site:
        return open_sqlite(self.data / "mailpixel.db")[1].site(id)


@pytest.fixture
def site(tmp_path: Path) -> Shell:
    return Shell(tmp_path / "data")


def test_a_site_is_added_on_an_empty_folder_and_its_key_printed(site: Shell) -> None:
    code, key, said = site("add", "shop", "--host", "Shop.example", "--host", "www.other.example")
    assert (code, bool(re.fullmatch("[0-9a-f]{16}\n", key)), f"/p/{key.strip()}" in said) == (0, True, True)
    assert site.site() == Site("shop", key.strip(), ("shop.example", "www.other.example"))


def test_a_site_is_added_with_all_that_it_may_have(site: Shell, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text('{"wish": ["title"], "book_read": []}')
    options = (
        "--no-ask",
        "--name",
        "tip",
        "--keep",
        "page",
        "--plan",
        str(plan),
        "--cookie-domain",
        "shop.example",
    )
    assert site("add", "shop", "--host", "www.shop.example", *options)[0] == 0
    found = site.site()
    wanted = Site(
        "shop", found.key, ("www.shop.example",), False, ("tip",), ("page",),
        (Planned("wish", ("title",)), Planned("book_read")), "shop.example",
    )  # fmt: skip
    assert found == wanted


def test_a_site_is_edited_field_by_field(site: Shell) -> None:
    site("add", "shop", "--host", "shop.example", "--name", "tip", "--keep", "page")
    key = site.site().key
    assert site("edit", "shop", "--host", "b.example", "--no-host", "shop.example", "--no-ask")[0] == 0
    assert site("edit", "shop", "--no-name", "tip", "--name", "wish", "--no-keep", "page")[0] == 0
    assert site.site() == Site("shop", key, ("b.example",), False, ("wish",))
    code, _, said = site("edit", "shop", "--no-host", "gone.example")
    assert (code, "--no-host" in said and "gone.example" in said) == (2, True)
    assert site("edit", "shop")[0] != 0
    assert site("edit", "shop", "--no-host", "b.example")[0] != 0
    assert site.site().hosts == ("b.example",)


def test_sites_are_listed_shown_archived_and_restored(site: Shell) -> None:
    site("add", "shop", "--host", "shop.example")
    site("add", "books", "--host", "books.example", "--no-ask")
    assert site("archive", "books")[0] == 0
    assert [row["id"] for row in json.loads(site("list", "--json")[1])] == ["shop"]
    assert [row["id"] for row in json.loads(site("list", "--all", "--json")[1])] == ["books", "shop"]
    assert "books.example" in site("list", "--archived")[1]
    assert (site.site("books").archived, "archived" in site("show", "books")[2]) == (True, True)
    shown = json.loads(site("show", "shop", "--json")[1])
    assert shown == {
        "id": "shop",
        "key": site.site().key,
        "hosts": ["shop.example"],
        "ask": True,
        "names": [],
        "keep": [],
        "plan": {},
        "cookie_domain": "",
        "archived": False,
    }
    assert site("restore", "books")[0] == 0
    assert not site.site("books").archived


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("add", "shop", "--host", "http://shop.example"), "--host"),
        (("add", "shop"), "--host"),
        (("add", "new", "--host", "shop.example"), "ID"),
        (("add", "shop", "--host", "shop.example", "--name", "Wish"), "--name"),
        (("show", "nobody"), "there is no site 'nobody'"),
        (("edit", "nobody", "--no-ask"), "there is no site 'nobody'"),
        (("archive", "nobody"), "there is no site 'nobody'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(site: Shell, words: tuple[str, ...], problem: str) -> None:
    site("add", "present", "--host", "present.example")
    code, _, said = site(*words)
    assert (code != 0, problem in said) == (True, True)


@pytest.mark.parametrize("text", ["nothing", "[]", '{"wish": "title"}', '{"wish": [1]}'])
def test_a_file_that_is_no_plan_is_refused(site: Shell, tmp_path: Path, text: str) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    code, _, said = site("add", "shop", "--host", "shop.example", "--plan", str(plan))
    assert (code != 0, "--plan" in said) == (True, True)


def test_an_id_is_given_once(site: Shell) -> None:
    site("add", "shop", "--host", "shop.example")
    code, _, said = site("add", "shop", "--host", "other.example")
    assert (code, "exists already" in said) == (1, True)
