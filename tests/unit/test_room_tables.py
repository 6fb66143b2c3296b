"""A room that begins with a table of its files names all of them, and no file that is gone."""

import ast
import re
from pathlib import Path

import pytest

import mailpixel

PACKAGE = Path(mailpixel.__file__).parent
ROW = re.compile(r"^([a-z_]+(?:, [a-z_]+)*)  +\S", re.MULTILINE)
"""A row of a table: names, then two blanks or more, then what they are for."""
GROUPED = {"links/splicing"}
"""Rooms whose table begins each row with a step, and not with a file."""


def table_of(room: Path) -> str:
    return ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""


ROOMS = [
    room.parent
    for room in sorted(PACKAGE.rglob("__init__.py"))
    if len(ROW.findall(table_of(room.parent))) > 1
]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.relative_to(PACKAGE).as_posix())
def test_the_table_of_a_room_names_every_file_and_none_that_is_gone(room: Path) -> None:
    table = table_of(room)
    files = {file.stem for file in room.glob("*.py")} - {"__init__"}
    rows = {name for names in ROW.findall(table) for name in names.split(", ")}
    stale = set() if room.relative_to(PACKAGE).as_posix() in GROUPED else rows - files
    folders = {folder.name for folder in room.iterdir() if folder.is_dir()}
    assert (files - set(re.findall(r"[a-z_]+", table)), stale - folders) == (set(), set())
