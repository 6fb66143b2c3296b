"""`mailpixel links`."""

import shlex
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

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

from mailpixel.cli.context import Command, base_url, keyring, plain, policy, say, settings, stores, warn
from mailpixel.cli.readiness import say_not_ready
from mailpixel.cli.suggestions import campaign_argument, campaign_of
from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.links.hosts import warning_of
from mailpixel.links.keyring import Keyring
from mailpixel.links.lists.columns import UnclearHeader, Wanted
from mailpixel.links.lists.minted_rows import Format, Job
from mailpixel.minting.part_file import PartFile, RunFacts, facts_of_run, place_of
from mailpixel.minting.people_of_file import PeopleOfFile
from mailpixel.minting.run import Done, MintedCounts, Watch, mint_links, size_of
from mailpixel.model import Campaign
from mailpixel.modes import treatment_of
from mailpixel.privacy.signing import Run, Signing, check_run, run_of
from mailpixel.store.campaign_changes import note_signed

FAULTS_SHOWN = 20
"""How many faulty rows are listed; the others are only counted."""


@click.command(
    "links",
    cls=Command,
    example="""mailpixel links spring-2026 --recipients recipients.csv > links.csv
mailpixel links spring-2026 --recipients recipients.csv --merge > tokens.csv""",
)
@campaign_argument
@click.option(
    "--recipients",
    "source",
    type=click.File("rb"),
    required=True,
    metavar="FILE|-",
    help="Read recipients from CSV, NDJSON, Parquet or one id per line.",
)
@click.option("--column", metavar="NAME", help="Read recipient ids from this column.")
@click.option(
    "--keep",
    multiple=True,
    metavar="NAME",
    help="Copy this column of the list to the output. May be repeated.",
)
@click.option("--keep-all", is_flag=True, help="Copy all other columns of the list to the output.")
@click.option(
    "--no-header",
    "headerless",
    is_flag=True,
    help="Treat the first line of a one-column list as a recipient.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    help="Read the list in this encoding, such as cp1252. Default: its byte order mark, else UTF-8.",
)
@click.option(
    "--format",
    "output",
    type=click.Choice([str(format) for format in Format]),
    default="csv",
    show_default=True,
    help="Write rows in this format.",
)
@click.option(
    "--output",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead of stdout. The file appears when all rows are done.",
)
@click.option("--resume", is_flag=True, help="Continue an interrupted run with the same --output.")
@click.option(
    "--merge",
    is_flag=True,
    help="Write one token per recipient, for the merge field of a template, instead of URLs.",
)
@click.option(
    "--hash-recipients",
    is_flag=True,
    help="Sign an id made from each entry, so that the list may hold addresses. The column `pseudonym` has these ids.",
)
@click.option(
    "--run",
    "run_name",
    metavar="NAME",
    help="Count the recipients under this name, in place of what was counted under it. Default: one name a day.",
)
@click.option("--strict", is_flag=True, help="Stop at the first faulty row.")
def links_command(id: str, source: BinaryIO, path: Path | None, resume: bool, **asked: Any) -> None:
    """Sign the links of a campaign for a list of recipients, offline and on all cores."""
    if path is None and (resume or asked["output"] == Format.PARQUET):
        what = "--resume" if resume else "Parquet"
        raise InvalidInput("output", f"{what} needs a file; add --output FILE")
    path = path and place_of(path, source)
    store, registry = stores()
    campaign = campaign_of(registry, id)
    named, now = asked.pop("run_name"), datetime.now(UTC)
    run_name = run_of("list", now) if named is None else check_run(named, "--run")
    job = _job(campaign, asked, Signing(policy(registry), campaign, PeopleOfFile(settings().database)))
    warn(warning_of(job.base_url, campaign.id))
    note = partial(note_signed, registry, campaign.id)
    counted = Run(registry, campaign.id, run_name, adds=False)
    run = _Run(source, path, resume, keyring(registry), note, counted)
    try:
        signed = run.mint(job)
    except UnclearHeader as unclear:
        wanted = _ask(unclear, job.wanted, source)
        source.seek(0)
        signed = run.mint(replace(job, wanted=wanted))
    if signed:
        say_not_ready(store, registry, campaign)


def _job(campaign: Campaign, asked: dict[str, Any], treat: Signing) -> Job:
    if asked["keep"] and asked["keep_all"]:
        raise InvalidInput("--keep", "and --keep-all cannot be combined; choose one")
    wanted = Wanted(**{name: asked.pop(name) for name in ("column", "keep", "keep_all", "headerless")})
    return Job(
        campaign=campaign.id,
        base_url=campaign.base_url or base_url(),
        links=tuple(link.number for link in campaign.links),
        destinations=tuple(link.url for link in campaign.links),
        treat=treat,
        format=Format(asked.pop("output")),
        wanted=wanted,
        **asked,
    )


