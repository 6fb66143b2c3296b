"""The README's tables, made from the code. `python -m tests.support.readme` writes them, a test compares them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from mailpixel.classify import RULES
from mailpixel.cli import cli
from mailpixel.server.api.routes import document
from mailpixel.settings import Settings

README = Path(__file__).parents[2] / "README.md"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def settings() -> str:
    """Every setting."""
    rows = [
        (f"`{name}`", default and f"`{default}`", unit, help)
        for name, _, default, unit, help in Settings().table()
    ]
    return table(("variable", "default", "unit", "what it does"), rows)


def commands() -> str:
    """Every command and subcommand, with its arguments and the first sentence of its help."""
    return table(("command", "what it does"), _commands(cli, "mailpixel"))


def _commands(group: click.Group, path: str) -> Iterable[tuple[str, str]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path} {name}")
        else:
            yield f"`{path} {name}{_parameters(command)}`", command.get_short_help_str(1_000)


def _parameters(command: click.Command) -> str:
    words = ""
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            words += f" {parameter.make_metavar(click.Context(command))}"
        elif (
            isinstance(parameter, click.Option)
            and not parameter.hidden
            and parameter.name not in ("data", "yes")
        ):
            value = "" if parameter.is_flag else " " + parameter.make_metavar(click.Context(command))
            word = f"{parameter.opts[0]}{value}"
            words += f" {word}" if parameter.required else f" [{word}]"
    return words


def endpoints() -> str:
    """Every endpoint of the OpenAPI document."""
    rows = [
        (f"`{method.upper()} {path}`", operation["summary"])
        for path, operations in document("")["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "patch", "delete", "put")
    ]
    return table(("endpoint", "what it does"), rows)


def rules() -> str:
    """The rules in the order of decision."""
    return table(("rule", "what it says"), [(f"`{rule.name}`", rule.summary) for rule in RULES])


SECTIONS = {"settings": settings, "commands": commands, "endpoints": endpoints, "rules": rules}


def with_tables(text: str) -> str:
    """The README with its tables made anew."""
    for name, make in SECTIONS.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        assert begin in text, f"README.md has lost its place for the table of {name}"
        before, _, rest = text.partition(begin)
        text = before + begin + make() + "\n" + end + rest.partition(end)[2]
    return text


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
