"""Print rows to stdout as they arrive, in memory that does not grow with their number."""

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, TypeVar

import click
from rich.cells import cell_len

from mailpixel.errors import InvalidInput
from mailpixel.report.moments import from_iso
from mailpixel.report.rows import Rows
from mailpixel.report.tables import Cells, csv_header, csv_rows, ndjson
from mailpixel.report.zones import in_zone, time_zone
from mailpixel.times import to_ms

Item = TypeVar("Item")
Function = TypeVar("Function", bound=Callable[..., Any])

ROWS_AT_ONCE = 500


def _zone(context: click.Context, parameter: click.Parameter, name: str | None) -> Any:
    return None if name is None else time_zone(name, "--time-zone")


zone_option = click.option(
    "--time-zone",
    "zone",
    metavar="ZONE",
    callback=_zone,
    help="Show times in this time zone, such as Europe/Berlin. Default: UTC.",
)


class RenamedOption(click.Option):
    """An option that still works under its former name, which the help does not show."""

    def __init__(self, *args: Any, former: str = "", **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._former = former

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Let the parser know both names."""
        super().add_to_parser(parser, ctx)
        if self._former:
            parser.add_option(obj=self, opts=[self._former], dest=self.name, action="store", nargs=1)


def moment_option(name: str, help: str, former: str = "") -> Callable[[Function], Function]:
    """An option that reads a moment as milliseconds since 1970, or None. `former` is a name that it once had."""

    def read(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
        return None if text is None else to_ms(from_iso(text, name))

    return click.option(name, metavar="TIME", callback=read, help=help, cls=RenamedOption, former=former)


def row_options(*more: str) -> Callable[[Function], Function]:
    """Add the options of a command that writes rows. `more` are formats besides CSV, NDJSON and JSON."""
    options: tuple[Callable[[Any], Any], ...] = (
        zone_option,
        click.option("--bom", is_flag=True, help="Start the CSV with a byte order mark, which Excel needs."),
        click.option(
            "--format",
            "output",
            type=click.Choice(["csv", "ndjson", "json", *more]),
            default="csv",
            show_default=True,
            help="Write rows in this format.",
        ),
    )

    def add(command: Function) -> Function:
        for option in options:
            command = option(command)
        return command

    return add


def in_campaign(
    campaign: str, columns: Sequence[str], rows: Iterable[Cells], output: str
) -> tuple[Sequence[str], Iterable[Cells]]:
    """Columns and rows. For CSV, the campaign is the first column, because CSV files are often joined."""
    if output != "csv":
        return columns, rows
    return ("campaign", *columns), ({"campaign": campaign, **row} for row in rows)


def write_rows(columns: Sequence[str], rows: Iterable[Cells], output: str, bom: bool, zone: Any) -> None:
    """Print rows to stdout as they arrive. In CSV, each value of a nested object is a column."""
    if bom and output != "csv":
        raise InvalidInput("--bom", f"is for CSV; leave it out with --format {output}")
    named = (in_zone(row, zone) for row in rows)
    if output == "json":
        print_json_array(named)
        return
    if output == "csv":
        click.echo(BOM_UTF8 * bom + csv_header(columns), nl=False)
    encode = csv_rows if output == "csv" else ndjson
    for some in batched(named, ROWS_AT_ONCE):
        click.echo(encode(some), nl=False)


def write_export(rows: Rows[Any], output: str, bom: bool, zone: Any) -> None:
    """Print the rows of an export to stdout as they arrive, in any format.

    Raises `InvalidInput` for Parquet to a terminal or with local times, and `MissingExtra` without pyarrow.
    """
    if output != "parquet":
        write_rows(rows.columns, rows.cells(), output, bom, zone)
        return
    if bom or zone is not None:
        option = "--bom" if bom else "--time-zone"
        raise InvalidInput(option, "is not for Parquet, which holds moments in UTC; leave it out")
    if sys.stdout.isatty():
        raise InvalidInput("--format", "parquet is for programs; write it to a file: add `> FILE.parquet`")
    from mailpixel.report.parquet import ParquetExport  # needs an extra

    with closing(ParquetExport(sys.stdout.buffer, rows.typed())) as parquet:
        for page in rows.pages:
            parquet.write(page)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of at most `size`."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def print_lines(columns: Sequence[str], rows: Iterable[Sequence[object]], with_head: bool = True) -> None:
    """Print aligned columns, one line per row; None is empty."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    lines = [list(columns), *cells] if with_head else cells
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    for line in lines:
        padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(line, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def print_json_array(values: Iterable[object]) -> None:
    """Print one JSON array with one element per line."""
    before = "["
    for value in values:
        click.echo(before + "\n" + json.dumps(value, ensure_ascii=False), nl=False)
        before = ","
    click.echo("[]" if before == "[" else "\n]")
