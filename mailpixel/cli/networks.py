"""`mailpixel networks`: networks that are evidence of a machine, and how an address is judged."""

from collections.abc import Callable, Iterable, Iterator

import click

from mailpixel.classify import Certainty, Network, Scope
from mailpixel.classify.operator_lists import OperatorLists, operator_network
from mailpixel.classify.rules import shipped_networks
from mailpixel.cli.context import CommandGroup, print_json, print_table, rules, say, settings
from mailpixel.cli.sources import sources_command
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.folder.operator_file import (
    change_operator_lists,
    load_operator_lists,
    operator_file,
)
from mailpixel.traffic.networks import canonical_prefix, packed

COLUMNS = ("prefix", "name", "scope", "certainty", "via", "kept_by", "in_force", "source", "date")
IN_FORCE = (
    "in force now, and in a running server within seconds; run `mailpixel rebuild` to judge past hits again"
)
OF_THEIR_DAY = "hits that were logged without an address keep the network entry of their day"
STRUCK = "that holds for hits logged without an address, too"
MEANING = {
    Certainty.CERTAIN: "is always treated as a machine",
    Certainty.PROBABLE: "is treated as a machine when other evidence agrees",
    Certainty.PEOPLE: "may be a person's; wider entries do not apply",
}

NetworkRow = dict[str, str | bool | None]


@click.group("networks", cls=CommandGroup, example="mailpixel networks test 40.92.0.1")
def networks_command() -> None:
    """List networks of machines, and add your own."""


networks_command.add_command(sources_command)


@networks_command.command("list", example="mailpixel networks list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def networks_list(as_json: bool) -> None:
    """List all entries: built-in ones, your own, and disabled ones."""
    rows = list(_rows(load_operator_lists(operator_file(settings().data))))
    if as_json:
        print_json(rows)
    else:
        _print(rows)


@networks_command.command(
    "add", example='mailpixel networks add 192.0.2.0/24 --name "Mail gateway" --certainty probable'
)
@click.argument("prefix")
@click.option("--name", required=True, help="Set the owner of the network.")
@click.option(
    "--scope",
    type=click.Choice([str(scope) for scope in Scope]),
    default="clicks",
    show_default=True,
    help="Apply to clicks only, or also to opens.",
)
@click.option(
    "--certainty",
    type=click.Choice([str(certainty) for certainty in Certainty]),
    default="probable",
    show_default=True,
    help="Choose certain (decides alone), probable (needs other evidence) or people (overrides wider entries).",
)
def networks_add(prefix: str, name: str, scope: str, certainty: str) -> None:
    """Add a network. Your entry replaces a built-in entry for the same network."""
    entry = operator_network(prefix, name, scope, certainty)
    _change(lambda lists: lists.added(entry))
    say(f"{entry.prefix} is {IN_FORCE}; {OF_THEIR_DAY}")


@networks_command.command("remove", example="mailpixel networks remove 192.0.2.0/24")
@click.argument("prefix")
def networks_remove(prefix: str) -> None:
    """Remove an entry of your own, or disable a built-in one."""
    gone = canonical_prefix(prefix)
    before, after = _change(lambda lists: lists.removed(gone))
    if before.without != after.without:
        say(
            f"the built-in entry is disabled, {IN_FORCE}; {STRUCK}; "
            "`mailpixel networks restore` enables it again"
        )
    elif any(network.prefix == gone for network in shipped_networks()) and gone not in after.without:
        say(
            "your entry is removed, and the built-in one for this network applies again; "
            "run the same command to disable that one"
        )
    else:
        say(f"your entry is removed, {IN_FORCE}; {STRUCK}")


@networks_command.command("restore", example="mailpixel networks restore 40.92.0.0/15")
@click.argument("prefix")
def networks_restore(prefix: str) -> None:
    """Enable a built-in entry that was disabled."""
    _change(lambda lists: lists.restored(prefix))
    say(f"the built-in entry is enabled again, {IN_FORCE}")


@networks_command.command("test", example="mailpixel networks test 40.92.0.1")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table; null for no entry.")
def networks_test(address: str, as_json: bool) -> None:
    """Show which entry covers an address, and how hits from there are judged."""
    text = address.strip()
    if packed(text) == (0, 0):
        raise InvalidInput("ADDRESS", "is not an IP address; write it like 203.0.113.9 or 2001:db8::9")
    ruleset = rules()
    own = ruleset.operator.lookup(text)
    entry = own or ruleset.known_networks.lookup(text)
    rows = [] if entry is None else [_row(entry, _kept_by(entry, own is not None))]
    if as_json:
        print_json(rows[0] if rows else None)
    elif rows:
        _print(rows)
    say(_meaning(entry, own is not None))


def _change(change: Callable[[OperatorLists], OperatorLists]) -> tuple[OperatorLists, OperatorLists]:
    try:
        return change_operator_lists(operator_file(settings().data), change)
    except NotFound as error:
        raise NotFound(f"{error}; `mailpixel networks list` shows all") from None


def _rows(lists: OperatorLists) -> Iterator[NetworkRow]:
    """Every entry, the operator's first."""
    own = {network.prefix for network in lists.networks}
    for network in lists.networks:
        yield _row(network, "operator")
    for network in shipped_networks():
        counts = network.prefix not in own and network.prefix not in lists.without
        yield _row(network, "shipped", counts)


def _row(network: Network, kept_by: str, in_force: bool = True) -> NetworkRow:
    facts: NetworkRow = {
        "prefix": network.prefix,
        "name": network.name,
        "scope": str(network.scope),
        "certainty": str(network.certainty),
        "via": None if network.via is None else str(network.via),
        "kept_by": kept_by,
        "in_force": in_force,
        "source": network.source,
        "date": network.date,
    }
    return {column: facts[column] for column in COLUMNS}


def _kept_by(entry: Network, own: bool) -> str:
    if own:
        return "settings"
    return "shipped" if entry in shipped_networks() else "operator"


def _meaning(entry: Network | None, own: bool) -> str:
    """A sentence on how a hit from the network is judged."""
    if own:
        return "hits from there are your own (MAILPIXEL_OPERATOR_NETWORKS): internal, never counted"
    if entry is None:
        return "no entry covers this address, so the network of a hit is not evidence"
    hits = "a click" if entry.scope is Scope.CLICKS else "a hit"
    return f"{hits} from there {MEANING[entry.certainty]}"


def _print(rows: Iterable[NetworkRow]) -> None:
    print_table(COLUMNS, [[_cell(row[column]) for column in COLUMNS] for row in rows])


def _cell(value: str | bool | None) -> str:
    """The entry as a row of the table."""
    return ("yes" if value else "no") if isinstance(value, bool) else value or ""
