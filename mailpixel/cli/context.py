"""What every command shares: `--data`, the settings, the store, the keys, JSON and tables."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mailpixel.classify import Rules
from mailpixel.cli.suggestions import command_meant
from mailpixel.errors import InvalidInput, StoreUnavailable
from mailpixel.folder.operator_file import rules_of
from mailpixel.links.keyring import Keyring
from mailpixel.links.urls import check_base_url
from mailpixel.privacy.policy import policy_of
from mailpixel.privacy.resolve import Policy
from mailpixel.settings import Settings
from mailpixel.store.keys import SigningKeys
from mailpixel.store.privacy_choice import PrivacyChoices
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store

if TYPE_CHECKING:
    from mailpixel.report.reporting import Reporting


def _remember_data(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.meta["mailpixel.data"] = value


DATA_OPTION = click.Option(
    ["--data"],
    metavar="DIR",
    help="Use the database and the signing keys in this folder. Default: MAILPIXEL_DATA, else ./mailpixel-data.",
    expose_value=False,
    callback=_remember_data,
)


class Command(click.Command):
    """A command that takes `--data` after its name too. Its help ends with an example."""

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.params.append(DATA_OPTION)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line. Raises `click.UsageError` for an option that comes twice and holds one value."""
        if not ctx.resilient_parsing:
            _refuse_repeats(ctx, self.make_parser(ctx).parse_args(args=list(args))[2])
        return super().parse_args(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        write_example(self.example, formatter)


def _refuse_repeats(ctx: click.Context, found: Sequence[click.Parameter]) -> None:
    """Refuse an option that comes twice: of two values the first would be lost without a word."""
    single = [
        each for each in found if isinstance(each, click.Option) and not (each.multiple or each.is_flag)
    ]
    for option in single:
        if single.count(option) > 1:
            raise click.UsageError(f"{option.opts[-1]} is used twice; it takes one value", ctx)


class CommandGroup(click.Group):
    """A group of such commands. For a mistyped name it suggests the nearest command."""

    command_class = Command

    def __init__(self, *args: Any, example: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.example = example

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example."""
        write_example(self.example, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the whole first sentence of their help."""
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(1_000)) for name, each in found if each])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. Raises `click.UsageError` with the nearest name."""
        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            hint = command_meant(args[0], self.list_commands(ctx))
            ctx.fail(f"There is no command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def write_example(example: str, formatter: click.HelpFormatter) -> None:
    """Write the example that ends a help text. Its lines are never wrapped, so that they can be copied."""
    with formatter.section("Example"):
        for line in example.splitlines():
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")


yes_option = click.option("--yes", is_flag=True, help="Confirm the action without prompting.")
"""The option `--yes`. Its value is passed to `confirm`."""


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone.

    Raises `click.Abort` for the answer no, and `InvalidInput` when stdin is not a terminal and gives no answer.
    """
    try:
        agreed = yes or click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        say("")  # end the line that the question began
        raise InvalidInput("--yes", "add this option to confirm without a terminal") from None
    if not agreed:
        raise click.Abort


def settings() -> Settings:
    """The settings from the environment and `--data`."""
    return Settings.from_environment(data=_data())


def base_url() -> str:
    """The public address in signed URLs. Raises `InvalidInput` when it is not a valid base URL."""
    return check_base_url(settings().base_url, "MAILPIXEL_BASE_URL")


def _data() -> Any:
    data = click.get_current_context().meta.get("mailpixel.data")
    return None if data is None else Path(data)


def stores() -> tuple[Store, Registry]:
    """The store and the registry of the data folder. Creates nothing. Raises `StoreUnavailable` when it is missing.

    Every hit that was answered up to now is in the log then, or a warning says that it is not.
    """
    store, registry = unsettled_stores()
    _settle(store)
    return store, registry


def unsettled_stores() -> tuple[Store, Registry]:
    """The same, without waiting for hits on their way into the log."""
    from mailpixel.folder.opening import open_stores

    return open_stores(settings())


def _settle(store: Store) -> None:
    from mailpixel.spool.expanding import Spool

    try:
        if not Spool(settings().spool, store).settle():
            warn("hits that were answered last are not in the database yet; see that `mailpixel work` runs")
    except StoreUnavailable as error:
        warn(f"hits that were answered last may not be in the database yet: {error}")


def begun() -> tuple[Store, Registry]:
    """The store and the registry of the data folder. Creates them, and the keys, in an empty or missing folder."""
    from mailpixel.folder.opening import begin

    store, registry, _ = begin(settings())
    return store, registry


def policy(registry: PrivacyChoices) -> Policy:
    """What the operator chose to record: by the settings, else earlier."""
    return policy_of(settings(), registry.privacy_choice())


def reporting(registry: Registry) -> "Reporting":
    """What makes reports, by the rules and modes in force."""
    from mailpixel.report.reporting import Reporting

    return Reporting(registry, policy(registry), rules())


def keyring(registry: SigningKeys) -> Keyring:
    """The signing keys of the data folder. Raises `KeyringError` when a key that signed for it is missing."""
    from mailpixel.folder.keys import open_keys

    return open_keys(settings().key_file, registry)


def rules() -> Rules:
    """The rules, with the sender's test recipients, networks and lists."""
    return rules_of(settings())


def print_json(value: object) -> None:
    """Print one JSON document to stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], title: str | None = None, width: int = 0
) -> None:
    """Print a table to stdout: wrapped to the width of a terminal, or as wide as needed for a pipe or file.

    With `width` it is wrapped to this many columns there, too.
    """
    heading = None if title is None else plain(title)
    table = Table(
        *columns, title=heading, title_justify="left", box=None, pad_edge=False, header_style="bold"
    )
    for column in table.columns:
        column.overflow = "fold"  # a long address stays whole
    for row in rows:
        table.add_row(*map(plain, row))
    is_free = not sys.stdout.isatty()
    Console(width=(width or 1_000) if is_free else None, soft_wrap=is_free and not width).print(table)


def plain(value: object) -> Text:
    """A value as plain text, empty for None. Brackets and colons in it are not read as markup."""
    return Text("" if value is None else str(value))


def say(text: str) -> None:
    """Print a message on stderr."""
    click.echo(text, err=True)


def warn(problem: str) -> None:
    """Print a warning as one line on stderr; nothing for an empty text."""
    if problem:
        say(f"warning: {problem}")
