"""`mailpixel explain`, `rebuild`, `replay` and `agents`: why a hit was judged so, and judging again."""

from collections.abc import Iterable
from functools import partial
from typing import BinaryIO

import click

from mailpixel.classify import judge, judge_agent
from mailpixel.cli.frame import Command, print_json, print_table, rules, say, stores
from mailpixel.model import EventKind


@click.command("explain", cls=Command)
@click.argument("id")
@click.argument("recipient")
@click.option("--json", "as_json", is_flag=True, help="JSON as the HTTP API gives it.")
def explain_command(id: str, recipient: str, as_json: bool) -> None:
    """Every hit of one message: its verdict, the rule that decided and what was considered."""
    from mailpixel.report.explanation import explanation

    store, registry = stores()
    told = explanation(store.message(id, recipient), registry.campaign(id), rules())
    if as_json:
        print_json(told)
        return
    for hit in told["hits"]:
        what = hit["kind"] + (f" of link {hit['link']}" if hit["link"] else "")
        click.echo(f"{hit['received_at']}  {hit['method']} {what}: {hit['verdict']} ({hit['rule']})" + ("  repeat" if hit["dup"] else ""))
        click.echo(f"    {hit['agent'] or 'no user agent'}")
        for reason in hit["reasons"]:
            click.echo(f"    - {reason}")
    if not told["hits"]:
        say("no hit of this message is logged")


@click.command("rebuild", cls=Command)
@click.option("--campaign", "id", help="Only this campaign.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a table.")
def rebuild_command(id: str | None, dry_run: bool, as_json: bool) -> None:
    """Judge history again with the rules of today, and print what changes. Serving goes on meanwhile."""
    from mailpixel.projections.rebuild import rebuild

    store, registry = stores()
    if id is not None:
        registry.campaign(id)
    changes = rebuild(store, registry, partial(judge, rules=rules()), campaign=id, dry_run=dry_run)
    if as_json:
        print_json([change.to_json() for change in changes])
        return
    for change in changes:
        rows = [(measure, before, after) for measure, (before, after) in change.measures.items()]
        print_table(("measure", "before", "after"), rows, title=change.campaign)
        print_table(("rule before", "rule after", "events"), [(*move, n) for move, n in change.moves.items()])
    say(f"{len(changes)} campaign(s) {'would change' if dry_run else 'changed'}")


@click.command("replay", cls=Command)
@click.argument("file", type=click.File("rb"))
@click.option("--json", "as_json", is_flag=True, help="One line a scenario: its labels in the order of its hits, and its summary.")
def replay_command(file: BinaryIO, as_json: bool) -> None:
    """Judge a file of scenarios, or an access log of an existing pixel; with labels, precision and recall."""
    from mailpixel.cli.replaying import judge_file

    judge_file(file, as_json)


@click.command("agents", cls=Command)
@click.option("--kind", type=click.Choice(["open", "click"]), default="click", show_default=True, help="What the agent asked for.")
@click.argument("file", type=click.File("r", encoding="utf-8", errors="replace"), default="-")
def agents_command(kind: str, file: Iterable[str]) -> None:
    """Agents in, one a line; `verdict<TAB>rule<TAB>agent` out, judged by the agent alone."""
    ruleset = rules()
    for line in file:
        agent = line.rstrip("\r\n")
        told = judge_agent(agent, EventKind(kind), ruleset)
        click.echo(f"{told.verdict}\t{told.rule}\t{agent}")


