"""`mailpixel consent wording`: the texts of the page on which people decide."""

import json
from typing import BinaryIO

import click

from mailpixel.cli.context import CommandGroup, say, stores
from mailpixel.cli.printing import print_lines
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.pages.choice_words import Words, built_in, in_force, read_words
from mailpixel.report.moments import iso_ms
from mailpixel.store.consents import Wording, Wordings
from mailpixel.times import now_ms

MOST_BYTES = 1_000_000


@click.group("wording", cls=CommandGroup, example="mailpixel consent wording list")
def wording_group() -> None:
    """Show and replace the texts of the page on which people decide about measurement."""


@wording_group.command("list", example="mailpixel consent wording list")
def wording_list() -> None:
    """List the texts in force and all that were in force or shown, by language."""
    _, registry = stores()
    current = {language: words.version for language, words in words_in_force(registry).items()}
    kept = {each.version: each for each in registry.wordings()}
    shown = {words.version: words.language for words in built_in().values()}
    languages = {version: each.language for version, each in kept.items()} | shown
    rows = [
        (language, version, _state(version, current.get(language), kept.get(version)))
        for version, language in sorted(languages.items(), key=lambda each: (each[1], each[0]))
    ]
    print_lines(("language", "version", "state"), rows)


def _state(version: str, current: str | None, kept: Wording | None) -> str:
    if version == current:
        since = None if kept is None or kept.chosen_ms is None else iso_ms(kept.chosen_ms)
        return "in force" if since is None else f"in force since {since}"
    return "replaced" if kept is None or kept.chosen_ms is not None else "shown before"


@wording_group.command("show", example="mailpixel consent wording show de > de.json")
@click.argument("language")
def wording_show(language: str) -> None:
    """Print the texts in force in a language, as JSON to change and add."""
    words = words_in_force(stores()[1]).get(language)
    if words is None:
        raise NotFound(f"there are no texts in {language!r}; add some, starting from `en`")
    click.echo(json.dumps({"language": words.language, **words.texts}, ensure_ascii=False, indent=1))


@wording_group.command("add", example="mailpixel consent wording add de.json")
@click.argument("source", type=click.File("rb"), metavar="FILE|-")
def wording_add(source: BinaryIO) -> None:
    """Put texts in force for their language, which may be a new one. Each choice names the texts that were shown."""
    _, registry = stores()
    try:
        words = read_words(source.read(MOST_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InvalidInput("FILE", "is not UTF-8; save it as UTF-8") from None
    registry.choose_wording(Wording(words.version, words.language, words.body, now_ms()))
    say(f"these texts are in force for {words.language}; their version is {words.version}")


def words_in_force(registry: Wordings) -> dict[str, Words]:
    """The texts in force by language: the built-in ones, and in their place those that were added last."""
    return in_force(each.body for each in registry.wordings() if each.chosen_ms is not None)
