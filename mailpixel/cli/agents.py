"""`mailpixel agents`: judge user agents by themselves."""

from collections.abc import Iterable

import click

from mailpixel.classify import judge_agent
from mailpixel.cli.context import Command, rules
from mailpixel.kinds import EventKind
from mailpixel.traffic.facts import agent_text


@click.command(
    "agents",
    cls=Command,
    example="mailpixel agents --kind open agents.txt",
)
@click.option(
    "--kind",
    type=click.Choice(["open", "click"]),
    default="click",
    show_default=True,
    help="Judge as an open or as a click.",
)
@click.argument("file", type=click.File("rb"), default="-")
def agents_command(kind: str, file: Iterable[bytes]) -> None:
    """Judge user agents, one per line, with no other evidence. Print `verdict<TAB>rule<TAB>agent`."""
    ruleset = rules()
    for line in file:
        agent = line.rstrip(b"\r\n")
        judged = judge_agent(agent_text(agent), EventKind(kind), ruleset)
        # Print the same bytes that came in, so that rows can be joined with the input list.
        click.echo(f"{judged.verdict}\t{judged.rule}\t".encode() + agent)
