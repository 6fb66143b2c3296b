"""Every command that a text of ours names exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import mailpixel
from mailpixel.cli import cli

ROOT = Path(mailpixel.__file__).parent
NAMED = re.compile(r"(?:`|<code>)mailpixel((?: [a-z][a-z-]*)+)")
"""A command in backticks or in a page's `<code>`, up to its first argument or option."""


def named() -> Iterator[tuple[str, str]]:
    """The file and the words of each command that is named."""
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in (".py", ".md", ".html", ".json", ".toml"):
            for words in set(NAMED.findall(path.read_text(encoding="utf-8"))):
                yield str(path.relative_to(ROOT)), words.strip()


def unknown(words: str) -> str:
    """The first word that is no command of the group before it, or nothing."""
    command: click.Command = cli
    for word in words.split():
        if not isinstance(command, click.Group):
            return ""
        found = command.get_command(click.Context(command), word)
        if found is None:
            return word
        command = found
    return ""


def test_every_named_command_exists() -> None:
    found = list(named())
    assert len(found) > 50
    assert [(path, words) for path, words in found if unknown(words)] == []


@pytest.mark.parametrize(
    ("words", "no_command"), [("wording", "wording"), ("consent wording add", ""), ("site tail shop", "")]
)
def test_a_word_that_is_no_command_is_found(words: str, no_command: str) -> None:
    assert unknown(words) == no_command
