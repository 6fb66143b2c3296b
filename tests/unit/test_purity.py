"""The pure rooms read no clock, no chance, no environment and no file: what they need is an argument.

Data that ships in the package counts as code: it is read through `importlib.resources`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mailpixel"
ROOMS = ("links", "traffic", "site", "classify", "projections", "replay", "report", "measure")
IMPURE_MODULES = {
    "asyncio", "fcntl", "gc", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "signal", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "uuid", "mailpixel.files", "mailpixel.pool",
    "mailpixel.settings",
}  # fmt: skip
OPTION = re.compile(r"(?<![\w-])--[a-z]")
IMPURE_CALLS = {"open", "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "now_ms"}
EXCEPTIONS = {
    ("links/hosts.py", "socket"): "inet_aton reads short spellings of an address and asks nobody",
    ("traffic/networks.py", "socket"): "inet_pton packs an address and asks nobody",
    ("projections/rebuild.py", "mailpixel.pool"): "a rebuild judges in several processes",
}


def imported(tree: ast.AST) -> Iterator[str]:
    """The modules that a file imports, at its top or inside of its functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def called(tree: ast.AST) -> Iterator[str]:
    """The functions that a file calls, as they are written: `open`, `datetime.now`."""
    return (ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call))


def impure(file: Path) -> Iterator[tuple[str, str]]:
    """(file, what it uses that no pure function does)."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    name = file.relative_to(PACKAGE).as_posix()
    for module in imported(tree):
        if module in IMPURE_MODULES or module.partition(".")[0] in IMPURE_MODULES:
            yield name, module
    yield from ((name, call) for call in called(tree) if call in IMPURE_CALLS)


def test_the_pure_rooms_read_no_clock_no_chance_no_environment_and_no_file() -> None:
    files = sorted(file for room in ROOMS for file in (PACKAGE / room).rglob("*.py"))
    assert {
        use for file in files for use in impure(file)
    } == EXCEPTIONS.keys()  # no more, and none that is over


def test_what_is_impure_is_found() -> None:
    file = PACKAGE / "folder" / "key_file.py"
    assert {use for _, use in impure(file)} == {"os", "secrets", "pathlib", "mailpixel.files", "datetime.now"}


def texts(tree: ast.AST) -> Iterator[str]:
    """What a file says to people: its strings but for docstrings."""
    standing_alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in standing_alone:
            yield node.value


KNOW_THE_COMMAND_LINE = {
    "cli": "it is the command line",
    "backups": "it speaks to whoever runs the commands",
    "checks": "it speaks to whoever runs the commands",
    "doctor": "it speaks to whoever runs the commands",
    "docs": "the manual",
    "folder": "it speaks to whoever runs the commands",
    "relay": "a door with options of its own",
    "report/sources.py": "a column of its rows is a command",
    "server/reader_pages.py": "variables of a style sheet look like options",
    "server/listening.py": "`serve` ends with its errors",
    "server/supervisor.py": "it starts a command, and `serve` ends with its errors",
    "site/snippets.py": "it prints a command for a shell",
    "settings.py": "the help of the relay's settings",
}


def test_an_error_of_the_api_names_no_option_of_the_command_line() -> None:
    naming = [
        name
        for file in sorted(PACKAGE.rglob("*.py"))
        if (name := file.relative_to(PACKAGE).as_posix()) not in KNOW_THE_COMMAND_LINE
        and name.partition("/")[0] not in KNOW_THE_COMMAND_LINE
        and any(OPTION.search(text) for text in texts(ast.parse(file.read_text("utf-8"))))
    ]
    assert naming == []


def test_no_command_but_serve_and_metrics_uses_the_web_server() -> None:
    commands = sorted((PACKAGE / "cli").rglob("*.py"))
    using = [
        file.name
        for file in commands
        if any(name.startswith("mailpixel.server") for name in imported(ast.parse(file.read_text("utf-8"))))
    ]
    assert using == ["metrics.py", "serve.py"]
