"""Every public name says what it gives; no house rule on size is broken."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "mailpixel"
FILES = sorted(PACKAGE.rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION, MOST_PARAMETERS = 500, 60, 5
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_overload(node: Definition) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "overload" for each in node.decorator_list)


def definitions(tree: ast.AST, path: str) -> Iterator[tuple[str, Definition]]:
    """Functions, classes and methods with their dotted places; what stands inside a function is its own affair."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition) and not is_overload(node):
            yield f"{path}.{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from definitions(node, f"{path}.{node.name}")


def test_every_module_class_and_function_that_is_public_has_a_docstring() -> None:
    silent = []
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        name = str(file.relative_to(PACKAGE))
        if not ast.get_docstring(tree):
            silent.append(name)
        silent += [
            place
            for place, node in definitions(tree, name)
            if not any(part.startswith("_") for part in place.removeprefix(name).split("."))
            and not ast.get_docstring(node)
        ]
    assert silent == []


def test_files_functions_and_lists_of_parameters_keep_to_their_sizes() -> None:
    large = []
    for file in FILES:
        text = file.read_text(encoding="utf-8")
        name = str(file.relative_to(PACKAGE))
        if text.count("\n") > LONGEST_FILE:
            large.append(name)
        for place, node in definitions(ast.parse(text), name):
            if isinstance(node, ast.ClassDef):
                continue
            assert node.end_lineno is not None
            parameters = len(node.args.posonlyargs) + len(node.args.args) + len(node.args.kwonlyargs)
            parameters -= bool(node.args.args) and node.args.args[0].arg in ("self", "cls")
            if node.end_lineno - node.lineno >= LONGEST_FUNCTION or parameters > MOST_PARAMETERS:
                large.append(place)
    assert large == []
