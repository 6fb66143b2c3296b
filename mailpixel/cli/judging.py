"""`mailpixel explain`, `rebuild`, `replay` and `agents`: why a hit was judged so, and judging again."""

from collections.abc import Iterable
from functools import partial
from typing import BinaryIO

import click

from mailpixel.classify import judge, judge_agent
from mailpixel.classify.facts import agent_text
from mailpixel.cli.frame import Command, print_json, print_table, rules, say, stores
from mailpixel.model import EventKind
from mailpixel.projections.counters import Difference


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
        click.echo(
            f"{hit['received_at']}  {hit['method']} {what}: {hit['verdict']} ({hit['rule']})"
            + ("  repeat" if hit["dup"] else "")
        )
        click.echo(f"    {hit['client'] or hit['agent'] or 'no user agent'}")
        for reason in hit["reasons"]:
            click.echo(f"    - {reason}")
    if not told["hits"]:
        say("no hit of this message is logged")


@click.command("rebuild", cls=Command)
@click.option("--campaign", "id", help="Only this campaign.")
@click.option("--dry-run", is_flag=True, help="Print what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of tables.")
def rebuild_command(id: str | None, dry_run: bool, as_json: bool) -> None:
    """Judge history again with the rules of today, and print what changes. Serving goes on meanwhile."""
    from mailpixel.projections.rebuild import Rebuild, rebuild

    store, registry = stores()
    if id is not None:
        registry.campaign(id)
    asked = None if id is None else [id]
    differences = rebuild(store, registry, partial(judge, rules=rules()), asked, Rebuild(dry_run=dry_run))
    changed = [difference for difference in differences if not difference.is_empty]
    if as_json:
        print_json([difference.to_json() for difference in changed])
    else:
        for difference in changed:
            _print_difference(difference)
    say(f"{len(differences)} campaign(s) judged, {len(changed)} {'would change' if dry_run else 'changed'}")


def _print_difference(difference: Difference) -> None:
    told = difference.to_json()
    for part in ("measures", "links", "moves"):
        rows = told[part]
        if rows:
            print_table(
                [name.replace("_", " ") for name in rows[0]],
                [row.values() for row in rows],
                difference.campaign,
            )
            click.echo()


@click.command("replay", cls=Command)
@click.argument("file", type=click.File("rb"))
@click.option(
    "--json", "as_json", is_flag=True, help="One line a scenario: its labels by hit, and its summary."
)
@click.option(
    "--log", is_flag=True, help="FILE is a combined-format access log (nginx, Apache) of an existing pixel."
)
@click.option(
    "--open",
    "open_path",
    help="With --log: a regular expression found in the paths of opens. Its group `recipient`, else the query "
    "parameter of that name, says whose they are.",
)
@click.option(
    "--click",
    "click_path",
    help="With --log: the same for clicks; a group or parameter `link` says which link.",
)
def replay_command(
    file: BinaryIO, as_json: bool, log: bool, open_path: str | None, click_path: str | None
) -> None:
    """Judge a file of scenarios, with labels to precision and recall, or an access log."""
    from mailpixel.classify.replay import LogShape
    from mailpixel.cli.replaying import judge_file, judge_log

    if log:
        given = {"open": open_path, "click": click_path}
        judge_log(file, LogShape(**{name: path for name, path in given.items() if path}), as_json)
    else:
        judge_file(file, as_json)


@click.command("agents", cls=Command)
@click.option(
    "--kind",
    type=click.Choice(["open", "click"]),
    default="click",
    show_default=True,
    help="What the agent asked for.",
)
@click.argument("file", type=click.File("rb"), default="-")
def agents_command(kind: str, file: Iterable[bytes]) -> None:
    """Agents in, one a line; `verdict<TAB>rule<TAB>agent` out, judged by the agent alone."""
    ruleset = rules()
    for line in file:
        agent = line.rstrip(b"\r\n")
        told = judge_agent(agent_text(agent), EventKind(kind), ruleset)
        # The very bytes that came, so that rows can be joined to the list they were made of.
        click.echo(f"{told.verdict}\t{told.rule}\t".encode() + agent)
