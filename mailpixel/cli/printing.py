"""Rows to stdout, as they come: nothing here grows with how many there are."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import click
from rich.cells import cell_len

Item = TypeVar("Item")


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def print_lines(columns: Sequence[str], rows: Iterable[Sequence[object]], with_head: bool = True) -> None:
    """Aligned columns, one line a row; None is empty."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    lines = [list(columns), *cells] if with_head else cells
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def print_json_array(values: Iterable[object]) -> None:
    """One JSON array, an element a line."""
    before = "["
    for value in values:
        click.echo(before + "\n" + json.dumps(value, ensure_ascii=False), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")
