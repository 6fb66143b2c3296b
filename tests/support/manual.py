"""The parts of the manual that are made from the code. `python -m tests.support.manual` writes them, a test compares.

A part stands between `<!-- name -->` and `<!-- /name -->` in a page, with `PARTS` naming what makes it.
"""

import ast
import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from mailpixel.classify.rules import RULES, VISIT_RULES, Rule
from mailpixel.classify.thresholds import Thresholds, VisitThresholds
from mailpixel.cli import cli
from mailpixel.ingest.intake import HitOutcome
from mailpixel.links.parts.skipped import SkipCause
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.server.api.routes import document
from mailpixel.server.door import Ended
from mailpixel.server.metrics import metrics_table
from mailpixel.settings import Settings
from mailpixel.store import measures
from tests.support.first_campaign import printed

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PACKAGE = ROOT / "mailpixel"
PAGES = PACKAGE / "docs"
HELP_WIDTH = 100


def files() -> list[Path]:
    """The README and every page."""
    return [README, *sorted(PAGES.glob("*.md"))]


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
    """Every command and subcommand with the first sentence of its help."""
    rows = ((f"`{path}`", command.get_short_help_str(1_000)) for path, command in every_command())
    return table(("command", "what it does"), rows)


def help_texts() -> str:
    """What `--help` prints, for every command."""
    return "\n\n".join(
        f"### {path}\n\n```text\n{help_of(path, command)}\n```" for path, command in every_command()
    )


def help_of(path: str, command: click.Command) -> str:
    """What `--help` prints."""
    width = {"terminal_width": HELP_WIDTH, "max_content_width": HELP_WIDTH}
    context = click.Context(command, info_name=path, help_option_names=["-h", "--help"], **width)  # type: ignore[arg-type]
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def every_command() -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, in the order of the table of commands."""
    yield from _below(cli, "mailpixel")


def _below(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from _below(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def endpoints() -> str:
    """Every endpoint of the OpenAPI document, with the names of its query parameters."""
    rows = [
        (f"`{method.upper()} {path}`", operation["summary"], _query(operation))
        for path, operations in document("")["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "patch", "delete", "put")
    ]
    return table(("endpoint", "what it does", "query"), rows)


def _query(operation: Mapping[str, Any]) -> str:
    places = operation.get("parameters", ())
    return ", ".join(f"`{each['name']}`" for each in places if each.get("in") == "query")


def rules(of: Sequence[Rule]) -> Callable[[], str]:
    """Makes a table of rules in the order of decision."""
    return lambda: table(("rule", "what it says"), [(f"`{rule.name}`", rule.summary) for rule in of])


def thresholds(of: type[Any]) -> Callable[[], str]:
    """Makes a table of every number of the rules."""

    def made() -> str:
        said = _attribute_docs(of)
        rows = [(f"`{row.name}`", f"{row.default:,}", said.get(row.name, "")) for row in fields(of)]
        return table(("threshold", "default", "what it is"), rows)

    return made


def metrics() -> str:
    """Every metric."""
    rows = [
        (f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels.split(", ") if label), help)
        for name, kind, labels, help in metrics_table()
    ]
    return table(("metric", "kind", "labels", "what it says"), rows)


def measure_table() -> str:
    """The table of measures in the docstring of their module, with what stands below it."""
    said = inspect.getdoc(measures) or ""
    return said[said.index("A measure is") :]


def rooms() -> str:
    """The folders of the package, each with the first sentence of its docstring, and in which layer it stands."""
    rows = [
        (f"`{room.name}`", _first_sentence(room / "__init__.py"))
        for room in sorted(PACKAGE.iterdir())
        if _is_room(room)
    ]
    return table(("folder", "what it is for"), rows)


def _is_room(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def _first_sentence(file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return re.split(r"(?<=\.)\s", said.replace("\n", " "), maxsplit=1)[0]


def layers() -> str:
    """The order of imports, as import-linter checks it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = project["tool"]["importlinter"]["contracts"][0]
    lines = (line.replace("mailpixel.", "") for line in contract["layers"])
    return "```text\n" + "\n".join(lines) + "\n```"


def first_campaign(command: str) -> Callable[[], str]:
    """Makes what a command prints after the first campaign of the README."""
    return lambda: f"```text\n{_first_campaign()[command]}\n```"


@cache
def _first_campaign() -> Mapping[str, str]:
    (start, *_) = blocks(README.read_text(encoding="utf-8"), "sh")
    with TemporaryDirectory() as folder:
        return printed(start, Path(folder))


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def members(kind: type[StrEnum], column: str) -> Callable[[], str]:
    """Makes a table of an enumeration's values with what each means."""

    def made() -> str:
        said = _attribute_docs(kind)
        return table((column, "meaning"), [(f"`{each.value}`", said.get(each.name, "")) for each in kind])

    return made


def _attribute_docs(kind: type) -> Mapping[str, str]:
    """Attribute to the text below it."""
    (definition,) = ast.parse(inspect.getsource(kind)).body
    assert isinstance(definition, ast.ClassDef)
    pairs = zip(definition.body, definition.body[1:], strict=False)
    return {_name(first): _text(second) for first, second in pairs if _name(first) and _text(second)}


def _name(node: ast.stmt) -> str:
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def _text(node: ast.stmt) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return " ".join(inspect.cleandoc(node.value.value).split())
    return ""


PARTS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "help": help_texts,
    "endpoints": endpoints,
    "rules": rules(RULES),
    "thresholds": thresholds(Thresholds),
    "visit_rules": rules(VISIT_RULES),
    "visit_thresholds": thresholds(VisitThresholds),
    "metrics": metrics,
    "measures": measure_table,
    "outcomes": members(HitOutcome, "outcome"),
    "endings": members(Ended, "reason"),
    "reasons": members(Reason, "reason"),
    "causes": members(SkipCause, "cause"),
    "rooms": rooms,
    "layers": layers,
    "report": first_campaign("report"),
    "explain": first_campaign("explain"),
}
_PART = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", re.DOTALL)


def written_anew(text: str) -> str:
    """The text with its parts made anew. Raises KeyError for a part that nothing makes."""
    return _PART.sub(lambda found: f"<!-- {found[1]} -->\n{PARTS[found[1]]()}\n<!-- /{found[1]} -->", text)


if __name__ == "__main__":
    for file in files():
        file.write_text(written_anew(file.read_text(encoding="utf-8")), encoding="utf-8")
