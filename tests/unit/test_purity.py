"""The pure rooms read no clock, no chance, no environment and no file: what they need is an argument."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mailpixel"
ROOMS = ("links", "traffic", "classify", "projections", "report")
IMPURE_MODULES = {
    "asyncio", "fcntl", "gc", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "signal", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "uuid", "mailpixel.files", "mailpixel.pool",
    "mailpixel.settings",
}  # fmt: skip
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


def test_no_command_but_serve_uses_the_web_server() -> None:
    commands = sorted((PACKAGE / "cli").rglob("*.py"))
    using = [
        file.name
        for file in commands
        if any(name.startswith("mailpixel.server") for name in imported(ast.parse(file.read_text("utf-8"))))
    ]
    assert using == ["serve.py"]
