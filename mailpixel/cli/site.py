"""`mailpixel site`: register web sites and change them."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from mailpixel.cli.context import CommandGroup, base_url, begun, print_json, print_table, say, stores
from mailpixel.cli.site_lint import site_lint, site_orders
from mailpixel.cli.site_pages import site_pages
from mailpixel.cli.site_snippet import site_snippet
from mailpixel.cli.site_tail import site_tail
from mailpixel.cli.site_visits import site_explain, site_visits
from mailpixel.errors import InvalidInput
from mailpixel.links.urls import site_url
from mailpixel.report.sites import site_row
from mailpixel.site_model import Site
from mailpixel.sites import Plan, SiteChange, add_site

MOST_LISTED = 1_000_000
FIELDS = {
    "id": "ID",
    "hosts": "--host",
    "names": "--name",
    "keep": "--keep",
    "plan": "--plan",
    "cookie_domain": "--cookie-domain",
}
"""The options that stand for the fields of a site, for errors."""
Command = TypeVar("Command", bound=Callable[..., Any])


@click.group("site", cls=CommandGroup, example="mailpixel site list")
def site_command() -> None:
    """Register web sites whose pages send events, and change them."""


site_command.add_command(site_explain)
site_command.add_command(site_visits)
site_command.add_command(site_pages)


def what_options(command: Command) -> Command:
    """The options that say what a site is, of `add` and `edit`."""
    for option in (
        click.option(
            "--cookie-domain",
            metavar="HOST",
            help="Know a visitor who agreed again on all hosts below this one. Default: on one host only.",
        ),
        click.option(
            "--plan",
            "plan_file",
            metavar="FILE.json",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help='Read the tracking plan from this file: {"NAME": ["REQUIRED_FIELD", ...], ...}.',
        ),
        click.option(
            "--keep",
            multiple=True,
            metavar="NAME",
            help="Keep this query parameter in the addresses of pages. May be repeated.",
        ),
        click.option(
            "--name",
            "names",
            multiple=True,
            metavar="NAME",
            help="Take events of this name, beside those that every site knows. May be repeated.",
        ),
        click.option(
            "--ask/--no-ask",
            default=None,
            help="Send nothing before the visitor agreed, or do not ask. Default: ask.",
        ),
        click.option(
            "--host",
            "hosts",
            multiple=True,
            metavar="HOST",
            help="Take events of pages of this host and of hosts below it. May be repeated.",
        ),
    ):
        command = option(command)
    return command


@site_command.command("add", example="mailpixel site add blog --host blog.example")
@click.argument("id")
@what_options
def site_add(id: str, plan_file: Path | None, **what: Any) -> None:
    """Register a web site and print its key. A running server knows it within two seconds."""
    given = {name: value for name, value in what.items() if value not in (None, ())}
    change = SiteChange(**given, plan=_plan(plan_file))
    _, registry = begun()
    site = add_site(registry, id, change, FIELDS)
    click.echo(site.key)
    say(f"pages of {', '.join(site.hosts)} send their events to {site_url(base_url(), site.key)}")


@site_command.command("edit", example="mailpixel site edit shop --host checkout.example --keep page")
@click.argument("id")
@what_options
@click.option(
    "--no-host", "no_hosts", multiple=True, metavar="HOST", help="Take this host away. May be repeated."
)
@click.option(
    "--no-name", "no_names", multiple=True, metavar="NAME", help="Take this name away. May be repeated."
)
@click.option(
    "--no-keep",
    "no_keep",
    multiple=True,
    metavar="NAME",
    help="Keep this query parameter no more. May be repeated.",
)
def site_edit(
    id: str, plan_file: Path | None, ask: bool | None, cookie_domain: str | None, **lists: Any
) -> None:
    """Change a web site. Its key stays, so its pages need no change but for the script's settings."""
    if ask is None and cookie_domain is None and plan_file is None and not any(lists.values()):
        raise InvalidInput("OPTIONS", "say what to change, such as --host; see `mailpixel site edit --help`")
    plan = _plan(plan_file)

    def changed(site: Site) -> Site:
        change = SiteChange(
            hosts=_with(site.hosts, lists["hosts"], lists["no_hosts"], "--no-host"),
            names=_with(site.names, lists["names"], lists["no_names"], "--no-name"),
            keep=_with(site.keep, lists["keep"], lists["no_keep"], "--no-keep"),
            ask=ask,
            plan=plan,
            cookie_domain=cookie_domain,
        )
        return change.of(site, FIELDS)

    _, registry = stores()
    registry.edit_site(id, changed)
    say(f"site {id} is changed; a running server uses the change within two seconds")