def _ask(unclear: UnclearHeader, wanted: Wanted, source: BinaryIO) -> Wanted:
    """Ask whether the first line is a header. Raises `InvalidInput` when stdin gives no answer."""
    if not (sys.stdin.isatty() and sys.stderr.isatty() and source.seekable()):
        options = f"--column {shlex.quote(unclear.name)}, or --no-header"
        raise InvalidInput(unclear.field, f"{unclear.problem}: add {options} when it is a recipient")
    question = f"Does the first line, `{unclear.name}`, name the column?"
    if click.confirm(question, default=True, err=True):
        return replace(wanted, column=unclear.name)
    return replace(wanted, headerless=True)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run over a list. `note` is called when rows were signed; `counted` takes their numbers at the end."""

    source: BinaryIO
    path: Path | None
    resume: bool
    keys: Keyring
    note: Callable[[], None]
    counted: Run

    def mint(self, job: Job) -> bool:
        """Sign the links of a job. Returns whether there was anybody to sign for."""
        started_s = time.monotonic()
        facts = facts_of_run(job, self.keys, size_of(self.source))
        with _written(self.path, facts, self.resume) as (sink, watch):
            rows_before, is_quiet = watch.done.recipients, self.path is None and sys.stdout.isatty()
            with Screen(rows_before, size_of(self.source), is_quiet) as screen:
                tally = mint_links(self.source, sink, job, self.keys, self._shown(watch, screen))
        self.counted.note_words(tally.signed)
        _tell(tally, rows_before, time.monotonic() - started_s)
        return any(tally.signed.values())

    def _shown(self, watch: Watch, screen: "Screen") -> Watch:
        """The same watch, which also moves the bar and calls `note` at the first signed rows."""
        left = [self.note]

        def on_block(done: Done) -> None:
            if left and done.minted:
                left.pop()()
            watch.on_block(done)
            screen.on_block(done)

        return replace(watch, on_fault=screen.on_fault, on_block=on_block)


@contextmanager
def _written(path: Path | None, facts: RunFacts, resume: bool) -> Iterator[tuple[BinaryIO, Watch]]:
    """The output, and how far an earlier run came."""
    if path is None:
        yield sys.stdout.buffer, Watch()
        sys.stdout.flush()
        return
    with PartFile(path, facts, resume) as part:
        try:
            yield part.sink, Watch(on_block=part.note, done=part.done)
        except BaseException as error:
            if part.is_kept:
                say(f"the rows so far are kept beside {path}; run again with --resume to continue")
            if isinstance(error, OSError):
                raise MailpixelError(f"cannot write {path}: {error.strerror}") from error
            raise


class Screen:
    """The progress bar and the faulty rows, on stderr.

    `rows_before` counts the rows of an earlier run. `total_bytes` is the size of the list, None for a pipe. There is
    no bar when the rows themselves go to the terminal.
    """

    def __init__(self, rows_before: int, total_bytes: int | None, is_quiet: bool) -> None:
        columns = (TextColumn("{task.fields[done]}"), BarColumn(), TaskProgressColumn())
        console = Console(stderr=True)
        times = (TimeElapsedColumn(), TimeRemainingColumn())
        self._progress = Progress(
            *columns, *times, console=console, disable=is_quiet or not console.is_terminal
        )
        self._task = self._progress.add_task("links", total=total_bytes, done="0 rows")
        self._rows_before = rows_before
        self._started_s = time.monotonic()
        self._faults = 0

    def __enter__(self) -> "Screen":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def on_fault(self, row: int, fault: InvalidInput) -> None:
        """Print a row that was left out."""
        self._faults += 1
        if self._faults <= FAULTS_SHOWN:
            self._progress.console.print(plain(f"row {row}: {fault}"), highlight=False, soft_wrap=True)

    def on_block(self, done: Done) -> None:
        """Move the bar."""
        rate = (done.recipients - self._rows_before) / (time.monotonic() - self._started_s)
        text = f"{done.recipients:,} rows, {rate:,.0f} a second"
        self._progress.update(self._task, completed=done.read_bytes, done=text)


def _tell(tally: MintedCounts, rows_before: int, seconds: float) -> None:
    if not tally.rows:
        say("the list holds no recipients")
        return
    rows = tally.rows - rows_before
    rate = f"; this took {seconds:.1f} s, {rows / seconds:,.0f} a second" if seconds >= 0.5 else ""
    among = (
        f"of those this run read, {tally.duplicates:,}" if rows_before else f"{tally.duplicates:,} of them"
    )
    repeated = f", {among} listed more than once" if tally.duplicates else ""
    say(f"{tally.minted:,} of {tally.rows:,} recipients have links{repeated}{rate}")
    if untracked := _untracked(tally.signed):
        say(untracked)
    if tally.faulty:
        named = f", the first {FAULTS_SHOWN} are listed above" if tally.faulty > FAULTS_SHOWN else ""
        say(f"error: {tally.faulty:,} row(s) were left out{named}; correct them and run again")
        sys.exit(1)


def _untracked(signed: Mapping[str, int]) -> str:
    """How many are not recorded by name, by purpose and reason; empty where all are."""
    whys: dict[str, Counter[str]] = {"opens": Counter(), "clicks": Counter()}
    for text, number in signed.items():
        treatment = treatment_of(text)
        for purpose, why in (("opens", treatment.opens), ("clicks", treatment.clicks)):
            if why is not None:
                whys[purpose][why] += number
    said = (
        f"{purpose} of {counts.total():,} ({', '.join(f'{why} {number:,}' for why, number in sorted(counts.items()))})"
        for purpose, counts in whys.items()
        if counts
    )
    text = "; ".join(said)
    return text and f"not recorded by name: {text}"
