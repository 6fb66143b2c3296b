"""What a table shows is what there is, whatever marks it holds."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from mailpixel.cli import cli

NAME = "Sale [/b] [red]50 %[/red] :smile: [0]"
URL = "https://shop.example/?filter[size]=[l]&time=:10:"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["campaign", "list"], [NAME]),
        (["campaign", "show", "c1"], [NAME, URL]),
        (["report", "c1"], [NAME, URL]),
        (["networks", "list"], ["Ours [/b] :smile:"]),
    ],
)
def test_brackets_and_colons_are_shown_as_they_are(
    tmp_path: Path, command: list[str], shown: list[str]
) -> None:
    runner = CliRunner(env={"MAILPIXEL_DATA": str(tmp_path), "COLUMNS": "200"})
    for words in (
        ["campaign", "add", "c1", "--name", NAME, "--link", URL],
        ["networks", "add", "192.0.2.0/24", "--name", "Ours [/b] :smile:"],
    ):
        assert runner.invoke(cli, words).exit_code == 0
    done = runner.invoke(cli, command)
    assert (done.exit_code, [text for text in shown if text not in done.output]) == (0, []), done.output
