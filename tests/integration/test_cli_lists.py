"""`campaign list`, `archive`, `restore` and `delete` as a person runs them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from mailpixel.cli import cli
from mailpixel.model import Campaign, Link
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import an_open


class Shell:
    """Runs `mailpixel campaign`: (exit code, stdout, stderr)."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *words: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli, ["--data", str(self.data), "campaign", *words])
        return done.exit_code, done.stdout, done.stderr

    def ids(self, *words: str) -> list[str]:
        return [row["id"] for row in json.loads(self("list", "--json", *words)[1])]


@pytest.fixture
def campaign(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    for id in ("autumn", "spring", "summer"):
        assert shell("add", id, "--name", id.title(), "--link", "https://shop.example/")[0] == 0
    return shell


def test_a_page_says_on_stderr_how_to_see_the_next(campaign: Shell) -> None:
    code, out, err = campaign("list", "--limit", "2")
    assert (code, [line.split()[0] for line in out.splitlines()]) == (0, ["id", "autumn", "spring"])
    assert err == "there are more campaigns; next page: mailpixel campaign list --limit 2 --after spring\n"
    code, out, err = campaign("list", "--limit", "2", "--after", "spring")
    assert (code, [line.split()[0] for line in out.splitlines()], err) == (0, ["id", "summer"], "")
    assert campaign("list", "--limit", "3")[2] == ""


def test_columns_are_aligned_and_lines_are_never_broken(campaign: Shell) -> None:
    campaign("add", "x", "--name", "Ä" * 150 + "漢字")
    lines = campaign("list")[1].splitlines()
    assert len(lines) == 5
    assert lines[0].startswith("id      name ")
    ends = {cell_len(line) for line in lines[1:]}
    assert len(ends) == 1, "a wide letter takes two places"


def test_a_list_longer_than_what_is_read_at_once_is_whole_and_in_order(tmp_path: Path) -> None:
    _, registry = open_sqlite(tmp_path / "mailpixel.db")
    for number in range(1_201):
        registry.add_campaign(Campaign(f"c{number:04}", "C", links=(Link(1, "https://shop.example/"),)))
    registry.close()
    campaign = Shell(tmp_path)
    assert campaign.ids("--limit", "2000") == [f"c{number:04}" for number in range(1_201)]
    assert campaign("list", "--limit", "1201")[1].count("\n") == 1_202


def test_an_archived_campaign_is_hidden_until_it_is_restored(campaign: Shell) -> None:
    assert campaign("archive", "spring")[0] == 0
    assert campaign.ids() == ["autumn", "summer"]
    assert campaign.ids("--archived") == ["spring"]
    assert campaign.ids("--all") == ["autumn", "spring", "summer"]
    assert json.loads(campaign("show", "spring", "--json")[1])["archived"] is True
    assert campaign("restore", "spring")[0] == 0
    assert campaign.ids() == ["autumn", "spring", "summer"]
    assert campaign("list", "--archived", "--all")[0] == 2


def test_a_campaign_is_deleted_only_when_asked_twice_and_never_sent(campaign: Shell) -> None:
    assert campaign("delete", "spring")[0] == 2, "nobody answered the question"
    assert campaign("delete", "spring", "--yes")[0] == 0
    assert campaign.ids() == ["autumn", "summer"]
    assert campaign("delete", "spring", "--yes") == (
        1,
        "",
        "error: there is no campaign 'spring'. `mailpixel campaign list` shows them.\n",
    )


def test_a_list_that_could_not_be_read_signed_nothing(campaign: Shell, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("name,city\nAnn,Rome\n")
    words = ["links", "spring", "--recipients", str(tmp_path / "list.csv")]
    assert CliRunner().invoke(cli, ["--data", str(tmp_path), *words]).exit_code == 2
    assert campaign("delete", "spring", "--yes")[0] == 0


def test_a_campaign_with_events_or_signed_links_is_not_deleted(campaign: Shell, tmp_path: Path) -> None:
    store, _ = open_sqlite(tmp_path / "mailpixel.db")
    store.append([an_open(campaign="spring")])
    store.close()
    assert campaign("delete", "spring", "--yes") == (
        1,
        "",
        "error: campaign 'spring' may have been sent: hits or deliveries are logged for it; archive it instead\n",
    )
    (tmp_path / "list.txt").write_text("recipient\nr-1\n")
    (tmp_path / "mail.html").write_text("<p>Hello</p>")
    for id, words in {
        "autumn": ["links", "autumn", "--recipients", str(tmp_path / "list.txt")],
        "summer": ["rewrite", "summer", "--recipient", "r-1", str(tmp_path / "mail.html")],
    }.items():
        assert CliRunner().invoke(cli, ["--data", str(tmp_path), *words]).exit_code == 0
        code, _, said = campaign("delete", id, "--yes")
        assert (code, "links were signed for it; archive it instead" in said) == (1, True)
    assert campaign.ids() == ["autumn", "spring", "summer"]
