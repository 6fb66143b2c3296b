"""`mailpixel links`."""

import sys
import time
from typing import BinaryIO

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mailpixel.cli.frame import Command, say, settings, stores
from mailpixel.errors import InvalidInput
from mailpixel.links.bulk import Tally, Watch, mint_links
from mailpixel.links.keyring import load_keyring
from mailpixel.links.rows import Format, Job

FAULTS_SHOWN = 20
"""Faulty rows told one by one; the others only as a number."""


@click.command("links", cls=Command)
@click.argument("id")
@click.option(
    "--recipients",
    "source",
    type=click.File("rb"),
    required=True,
    metavar="FILE|-",
    help="CSV, NDJSON or one id a line.",
)
@click.option("--column", help="The column that holds the recipient.")
@click.option(
    "--format",
    "output",
    type=click.Choice(["csv", "ndjson"]),
    default="csv",
    show_default=True,
    help="What is printed.",
)
@click.option("--merge", is_flag=True, help="One merge-field token a recipient instead of URLs.")
@click.option(
    "--hash-recipients", is_flag=True, help="Sign keyed pseudonyms, so that addresses may be given."
)
@click.option("--strict", is_flag=True, help="Stop at the first faulty row.")
def links_command(
    id: str,
    source: BinaryIO,
    column: str | None,
    output: str,
    merge: bool,
    hash_recipients: bool,
    strict: bool,
) -> None:
    """Sign the links of a campaign for a list of recipients, offline and on all cores."""
    _, registry = stores()
    campaign = registry.campaign(id)
    job = Job(
        campaign=campaign.id,
        base_url=campaign.base_url or settings().base_url,
        links=tuple(link.number for link in campaign.links),
        format=Format(output),
        merge=merge,
        hash_recipients=hash_recipients,
        strict=strict,
        column=column,
    )
    started = time.monotonic()
    with Screen() as screen:
        watch = Watch(on_fault=screen.on_fault, on_progress=screen.on_progress)
        tally = mint_links(source, sys.stdout.buffer, job, load_keyring(settings().key_file), watch)
        sys.stdout.flush()
    _tell(tally, time.monotonic() - started)


class Screen:
    """The progress bar on stderr, for a person who waits, and the faulty rows."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.fields[rows]:,} rows"), BarColumn(), TaskProgressColumn(show_speed=True))
        console = Console(stderr=True)
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, *times, console=console, disable=not console.is_terminal)
        self._task = self._progress.add_task("links", total=None, rows=0)
        self._faults = 0

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def on_fault(self, row: int, fault: InvalidInput) -> None:
        """Tell of a row that was left out."""
        self._faults += 1
        if self._faults <= FAULTS_SHOWN:
            self._progress.console.print(f"row {row}: {fault}", markup=False, highlight=False, soft_wrap=True)

    def on_progress(self, rows: int, read_bytes: int, total_bytes: int | None) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=read_bytes, total=total_bytes, rows=rows)


def _tell(tally: Tally, seconds: float) -> None:
    rate = f" in {seconds:.1f} s, {tally.rows / seconds:,.0f} a second" if seconds >= 0.5 else ""
    repeated = f", {tally.duplicates:,} of them given more than once" if tally.duplicates else ""
    say(f"{tally.minted:,} of {tally.rows:,} recipients have links{repeated}{rate}")
    if tally.faulty:
        left_out = f"{tally.faulty:,} row(s) were left out, the first {FAULTS_SHOWN} are named above"
        say(f"error: {left_out}; mend them and run again")
        sys.exit(1)
