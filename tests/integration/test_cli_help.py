"""What a newcomer meets: help that ends with an example which runs, hints at mistyped names, shell completion."""

import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mailpixel.cli import cli
from mailpixel.pages.choice_words import built_in
from mailpixel.store.sqlite import open_sqlite
from tests.support.builders import an_open
from tests.support.site_cases import a_step

ENDLESS = {"serve", "work", "relay"}
"""Commands that run until they are ended: their examples are only parsed."""

FOLLOWING = {"mailpixel site tail shop"}
"""Examples that go on until they are ended."""

CODES: dict[str | tuple[str, ...], int] = {
    "doctor": 1,
    "restore": 1,
    ("webhook", "test"): 1,
    ("inbound", "confirm"): 2,
    ("campaign", "ready"): 1,
}
"""Exit codes that are not 0: no server runs, there is no such backup or receiver, no subscription waits, or something
is missing."""

FILES = {
    "de.json": built_in()["de"].body,
    "consents.csv": "recipient,purpose,state,time,source\nr-1001,all,denied,2026-11-20T09:00:00Z,form\n",
    "recipients.csv": "recipient\nr-1001\nr-1002\n",
    "deliveries.csv": "recipient,delivered_at\nr-1001,2026-11-25T09:00:00Z\n",
    "template.html": '<p><a href="https://shop.example/spring">Spring</a></p>',
    "mail.eml": "From: a@b.example\nSubject: Hi\nContent-Type: text/html\n\n<p>Hello</p>\n",
    "agents.txt": "curl/8.0\n",
    "access.log": '192.0.2.1 - - [25/Nov/2026:09:00:00 +0000] "GET /p/r-1.gif HTTP/1.1" 200 43 "-" "x"\n',
    "scenarios.jsonl": (Path(__file__).parents[1] / "data/scenarios.jsonl").read_text().splitlines()[0],
}
PREPARED = (
    "campaign add spring-2026 --name Spring --link https://shop.example/spring",
    "campaign add draft-2026 --name Draft",
    "campaign add winter-2025 --name Winter",
    "apikey add old-key --scope read",
    "keys rotate",
    "share add winter-2025",
    "webhook add crm https://crm.example/hooks",
    "inbound add postmark-live --esp postmark",
    "inbound add ses-live --esp ses --topic arn:aws:sns:eu-west-1:123456789012:mail",
    "site add shop --host shop.example",
    "site add old-shop --host old.example",
    "networks add 192.0.2.0/24 --name Ours",
    "networks remove 40.92.0.0/15",
)


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = dict(commands(cli))


def run(folder: Path, words: list[str]) -> tuple[int, str]:
    done = CliRunner().invoke(cli, words, env={"MAILPIXEL_DATA": str(folder / "data")}, input="y\n")
    return done.exit_code, done.output


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    for line in PREPARED:
        run(tmp_path, shlex.split(line))
    store, _ = open_sqlite(tmp_path / "data/mailpixel.db")
    store.append(
        [an_open(campaign="spring-2026", recipient="r-1001"), a_step(0, visitor="dV0mYzX1b3Yq2m9KQH0c5g")]
    )
    store.close()
    return tmp_path


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "mailpixel")
def test_the_help_of_every_command_ends_with_an_example_that_runs(
    path: tuple[str, ...], folder: Path
) -> None:
    code, said = run(folder, [*path, "--help"])
    assert code == 0
    section = said.partition("\nExample:\n")[2]
    lines = [line.strip() for line in section.splitlines()]
    assert lines, f"`mailpixel {' '.join(path)} --help` ends without an example"
    if not path:
        shutil.rmtree(folder / "data")  # the first example of all begins with nothing
    for line in lines:
        program, *words = shlex.split(line.partition(" > ")[0])
        assert program == "mailpixel"
        assert words[: len(path)] == list(path)
        if line in FOLLOWING:
            continue
        if words[0] in ENDLESS:
            above = click.Context(
                cli, **cli.context_settings
            )  # a command keeps the help option it is first asked for
            command = cli.get_command(above, words[0])
            assert command is not None
            with command.make_context(words[0], words[1:], parent=above):
                continue
        assert run(folder, words)[0] == CODES.get(tuple(words[:2]), CODES.get(words[0], 0)), line


def test_help_and_version_have_the_names_that_people_try(tmp_path: Path) -> None:
    assert run(tmp_path, ["-h"]) == run(tmp_path, ["--help"])
    assert run(tmp_path, ["--version"])[1].startswith("mailpixel, version ")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("reprot spring-2026", "Did you mean 'report'?"),
        ("stats spring-2026", "Did you mean 'report'?"),
        ("help", "Did you mean '--help'?"),
        ("version", "Did you mean '--version'?"),
        ("campaign rm draft-2026", "Did you mean 'delete'?"),
        ("campaign lst", "Did you mean 'list'?"),
        ("campaign create spring-2026", "Did you mean 'add'?"),
        ("report spring-2026 --jsn", "Did you mean '--json'?"),
        ("report spring-2062", "Did you mean 'spring-2026'?"),
        ("links sprin-2026 --recipients recipients.csv", "Did you mean 'spring-2026'?"),
        ("explain spring2026 r-1", "Did you mean 'spring-2026'?"),
        ("rebuild --campaign spring_2026", "Did you mean 'spring-2026'?"),
        ("report zzz", "`mailpixel campaign list` shows them."),
    ],
)
def test_a_mistyped_name_brings_the_one_that_was_meant(words: str, meant: str, folder: Path) -> None:
    code, said = run(folder, shlex.split(words))
    assert code in (1, 2)
    assert meant in said


def test_a_shell_completes_campaign_ids_and_makes_no_database_for_that(folder: Path) -> None:
    def completed(word: str, data: Path) -> list[str]:
        environment = {
            "_MAILPIXEL_COMPLETE": "bash_complete",
            "COMP_WORDS": f"mailpixel report {word}",
            "COMP_CWORD": "2",
            "MAILPIXEL_DATA": str(data),
        }
        done = CliRunner().invoke(cli, [], env=environment, prog_name="mailpixel")
        return [line.partition(",")[2] for line in done.stdout.splitlines() if line]

    assert completed("s", folder / "data") == ["spring-2026"]
    assert completed("spring-2026", folder / "data") == ["spring-2026"]
    assert completed("s", folder / "nowhere") == []
    assert not (folder / "nowhere").exists()