@site_command.command("list", example="mailpixel site list")
@click.option("--archived", is_flag=True, help="List only archived sites.")
@click.option("--all", "everything", is_flag=True, help="List archived sites too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def site_list(archived: bool, everything: bool, as_json: bool) -> None:
    """List web sites by id. Archived sites are left out."""
    if archived and everything:
        raise InvalidInput("--archived", "and --all cannot be combined; choose one")
    _, registry = stores()
    sites = registry.sites(limit=MOST_LISTED, archived=None if everything else archived)
    if as_json:
        print_json([site_row(site).to_json() for site in sites])
        return
    rows = [(site.id, site.key, " ".join(site.hosts), _asks(site)) for site in sites]
    print_table(("site", "key", "hosts", "consent"), rows)


@site_command.command("show", example="mailpixel site show shop")
@click.argument("id")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def site_show(id: str, as_json: bool) -> None:
    """Show a web site: its key, its hosts, and what its events may be."""
    _, registry = stores()
    site = registry.site(id)
    if as_json:
        print_json(site_row(site).to_json())
        return
    if site.archived:
        say("this site is archived: hidden from lists, no more events are logged")
    rows = (
        ("id", site.id),
        ("key", site.key),
        ("hosts", " ".join(site.hosts)),
        ("consent", _asks(site)),
        ("names", " ".join(site.names)),
        ("keep", " ".join(site.keep)),
        ("cookie_domain", site.cookie_domain),
    )
    print_table(("field", "value"), rows)
    if site.plan:
        click.echo()
        print_table(("event", "required"), [(each.name, " ".join(each.required)) for each in site.plan])


site_command.add_command(site_tail)
site_command.add_command(site_lint)
site_command.add_command(site_orders)
site_command.add_command(site_snippet)


@site_command.command("archive", example="mailpixel site archive old-shop")
@click.argument("id")
def site_archive(id: str) -> None:
    """Hide a site from lists and log no more events of it. What was logged stays."""
    _, registry = stores()
    registry.edit_site(id, SiteChange(archived=True).of)
    say(f"site {id} is archived; `mailpixel site restore {id}` takes it back")


@site_command.command("restore", example="mailpixel site restore old-shop")
@click.argument("id")
def site_restore(id: str) -> None:
    """Show an archived site in lists again, and log its events."""
    _, registry = stores()
    registry.edit_site(id, SiteChange(archived=False).of)
    say(f"site {id} is in lists again; its events are logged")


def _asks(site: Site) -> str:
    return "ask" if site.ask else "do not ask"


def _with(
    present: Sequence[str], more: Sequence[str], less: Sequence[str], field: str
) -> Sequence[str] | None:
    """What is there with additions and without removals; None for no change. Raises `InvalidInput`."""
    for each in less:
        if each not in present:
            raise InvalidInput(
                field, f"names {each}, which the site does not have; see `mailpixel site show`"
            )
    return [each for each in (*present, *more) if each not in less] if more or less else None


def _plan(file: Path | None) -> Plan | None:
    """The plan in a file. Raises `InvalidInput`."""
    if file is None:
        return None
    try:
        plan = json.loads(file.read_bytes())
    except ValueError:
        raise InvalidInput("--plan", "is not a file of JSON") from None
    is_plan = isinstance(plan, dict) and all(
        isinstance(fields, list) and all(isinstance(field, str) for field in fields)
        for fields in plan.values()
    )
    if not is_plan:
        raise InvalidInput(
            "--plan", 'must hold an object like {"wish": ["title"]}: required fields by name of event'
        )
    return dict(plan)
