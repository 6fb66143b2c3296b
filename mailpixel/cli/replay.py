"""`mailpixel replay`: judge scenarios with or without labels, or an access log."""

import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, astuple
from typing import BinaryIO

import click

from mailpixel.classify import judge
from mailpixel.cli.context import Command, print_json, print_table, rules, say
from mailpixel.errors import InvalidInput
from mailpixel.model import Campaign
from mailpixel.replay import (
    LogShape,
    Replayed,
    Scenario,
    Score,
    read_log,
    read_scenario,
    replay,
    score,
)
from mailpixel.replay.replayed import summarise

LOG_CAMPAIGN = "log"


@click.command(
    "replay",
    cls=Command,
    example="""mailpixel replay scenarios.jsonl
mailpixel replay --log access.log --open '/img/(?P<recipient>[^/.]+)'""",
)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print one JSON line per scenario: its verdicts by hit, and its summary.",
)
@click.option(
    "--log",
    is_flag=True,
    help="Read FILE as an access log of your existing pixel, in the combined format of nginx and Apache.",
)
@click.option(
    "--open",
    "open_path",
    metavar="REGEX",
    help="With --log: count matching paths as opens. The group `recipient`, or else the query parameter "
    "of that name, holds the recipient.",
)
@click.option(
    "--click",
    "click_path",
    metavar="REGEX",
    help="With --log: count matching paths as clicks. A group or parameter `link` holds the link's number.",
)
def replay_command(
    file: BinaryIO, as_json: bool, log: bool, open_path: str | None, click_path: str | None
) -> None:
    """Judge a file of scenarios, or an access log. For scenarios with labels, print precision and recall."""
    if log:
        given = {"open": open_path, "click": click_path}
        judge_log(file, LogShape(**{name: path for name, path in given.items() if path}), as_json)
    else:
        judge_file(file, as_json)


def judge_file(file: BinaryIO, as_json: bool) -> None:
    """Judge a file of scenarios, one per line. Raises `InvalidInput` with the number of an invalid line."""
    ruleset = rules()
    replayed = []
    for scenario in _scenarios(file):
        outcome = replay(scenario, ruleset)
        if as_json:
            click.echo(json.dumps(outcome.line(), ensure_ascii=False))
        else:
            replayed.append((scenario, outcome))
    if not as_json:
        _print(replayed)


def judge_log(file: BinaryIO, shape: LogShape, as_json: bool) -> None:
    """Judge the access log of an existing pixel."""
    ruleset = rules()
    lines = io.TextIOWrapper(file, encoding="utf-8", errors="replace")
    log = read_log(lines, LOG_CAMPAIGN, shape)
    lines.detach()
    campaign = Campaign(LOG_CAMPAIGN, LOG_CAMPAIGN)
    judged = [(message, judge(message, campaign, ruleset)) for message in log.messages]
    counts = summarise(judged, sum(len(message.events) for message in log.messages))
    say(
        f"{log.lines} lines, {log.skipped} of them skipped (not an open or click with a recipient), "
        f"{len(log.messages)} messages"
    )
    if not log.messages:
        say(
            "match the recipient in the path, such as --open '/img/(?P<recipient>[^/.]+)'; --click works the same way"
        )
    if as_json:
        print_json(
            {"messages": len(log.messages), "lines": log.lines, "skipped": log.skipped, "summary": counts}
        )
    else:
        print_table(("count", "hits"), counts.items())


def _scenarios(lines: Iterable[bytes]) -> Iterator[Scenario]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise InvalidInput(
                f"line {number}", "is not JSON; write one scenario per line, or add --log for an access log"
            ) from None
        if not isinstance(row, dict):
            raise InvalidInput(f"line {number}", "is not a JSON object; write one scenario per line")
        try:
            scenario = read_scenario(row)
        except InvalidInput as error:
            raise InvalidInput(f"line {number}, {error.field}", error.problem) from None
        yield scenario


def _print(replayed: list[tuple[Scenario, Replayed]]) -> None:
    """Print precision and recall for labelled scenarios, else the summaries."""
    if not any(scenario.expected for scenario, _ in replayed):
        for _, outcome in replayed:
            print_table(("count", "hits"), outcome.summary.items(), title=outcome.scenario)
        return
    found: Score = score(replayed)
    print_table(
        ("verdict", "labelled", "given", "precision", "recall"),
        [
            (row.verdict, row.labelled, row.given, _share(row.precision), _share(row.recall))
            for row in found.verdicts
        ],
    )
    click.echo()
    columns = tuple(name.replace("_", " ") for name in asdict(found.errors[0]))
    print_table(columns, [(row.kind, row.hits, *map(_share, astuple(row)[2:])) for row in found.errors])
    click.echo()
    for scenario, place, wanted, got in found.wrong:
        click.echo(f"wrong: {scenario}, {place}: wanted {wanted}, got {got}")
    say(f"{found.scenarios} scenario(s), {len(found.wrong)} label(s) not met")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
