"""`mailpixel person`: export or erase what is stored about people, or opt a person out."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import click

from mailpixel.cli.context import CommandGroup, confirm, print_json, rules, say, settings, stores, yes_option
from mailpixel.cli.recipient import recipient_argument, recipient_of, under_what
from mailpixel.errors import Conflict, InvalidInput
from mailpixel.privacy.optout import opt_out
from mailpixel.store.erasures import ErasureRecord, ErasureState
from mailpixel.store.keys import SigningKeys

LEFT_OUT = "This person was erased: a keyed hash of the id keeps them out"
OPT_OUT_STAYS = "This person opted out: that is stored and stays"
MOST_PEOPLE = 1_000_000
"""Most people of one file."""


@click.group("person", cls=CommandGroup, example="mailpixel person export r-1001")
def person_command() -> None:
    """Export, erase or stop tracking recipients in all campaigns.

    RECIPIENT is the id in the links, or the e-mail address that a keyed pseudonym stands for.
    """


@person_command.command("export", example="mailpixel person export r-1001 > r-1001.ndjson")
@recipient_argument
@click.option(
    "--format",
    type=click.Choice(["ndjson", "json", "csv"]),
    default="ndjson",
    show_default=True,
    help="Print one JSON object a line, one JSON document, or a table.",
)
def person_export(recipient: str, format: str) -> None:
    """Print everything stored about a recipient: events with what is kept of IP addresses, consents, and more."""
    from mailpixel.projections.known_campaigns import KnownCampaigns
    from mailpixel.report.person import COLUMNS, cells_of, lines_of, person_row
    from mailpixel.report.tables import csv_header, csv_rows, ndjson

    store, registry = stores()
    id = recipient_of(registry, recipient)
    person = person_row(store, registry, KnownCampaigns(registry), rules(), id)
    if format == "json":
        print_json(person.to_json())
    elif format == "csv":
        click.echo(csv_header(COLUMNS) + csv_rows(cells_of(person)), nl=False)
    else:
        click.echo(ndjson(lines_of(person)), nl=False)
    if person.erased:
        say(LEFT_OUT)
    elif registry.is_opted_out(id):
        say(OPT_OUT_STAYS)
    elif not person.is_known:
        _say_unknown(recipient)


@person_command.command("erase", example="mailpixel person erase r-1003")
@click.argument("recipient", required=False)
@click.option(
    "--address", metavar="ADDRESS", help="Erase whoever has the keyed pseudonym of this e-mail address."
)
@click.option(
    "--file",
    "file",
    type=click.File("rb"),
    metavar="FILE|-",
    help="Erase everybody in this file, one id or address a line.",
)
@click.option("--finish", is_flag=True, help="Finish erasures that were held up.")
@yes_option
def person_erase(
    recipient: str | None, address: str | None, file: BinaryIO | None, finish: bool, yes: bool
) -> None:
    """Delete everything stored about recipients, and leave them out from now on.

    The counts of their campaigns go down accordingly. Prints the proof as JSON. Exits with code 1 when traces are
    left, and says where.
    """
    _, registry = stores()
    if sum(map(bool, (recipient, address, file, finish))) != 1:
        raise click.UsageError("Name a RECIPIENT, or use one of --address, --file and --finish.")
    if finish:
        _finish()
        return
    asked = _lines(file) if file else [str(recipient or address)]
    people = [_id_of(registry, each, row) for row, each in enumerate(asked, 1)]
    whom = f"{len(set(people)):,} people" if file else "this person"
    confirm(f"Erase every event of {whom}, and take them out of all counts?", yes)
    _erase(people, [each.strip() for each in asked if "@" in each])


def _erase(people: Sequence[str], addresses: Sequence[str]) -> None:
    from mailpixel.erasing import erasing_in
    from mailpixel.privacy.erasure import erase_people

    outcome = erase_people(erasing_in(settings(), *stores()), people, addresses)
    _show(outcome.record, outcome.problem)


def _finish() -> None:
    from mailpixel.erasing import erasing_in
    from mailpixel.privacy.erasure import finish_all

    erasing = erasing_in(settings(), *stores())
    outcomes = finish_all(erasing)
    if not outcomes and erasing.registry.unfinished_erasures():
        raise Conflict("another process erases, or was killed a moment ago; try again in a minute")
    if not outcomes:
        say("no erasure waits to be finished")
    for outcome in outcomes:
        _show(outcome.record, outcome.problem)


def _show(record: ErasureRecord, problem: str) -> None:
    """Print the proof. End with code 1 when there is a problem."""
    from mailpixel.report.erasures import erasure_row

    print_json(erasure_row(record).to_json())
    if problem:
        finish = "; or run `mailpixel person erase --finish`" if record.state is ErasureState.ERASED else ""
        say(f"error: {problem}{finish}")
        sys.exit(1)
    say(f"{record.events:,} event(s) of {record.people:,} recipient(s) erased; they are left out from now on")
    if days := settings().backup_days:
        say(
            f"backups hold it for up to {days:,} more days; a restored database is erased again when it is served"
        )


def _lines(file: BinaryIO) -> list[str]:
    """The lines of a file of ids or addresses; a head `recipient` is left out. Raises `InvalidInput`."""
    try:
        lines = [line.strip() for line in file.read().decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise InvalidInput("FILE", "is not UTF-8; save it as UTF-8") from None
    found = [line for line in lines if line]
    found = found[1:] if found[:1] == ["recipient"] else found
    if not 0 < len(found) <= MOST_PEOPLE:
        raise InvalidInput("FILE", f"must have 1 to {MOST_PEOPLE:,} lines, with one id or address each")
    return found


def _id_of(registry: SigningKeys, asked: str, row: int) -> str:
    try:
        return recipient_of(registry, asked)
    except InvalidInput as error:
        raise InvalidInput(f"line {row}", error.problem) from None


@person_command.command("replay-erasures", example="mailpixel person replay-erasures")
def person_replay_erasures() -> None:
    """Erase again, in a restored database, whoever was erased since the backup.

    The list of keyed hashes beside the key file says who. `mailpixel serve` does this when it starts.
    """
    from mailpixel.erasing import erasing_in
    from mailpixel.privacy.replayed_erasures import replay_erasures

    replayed = replay_erasures(erasing_in(settings(), *stores()))
    say(f"{replayed.entries:,} erasure(s) were not known to this database")
    if replayed.outcome is not None:
        _show(replayed.outcome.record, replayed.outcome.problem)


@person_command.command("optout", example="mailpixel person optout r-1002")
@recipient_argument
def person_optout(recipient: str) -> None:
    """Stop counting a recipient, also in mail already sent. Their links keep working."""
    store, registry = stores()
    opt_out(store, registry, recipient_of(registry, recipient), datetime.now(UTC))
    say("this person is no longer counted; a running server knows within two seconds")


def _say_unknown(recipient: str) -> None:
    say(f"nothing is stored{under_what(recipient)}; check the spelling if you expected something")
