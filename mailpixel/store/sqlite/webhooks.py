"""Webhooks in SQLite: what was set up, how posting goes, and the letters."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.sqlite.campaign_rows import next_revision
from mailpixel.store.sqlite.database import Database
from mailpixel.store.webhooks import CONSUMER_PREFIX, Posting, PostOutcome, Webhook, WebhookState, starts_anew

COLUMNS = tuple(each.name for each in fields(Webhook))
NOTED = tuple(each.name for each in fields(Posting) if each.name != "posts")
WEBHOOK = f"select {', '.join(COLUMNS)} from webhooks"  # noqa: S608
PUT = f"insert or replace into webhooks ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
POSTING = f"select {', '.join(NOTED)} from webhook_postings where webhook = ?"  # noqa: S608
NOTE = f"""
    insert or replace into webhook_postings (webhook, {", ".join(NOTED)})
    select name, {", ".join("?" * len(NOTED))} from webhooks where name = ?
"""  # noqa: S608
COUNT = """
    insert into webhook_posts select name, ?, ? from webhooks where name = ?
    on conflict (webhook, outcome) do update set number = number + excluded.number
"""
FRESH = (
    "update webhook_postings set failures = 0, failing_since_ms = null, retry_at_ms = null where webhook = ?"
)


class SqliteWebhooks:
    """`Webhooks` and `Postings` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def webhooks(self) -> Sequence[Webhook]:
        """See `Webhooks`."""
        with self._database.reading() as connection:
            return [_webhook(row) for row in connection.execute(f"{WEBHOOK} order by name")]

    def webhook(self, name: str) -> Webhook:
        """See `Webhooks`."""
        with self._database.reading() as connection:
            return _one(connection, name)

    def add_webhook(self, webhook: Webhook) -> None:
        """See `Webhooks`."""
        with self._database.writing() as connection:
            if connection.execute("select 1 from webhooks where name = ?", (webhook.name,)).fetchone():
                raise Conflict(f"a webhook {webhook.name!r} exists already; choose another name")
            connection.execute(PUT, _row(replace(webhook, revision=next_revision(connection))))

    def change_webhook(self, name: str, change: Callable[[Webhook], Webhook]) -> Webhook:
        """See `Webhooks`."""
        with self._database.writing() as connection:
            former = _one(connection, name)
            changed = replace(
                change(former),
                name=name,
                created_at_ms=former.created_at_ms,
                revision=next_revision(connection),
            )
            if starts_anew(former, changed):
                connection.execute(FRESH, (name,))
            connection.execute(PUT, _row(changed))
            return changed

    def remove_webhook(self, name: str) -> None:
        """See `Webhooks`."""
        with self._database.writing() as connection:
            _one(connection, name)
            connection.execute("delete from webhooks where name = ?", (name,))
            connection.execute("delete from leases where consumer = ?", (CONSUMER_PREFIX + name,))
            for table in ("webhook_letters", "webhook_postings", "webhook_posts"):
                connection.execute(f"delete from {table} where webhook = ?", (name,))  # noqa: S608

    def forget_start(self, webhook: Webhook) -> bool:
        """See `Webhooks`."""
        with self._database.writing() as connection:
            started = connection.execute(
                "update webhooks set start_at = null where name = ? and revision = ?",
                (webhook.name, webhook.revision),
            )
            return started.rowcount == 1

    def posting(self, name: str) -> Posting:
        """See `Postings`."""
        counts = "select outcome, number from webhook_posts where webhook = ? order by outcome"
        with self._database.reading() as connection:
            row = connection.execute(POSTING, (name,)).fetchone()
            posts = {PostOutcome(outcome): n for outcome, n in connection.execute(counts, (name,))}
        noted = dict(zip(NOTED, row, strict=True)) if row else {}
        if noted.get("last_outcome"):
            noted["last_outcome"] = PostOutcome(noted["last_outcome"])
        return Posting(**noted, posts=posts)

    def note_posting(self, name: str, posting: Posting) -> None:
        """See `Postings`."""
        with self._database.jotting() as connection:
            connection.execute(NOTE, (*(getattr(posting, each) for each in NOTED), name))
            connection.executemany(
                COUNT, [(outcome, number, name) for outcome, number in posting.posts.items()]
            )


def _one(connection: sqlite3.Connection, name: str) -> Webhook:
    row = connection.execute(f"{WEBHOOK} where name = ?", (name,)).fetchone()
    if row is None:
        raise NotFound(f"there is no webhook {name!r}")
    return _webhook(row)


def _webhook(row: Sequence[Any]) -> Webhook:
    values = dict(zip(COLUMNS, row, strict=True))
    lists = {each: tuple(values[each].split(",")) if values[each] else () for each in ("events", "campaigns")}
    state = WebhookState(values["state"])
    return Webhook(**values | lists | {"state": state, "insecure": bool(values["insecure"])})


def _row(webhook: Webhook) -> tuple[Any, ...]:
    values = {name: getattr(webhook, name) for name in COLUMNS}
    values |= {"events": ",".join(webhook.events), "campaigns": ",".join(webhook.campaigns)}
    return tuple(values.values())
