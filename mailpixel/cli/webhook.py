"""`mailpixel webhook`: post events to other programs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import click

from mailpixel.cli.context import (
    CommandGroup,
    confirm,
    keyring,
    print_table,
    say,
    settings,
    stores,
    yes_option,
)
from mailpixel.cli.printing import moment_option
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.outbound import webhooks
from mailpixel.outbound.checks import EVENTS, MOST_BATCH, OFFERED, check_url
from mailpixel.outbound.chosen import VERDICTS
from mailpixel.outbound.trial import trial
from mailpixel.outbound.webhooks import LONGEST_HOURS, NewWebhook, WebhookChange
from mailpixel.report.moments import iso_ms
from mailpixel.report.webhooks import TrialRow, WebhookRow, letter_row, webhook_row
from mailpixel.times import now_ms

Command = TypeVar("Command", bound=Callable[..., Any])
name_argument = click.argument("name")
SECRET_SHOWN = "posts are signed with this secret; it is not shown again"  # noqa: S105


@click.group("webhook", cls=CommandGroup, example="mailpixel webhook list")
def webhook_command() -> None:
    """Post events to other programs as they happen: add, test, replay and remove webhooks."""


def what_options(command: Command) -> Command:
    """The options that say what is posted, of `add` and `edit`. Without one, its value is None or empty."""
    for option in (
        click.option(
            "--batch", type=click.IntRange(1, MOST_BATCH), help="Put up to this many events into one post."
        ),
        click.option(
            "--campaign",
            "campaigns",
            metavar="ID",
            multiple=True,
            help="Post only events of this campaign. May be repeated.",
        ),
        click.option(
            "--verdicts",
            type=click.Choice(VERDICTS),
            help="Post only opens and clicks of people (human), or also those of machines, and repeats (all).",
        ),
        click.option(
            "--events",
            metavar="TYPES",
            help=f"Post only events of these types: {', '.join(OFFERED)}; or `all`, which is all but the last.",
        ),
    ):
        command = option(command)
    return command


@webhook_command.command(
    "add", example="mailpixel webhook add warehouse https://dw.example/hooks --events opened,clicked"
)
@name_argument
@click.argument("url")
@what_options
@moment_option("--since", "Begin with events received at this time. Default: post only new events.")
@click.option("--insecure", is_flag=True, help="Allow http, for tests.")
def webhook_add(name: str, url: str, insecure: bool, since: int | None, **what: Any) -> None:
    """Add a webhook and print its secret. The secret is shown only once.

    By default, every event is posted by itself, but no open or click of a machine, and no repeat.
    """
    store, registry = stores()
    new = NewWebhook(
        name,
        check_url(url, insecure, settings().webhook_networks, "URL"),
        _types(what["events"]) or (),
        what["campaigns"],
        what["verdicts"] or "human",
        what["batch"] or 1,
        insecure=insecure,
        since_ms=since,
    )
    click.echo(webhooks.add_webhook(store, registry, keyring(registry), new, now_ms()))
    say(f"{SECRET_SHOWN}. `mailpixel serve` begins to post within a few seconds")


@webhook_command.command("edit", example="mailpixel webhook edit crm --events clicked --batch 50")
@name_argument
@click.option("--url", help="Post to this URL.")
@what_options
@click.option("--all-campaigns", is_flag=True, help="Post events of all campaigns from now on.")
@click.option("--insecure/--secure", default=None, help="Allow http, for tests, or only https.")
def webhook_edit(name: str, all_campaigns: bool, **what: Any) -> None:
    """Change a webhook. It keeps its secret and continues where it was."""
    campaigns = what["campaigns"] or None
    if campaigns and all_campaigns:
        raise InvalidInput("--all-campaigns", "contradicts --campaign; leave one of them out")
    asked = what | {"events": _types(what["events"]), "campaigns": () if all_campaigns else campaigns}
    if all(value is None for value in asked.values()):
        raise InvalidInput(
            "OPTIONS", "say what to change, such as --batch N; see `mailpixel webhook edit --help`"
        )
    _, registry = stores()
    webhooks.change(registry, name, WebhookChange(**asked), settings().webhook_networks)
    say(f"webhook {name} is changed; a running server uses the change within a few seconds")


@webhook_command.command("list", example="mailpixel webhook list")
def webhook_list() -> None:
    """List webhooks: what they post, how many events wait, and the last answer of each receiver."""
    store, registry = stores()
    rows = [webhook_row(store, registry, webhook) for webhook in registry.webhooks()]
    columns = ("name", "url", "events", "state", "waiting", "to_retry", "given_up", "last_answer")
    print_table(columns, [_cells(row) for row in rows])


@webhook_command.command("show", example="mailpixel webhook show crm")
@name_argument
def webhook_show(name: str) -> None:
    """Show a webhook, its state and its counts."""
    store, registry = stores()
    row = webhook_row(store, registry, registry.webhook(name)).to_json()
    posts = row.pop("posts")
    cells = {**row, **{f"posts {outcome}": number for outcome, number in posts.items()}}
    print_table(("field", "value"), [(key, _text(value)) for key, value in cells.items()])


@webhook_command.command("test", example="mailpixel webhook test crm")
@name_argument
def webhook_test(name: str) -> None:
    """Post a test event and print the answer. Exit with code 1 unless the receiver accepts it."""
    _, registry = stores()
    webhook = registry.webhook(name)
    found = asyncio.run(_trial(trial(webhook, keyring(registry), settings().webhook_networks, now_ms())))
    status = found.problem if found.status is None else f"answered {found.status}"
    click.echo(f"{found.outcome}: {status} after {found.took_ms} ms")
    if found.answer:
        click.echo(found.answer)
    if found.outcome != "accepted":
        raise click.exceptions.Exit(1)


@webhook_command.command("rotate", example="mailpixel webhook rotate crm --hours 24")
@name_argument
@click.option(
    "--hours",
    type=click.IntRange(0, LONGEST_HOURS),
    default=24,
    show_default=True,
    help="Sign with the old secret, too, for this many hours.",
)
def webhook_rotate(name: str, hours: int) -> None:
    """Make a new secret and print it. For a while, posts are signed with both secrets."""
    _, registry = stores()
    click.echo(webhooks.rotate(registry, keyring(registry), name, now_ms(), hours))
    say(SECRET_SHOWN)


@webhook_command.command("letters", example="mailpixel webhook letters crm")
@name_argument
def webhook_letters(name: str) -> None:
    """List the events that the receiver refused, with the time of the next try."""
    _, registry = stores()
    found = registry.letters(registry.webhook(name).name)
    columns = ("event", "campaign", "recipient", "attempts", "last_status", "next_try")
    rows = [letter_row(letter).to_json() for letter in found]
    print_table(columns, [[*list(row.values())[:-1], row["next_try"] or "none: given up"] for row in rows])


@webhook_command.command("retry", example="mailpixel webhook retry crm")
@name_argument
@click.argument("event", required=False)
def webhook_retry(name: str, event: str | None) -> None:
    """Post refused events again: the one with the id EVENT, or all of them."""
    _, registry = stores()
    event_id = None if event is None else _event_id(event)
    number = registry.retry_letters(registry.webhook(name).name, event_id, now_ms())
    if event is not None and not number:
        raise NotFound(
            f"webhook {name!r} has no refused event with this id; see `mailpixel webhook letters {name}`"
        )
    say(f"{number} event(s) will be posted again within a few seconds")


@webhook_command.command("replay", example="mailpixel webhook replay crm --since 2026-11-27")
@name_argument
@moment_option("--since", "Post everything again that was received since this time.")
def webhook_replay(name: str, since: int | None) -> None:
    """Post past events again, with the same ids."""
    store, registry = stores()
    if since is None:
        raise InvalidInput(
            "--since", "is missing; name a time, such as 2026-11-27, since which events are posted again"
        )
    webhooks.replay(store, registry, name, since)
    say(f"webhook {name} posts again what was received since {iso_ms(since)}")


@webhook_command.command("stop", example="mailpixel webhook stop crm")
@name_argument
def webhook_stop(name: str) -> None:
    """Stop posting. Nothing is lost: `start` continues where it stopped."""
    webhooks.stop(stores()[1], name)
    say(f"webhook {name} is stopped; posts already under way are finished")


@webhook_command.command("start", example="mailpixel webhook start crm")
@name_argument
def webhook_start(name: str) -> None:
    """Start a stopped webhook again. It continues where it stopped."""
    webhooks.start(stores()[1], name)
    say(f"webhook {name} continues where it stopped")


@webhook_command.command("remove", example="mailpixel webhook remove crm --yes")
@name_argument
@yes_option
def webhook_remove(name: str, yes: bool) -> None:
    """Remove a webhook, its secret and its refused events."""
    store, registry = stores()
    registry.webhook(name)
    confirm("Remove this webhook, its secret and its refused events?", yes)
    webhooks.remove(store, registry, name)
    say(f"webhook {name} is removed")


async def _trial(post: Callable[[], Awaitable[TrialRow]]) -> TrialRow:
    return await post()


def _types(text: str | None) -> Sequence[str] | None:
    """The types of a list with commas; empty for `all`."""
    if text is None or text.strip() == "all":
        return None if text is None else ()
    return [part.strip() for part in text.split(",") if part.strip()]


def _event_id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidInput("EVENT", "must be the id of an event, in hexadecimal digits") from None


def _cells(row: WebhookRow) -> Sequence[object]:
    events = "all" if row.events == list(EVENTS) else ", ".join(row.events)
    state = row.state if not row.stopped_because else f"{row.state}: {row.stopped_because}"
    return (row.name, row.url, events, state, row.waiting, row.letters, row.dead_letters, _last(row))


def _last(row: WebhookRow) -> str:
    if row.last_outcome is None:
        return ""
    answer = row.last_outcome if row.last_status is None else str(row.last_status)
    retry = f", next try {row.retry_at}" if row.retry_at else ""
    return f"{answer} after {row.last_took_ms} ms at {row.last_at}{retry}"


def _text(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list) else value
