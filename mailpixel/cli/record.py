"""`mailpixel record`."""

from collections.abc import Iterator

import click

from mailpixel.cli.context import Command, print_json, settings, stores
from mailpixel.report.record import LANGUAGES, Fact, Record, record_of
from mailpixel.times import now_ms


@click.command("record", cls=Command, example="mailpixel record --lang de > record.txt")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="Write it in this language.",
)
def record_command(as_json: bool, language: str) -> None:
    """Print the record of processing: what is stored of whom, for how long, and what is still to decide.

    It is made from the settings and the database as they are now. It is no legal advice.
    """
    from mailpixel.recorded import recorded

    record = record_of(recorded(settings(), *stores(), now_ms()), language)
    if as_json:
        print_json(record.to_json())
    else:
        click.echo("\n".join(lines_of(record)))


def lines_of(record: Record) -> Iterator[str]:
    """The record as text."""
    yield from (record.title, "", record.intro)
    yield from _facts(record, "modes", record.modes)
    yield from _heading(record, "kinds")
    for kind in record.kinds:
        yield f"{kind.what}"
        for name, words in record.columns.items():
            value = getattr(kind, name)
            if name != "what" and value:
                yield f"    {words}: {value}"
    for name in ("people", "untracked", "readers", "protection"):
        if facts := getattr(record, name):
            yield from _facts(record, name, facts)
    yield from _heading(record, "rules")
    for rule in record.rules:
        yield from (f"{rule.rule} ({rule.source})", f"    {rule.asks}", f"    {rule.here}")
    yield from _heading(record, "decide")
    yield from (f"- {point}" for point in record.decide)
    yield from _facts(record, "settings", record.settings)


def _heading(record: Record, name: str) -> Iterator[str]:
    yield from ("", record.headings[name].upper(), "")


def _facts(record: Record, name: str, facts: list[Fact]) -> Iterator[str]:
    yield from _heading(record, name)
    yield from (f"{fact.name}: {fact.value}" for fact in facts)
