"""`mailpixel consent`: what people agreed to or refused, and the texts they were asked with."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import click
from rich.console import Console

from mailpixel.cli.context import CommandGroup, keyring, print_json, say, stores
from mailpixel.cli.imported import Columns, Faults, imported_rows, is_undecoded, number_or_text
from mailpixel.cli.printing import batched, print_lines, row_options, write_rows
from mailpixel.cli.recipient import recipient_argument, recipient_of
from mailpixel.cli.wording import wording_group
from mailpixel.errors import InvalidInput
from mailpixel.links.lists.encoding import check_encoding
from mailpixel.privacy.optout import record_statements
from mailpixel.reading.consents import ConsentReader, Content
from mailpixel.reading.written import as_id, as_pseudonym
from mailpixel.report.consents import IMPORTABLE, PROOF, consents_row, importable, ledger
from mailpixel.store.consents import Said, Taken
from mailpixel.times import DAY_MS, now_ms

IMPORTED = Columns("FILE", ("purpose", "state", "time"), ("source", "wording"))
WORDS = ("purpose", "state")
"""Columns whose words may be written in any case."""
ROWS_AT_ONCE = 50_000
"""Statements recorded in one go, in order of the people's keys: the more, the fewer pages of the file are touched."""


@click.group("consent", cls=CommandGroup, example="mailpixel consent import consents.csv")
def consent_command() -> None:
    """Import, show and export what people agreed to or refused."""


@consent_command.command(
    "import",
    example="""mailpixel consent import consents.csv
mailpixel consent import consents.csv --dry-run""",
)
@click.argument("source", type=click.File("rb"), metavar="FILE|-")
@click.option(
    "--hash-recipients",
    is_flag=True,
    help="Take the keyed pseudonym of `recipient`, as `links --hash-recipients` does.",
)
@click.option(
    "--encoding",
    metavar="NAME",
    help="Read the file in this encoding, such as cp1252. Default: its byte order mark, else UTF-8.",
)
@click.option("--lift", is_flag=True, help="Let a grant that is later than an erasure end that erasure.")
@click.option("--dry-run", is_flag=True, help="Report what would happen, and record nothing.")
def consent_import(
    source: BinaryIO, hash_recipients: bool, encoding: str | None, lift: bool, dry_run: bool
) -> None:
    """Record what people said, from a CSV or NDJSON file.

    Its columns are `recipient`, `purpose` (opens, clicks, measure, identify, share, personalise or all), `state`
    (granted, denied, unknown), `time` with a time zone, `source`, and `wording`, which a grant needs. The later
    statement holds, whichever is imported first; at equal times the stricter one. Nothing is recorded of a person who
    was erased.
    """
    if encoding is not None:
        check_encoding(encoding)
    store, registry = stores()
    id_of = as_pseudonym(keyring(registry)) if hash_recipients else as_id
    reader, faults = ConsentReader(now_ms() + DAY_MS, id_of, "import"), Faults()

    def record(said: Sequence[Said]) -> Sequence[Taken]:
        if dry_run:
            return registry.record_consents(said, now_ms(), lift=lift, dry=True)
        return record_statements(store, registry, said, now_ms(), lift)

    counts = _recorded(_lines(source, encoding), reader, faults, record)
    print_json({taken.value: counts[taken] for taken in Taken} | {"failed": faults.count})
    if dry_run:
        say("nothing was recorded: this was a dry run")
    if counts[Taken.SUPPRESSED] and not lift:
        say("people who were erased are left out; --lift takes their later grants")
    faults.end()


def _recorded(
    lines: Iterator[tuple[int, Content]],
    reader: ConsentReader,
    faults: Faults,
    record: Callable[[Sequence[Said]], Sequence[Taken]],
) -> Counter[Taken]:
    """How many statements were taken, older and so on. On a terminal it shows how many rows are done."""
    counts: Counter[Taken] = Counter()
    with Console(stderr=True).status("0 rows") as shown:
        for some in batched(lines, ROWS_AT_ONCE):
            said: list[Said] = []
            for (number, content), read in zip(some, reader.read(some), strict=True):
                if isinstance(read, Said):
                    said.append(read)
                else:
                    faults.note(number, _fault(content, read))
            counts.update(record(said))
            shown.update(f"{counts.total() + faults.count:,} rows")
    return counts


def _fault(content: Content, found: InvalidInput) -> InvalidInput:
    """The fault of a row; if the file is in another encoding, that is the fault."""
    if not isinstance(content, Mapping) or not is_undecoded(content.values()):
        return found
    return InvalidInput(
        found.field,
        "is not in UTF-8; name the encoding of the file, such as --encoding cp1252 for Excel's CSV",
    )


def _lines(source: BinaryIO, encoding: str | None) -> Iterator[tuple[int, Content]]:
    """The rows: lines of JSON as they are, rows of CSV as fields."""
    return ((number, _fields(row)) for number, row in imported_rows(source, IMPORTED, encoding))


def _fields(row: bytes | Any) -> Content:
    if isinstance(row, bytes):
        return row
    given = {name: text.casefold() if name in WORDS else text for name, text in row.items() if text}
    return {"source": "", **given} | ({"time": number_or_text(row["time"])} if row["time"] else {})


@consent_command.command("show", example="mailpixel consent show r-1001")
@recipient_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def consent_show(recipient: str, as_json: bool) -> None:
    """Show what holds for a recipient, and all that they said, in order of time."""
    _, registry = stores()
    found = consents_row(registry, recipient_of(registry, recipient))
    if as_json:
        print_json(found.to_json())
        return
    held = dict.fromkeys(found.now, "erased") if found.erased else found.now
    print_lines(("purpose", "now"), held.items())
    if found.erased:
        say("this person was erased and did not return since: nothing is recorded of them")
    if not found.history:
        say("nothing was ever said under this id; check the spelling if you expected something")
    else:
        click.echo()
        columns = ("time", "state", "purposes", "method", "source", "wording")
        rows = [each.to_json() | {"purposes": " ".join(each.purposes)} for each in found.history]
        print_lines(columns, [[row[name] for name in columns] for row in rows])


@consent_command.command("export", example="mailpixel consent export > consents.csv")
@click.option(
    "--proof",
    is_flag=True,
    help="Add when and how each statement was recorded. Import does not take these columns as NDJSON.",
)
@row_options()
def consent_export(proof: bool, output: str, **how: Any) -> None:
    """Export all statements as `consent import` takes them. Those of erased people have no recipient and stay out."""
    _, registry = stores()
    columns = PROOF if proof else IMPORTABLE
    write_rows(columns, importable(ledger(registry), columns), output, **how)


consent_command.add_command(wording_group)
