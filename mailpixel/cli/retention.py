"""`mailpixel retention`."""

import os
import time
from collections.abc import Sequence

import click

from mailpixel.cli.context import Command, print_json, print_table, say, settings, stores
from mailpixel.errors import Conflict
from mailpixel.privacy.retained import Period, periods
from mailpixel.report.retention import RetentionRow, in_words, retention_rows
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms

COLUMNS = ("kind", "what", "kept", "rows", "past", "oldest", "MB", "last run", "removed", "setting")


@click.command("retention", cls=Command, example="mailpixel retention --dry-run")
@click.option("--dry-run", is_flag=True, help="Only print what there is, and what would be removed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--compact", is_flag=True, help="Also make the database file as small as its content.")
def retention_command(dry_run: bool, as_json: bool, compact: bool) -> None:
    """Remove what is past its time, and print what is kept for how long.

    `mailpixel work`, which `serve` starts, does the same every day. Figures of campaigns stay. With `--compact`
    writers wait while the file is written again, and it needs free space of its size.
    """
    if dry_run and compact:
        raise click.UsageError("--dry-run changes nothing; use it without --compact.")
    store, registry = stores()
    found = periods(settings(), registry.privacy_choice())
    if not dry_run:
        _remove(store, registry, found)
    if compact:
        store.compact()
    rows = retention_rows(found, store, registry, registry.retention_runs(), now_ms())
    if as_json:
        print_json([row.to_json() for row in rows])
    else:
        print_table(COLUMNS, [_cells(row) for row in rows])
    _say_what_waits(rows)


def _remove(store: Store, registry: Registry, found: Sequence[Period]) -> None:
    """Go through every kind, as the running service does. Raises `Conflict` while that does it."""
    from mailpixel.projections.lag import RETENTION
    from mailpixel.projections.lease import LEASE_MS, Lease, LeaseLost
    from mailpixel.work.consumers import retaining_of
    from mailpixel.work.retention import step

    lease = Lease(registry, RETENTION, f"cli-{os.getpid()}", 0)
    rounds = retaining_of(settings(), store, registry).rounds(found, now_ms())
    removed = 0
    try:
        lease.hold(now_ms(), LEASE_MS)
        while (rows := step(rounds, time.sleep)) is not None:
            removed += rows
            lease.hold(now_ms(), LEASE_MS)
    except LeaseLost:
        raise Conflict("the running service is doing this now; look again in a minute") from None
    lease.drop()
    registry.forget_lease(RETENTION)
    say(f"{removed:,} row(s) removed; figures of campaigns stay as they were")
    if not store.tidy():
        say(
            "warning: another program keeps reading the database, so its files may still hold what was removed; a"
            " running service overwrites it within an hour of that program's end"
        )


def _cells(row: RetentionRow) -> tuple[object, ...]:
    size = "" if row.size_bytes is None else f"{row.size_bytes / 1e6:.1f}"
    oldest, last = (moment and moment[:10] for moment in (row.oldest, row.last_run))
    kept = in_words(row.kept_days)
    return row.kind, row.what, kept, row.rows, row.past, oldest, size, last, row.removed, row.setting


def _say_what_waits(rows: Sequence[RetentionRow]) -> None:
    waiting = [row.kind.value for row in rows if row.waiting]
    if waiting:
        say(
            f"warning: {', '.join(waiting)} stay until you choose a mode, because this folder is of an earlier "
            "release; set MAILPIXEL_MODE"
        )
