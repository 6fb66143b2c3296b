"""`mailpixel campaign` as a person runs it: when it was sent, and which query values links hand on."""

import json
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli


def campaign(data: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and what was printed, or said where nothing was."""
    done = CliRunner().invoke(cli, ["--data", str(data), "campaign", *arguments])
    return done.exit_code, done.stdout or done.stderr


def handed_on(data: Path) -> list[str]:
    code, shown = campaign(data, "show", "spring", "--json")
    assert code == 0
    names: list[str] = json.loads(shown)["passthrough"]
    return names


def test_a_list_of_nothing_says_so(tmp_path: Path) -> None:
    campaign(tmp_path, "add", "spring", "--name", "Spring")
    assert campaign(tmp_path, "list", "--archived") == (0, "no campaigns\n")
    campaign(tmp_path, "archive", "spring")
    assert campaign(tmp_path, "list") == (0, "no campaigns; --all lists archived ones too\n")
    assert "spring" in campaign(tmp_path, "list", "--all")[1]


def test_a_change_of_nothing_is_refused_with_what_to_say(tmp_path: Path) -> None:
    campaign(tmp_path, "add", "spring", "--name", "Spring")
    problem = "OPTIONS: say what to change, such as --sent N; see `mailpixel campaign edit --help`"
    assert campaign(tmp_path, "edit", "spring") == (2, f"error: {problem}\n")
    assert campaign(tmp_path, "edit", "spring", "--sent", "0")[0] == 0


def test_a_question_that_nobody_answers_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    campaign(tmp_path, "add", "spring", "--name", "Spring")
    missing = campaign(tmp_path, "delete", "sprin")
    assert missing == (1, "error: there is no campaign 'sprin'. Did you mean 'spring'?\n")
    code, said = campaign(tmp_path, "delete", "spring")
    assert (code, said.split("error: ")[-1]) == (2, "--yes: add this option to confirm without a terminal\n")
    assert campaign(tmp_path, "delete", "spring", "--yes")[0] == 0


def test_links_are_corrected_by_number_and_new_ones_numbered_behind_them(tmp_path: Path) -> None:
    first, trap, right, more = (f"https://shop.example/{name}" for name in ("first", "trap", "right", "more"))
    campaign(tmp_path, "add", "spring", "--name", "Spring", "--link", first, "--trap", trap)
    assert campaign(tmp_path, "edit", "spring", "--correct", "1", right, "--link", more)[0] == 0
    assert json.loads(campaign(tmp_path, "show", "spring", "--json")[1])["links"] == [
        {"number": 1, "url": right, "trap": False},
        {"number": 2, "url": trap, "trap": True},
        {"number": 3, "url": more, "trap": False},
    ]
    problem = "--correct: link 7 does not exist; `mailpixel campaign show spring` lists them"
    assert campaign(tmp_path, "edit", "spring", "--correct", "7", more) == (2, f"error: {problem}\n")


def test_names_are_added_and_taken_away_one_by_one(tmp_path: Path) -> None:
    campaign(tmp_path, "add", "spring", "--name", "Spring", "--passthrough", "u", "--passthrough", "size")
    assert handed_on(tmp_path) == ["u", "size"]
    campaign(tmp_path, "edit", "spring", "--name", "Summer")
    campaign(
        tmp_path, "edit", "spring", "--passthrough", "ref", "--passthrough", "u", "--no-passthrough", "size"
    )
    assert handed_on(tmp_path) == ["u", "ref"]
    assert campaign(tmp_path, "show", "spring")[1].splitlines()[1].split() == ["spring", "Summer", "u", "ref"]
    campaign(tmp_path, "edit", "spring", "--no-passthrough", "u", "--no-passthrough", "ref")
    assert handed_on(tmp_path) == []


def test_a_campaign_passes_nothing_through_unless_asked_to(tmp_path: Path) -> None:
    campaign(tmp_path, "add", "spring", "--name", "Spring")
    assert handed_on(tmp_path) == []


def test_a_name_that_is_invalid_changes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    problem = (
        "--passthrough: must be names of 1 to 64 letters, digits, `_`, `.`, `~` or `-`; rename the parameter"
    )
    for name in ("a b", "ü", ""):
        added = campaign(tmp_path, "add", "other", "--name", "Other", "--passthrough", name)
        assert added == (2, f"error: {problem}\n")
    campaign(tmp_path, "add", "spring", "--name", "Spring", "--passthrough", "u")
    code, said = campaign(tmp_path, "edit", "spring", "--name", "Summer", "--no-passthrough", "w")
    assert (code, said) == (
        2,
        "error: --no-passthrough: 'w' is not passed through; see `mailpixel campaign show spring`\n",
    )
    assert campaign(tmp_path, "show", "spring")[1].splitlines()[1].split() == ["spring", "Spring", "u"]


def test_an_id_that_would_hide_a_page_is_refused(tmp_path: Path) -> None:
    problem = "ID: cannot be `new`, which has a page of its own; choose another id"
    assert campaign(tmp_path, "add", "new", "--name", "New") == (2, f"error: {problem}\n")
    assert campaign(tmp_path, "add", "New", "--name", "New")[0] == 0


def test_a_moment_of_sending_has_the_bounds_that_the_api_has(tmp_path: Path) -> None:
    moments = {"1969-12-31": "early", "2100-01-02": "late", "0001-01-01T00:00:00+14:00": "early"}
    for moment, side in moments.items():
        added = campaign(tmp_path, "add", "spring", "--name", "Spring", "--sent-at", moment)
        assert added == (
            2,
            f"error: --sent-at: must be a moment in the years 2000 to 2099; this is too {side}\n",
        )


def shown_mode(data: Path) -> tuple[str | None, str]:
    shown = json.loads(campaign(data, "show", "spring", "--json")[1])
    return shown["mode"], shown["mode_in_force"]


def test_carrying_clicks_is_switched_on_and_off(tmp_path: Path) -> None:
    def carries() -> object:
        table = campaign(tmp_path, "show", "spring")[1].splitlines()
        at = next(number for number, line in enumerate(table) if "mode_in_force" in line)
        said = json.loads(campaign(tmp_path, "show", "spring", "--json")[1])["carry"]
        return said, table[at + 1].split()[-1]

    campaign(tmp_path, "add", "spring", "--name", "Spring")
    assert carries() == (False, "off")
    for option, shown in (
        ("--carry", (True, "on")),
        ("--carry", (True, "on")),
        ("--no-carry", (False, "off")),
    ):
        assert campaign(tmp_path, "edit", "spring", option)[0] == 0
        assert carries() == shown
    campaign(tmp_path, "edit", "spring", "--carry")
    campaign(tmp_path, "edit", "spring", "--sent", "5")
    assert carries() == (True, "on")


def test_a_mode_is_stated_and_the_one_in_force_is_shown_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = partial(CliRunner().invoke, cli)
    add = ["--data", str(tmp_path), "campaign", "add", "spring", "--name", "Spring", "--mode", "full"]
    added = run(add)
    assert added.exit_code == 0
    warning = "the campaign asks for full; MAILPIXEL_MODE allows individual, so individual is in force"
    assert f"warning: {warning}\n" in added.stderr
    assert shown_mode(tmp_path) == ("full", "individual")
    table = campaign(tmp_path, "show", "spring")[1]
    since = json.loads(campaign(tmp_path, "show", "spring", "--json")[1])["mode_since"]
    assert ["full", since, "individual", "off"] in [line.split() for line in table.splitlines()]
    campaign(tmp_path, "edit", "spring", "--mode", "opens=aggregate,clicks=individual", "--sent", "4")
    assert shown_mode(tmp_path) == ("opens=aggregate,clicks=individual", "opens=off,clicks=individual")
    monkeypatch.setenv("MAILPIXEL_MODE", "aggregate")
    campaign(tmp_path, "edit", "spring", "--mode", "service", "--sent", "5")
    assert shown_mode(tmp_path) == (None, "aggregate")
    assert campaign(tmp_path, "edit", "spring", "--mode", "some")[0] == 2
