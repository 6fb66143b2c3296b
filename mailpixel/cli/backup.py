"""`mailpixel backup` and `mailpixel restore`."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console

from mailpixel.cli.context import Command, confirm, print_json, print_table, say, settings, yes_option
from mailpixel.times import now_ms

if TYPE_CHECKING:
    from mailpixel.backups.contents import Contents

Progress = Callable[[int, int], object]
NICE = 10
"""How much the copying gives way to the service."""
LEFT_OUT = (
    "left out: salts, so hits from before and after a restore cannot be compared by address; lists of signed links; and"
    " files that settings name elsewhere"
)
KEEP_SAFE = (
    "to restore: stop the service, `mailpixel --data DIR restore {folder}`, with the settings of this service"
    " (MAILPIXEL_BASE_URL and others: `mailpixel settings`); keep the backup as safe as the original: it can sign links"
)
FOLDER = click.argument("folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path))
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


@click.command("backup", cls=Command, example="mailpixel backup backup-2026-11-28")
@FOLDER
@as_json_option
def backup_command(folder: Path, as_json: bool) -> None:
    """Copy the database and the keys into a new folder, while the service runs.

    The copy is of one moment and complete: every hit that was answered before is in it. It is checked before it counts.
    """
    from mailpixel.backups.taking import take_backup

    contents = _taken(partial(take_backup, settings(), folder, now_ms()))
    _print(contents, as_json, {"folder": str(folder)})
    say(LEFT_OUT)
    say(KEEP_SAFE.format(folder=folder))


def _taken(take: "Callable[[Progress], Contents]") -> "Contents":
    """Make the backup in a thread that gives way to the service. Ctrl-C ends it after the part that it copies."""
    ended = threading.Event()
    with Console(stderr=True).status("0 %") as shown, ThreadPoolExecutor(1, initializer=_give_way) as worker:

        def progress(done: int, of: int) -> None:
            if ended.is_set():
                raise KeyboardInterrupt
            shown.update(f"{done / of:.0%}")

        try:
            return worker.submit(take, progress).result()
        finally:
            ended.set()


def _give_way() -> None:
    with suppress(OSError, AttributeError):  # where threads have no priority of their own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


@click.command("restore", cls=Command, example="mailpixel restore backup-2026-11-28")
@FOLDER
@click.option(
    "--check", "only_check", is_flag=True, help="Only check whether the backup is complete and whole."
)
@click.option(
    "--without-refusals",
    is_flag=True,
    help="Restore also when the database to be replaced cannot be read, and refusals since the backup are lost.",
)
@as_json_option
@yes_option
def restore_command(folder: Path, only_check: bool, without_refusals: bool, as_json: bool, yes: bool) -> None:
    """Put a backup into the data folder. The service must be stopped.

    Hits since the backup are lost. What people agreed to or refused since, and who was erased, is taken over from the
    database that is replaced, whose files are kept in the folder `replaced`.
    """
    from mailpixel.backups.contents import check_backup
    from mailpixel.backups.restoring import restore
    from mailpixel.folder.opening import has_database

    if only_check:
        _print(check_backup(folder), as_json, {"folder": str(folder)})
        say("the backup is complete and whole, and its keys fit its database")
        return
    if has_database(settings()):
        confirm(f"Replace the database in {settings().data}? Hits since the backup are lost.", yes)
    restored = restore(settings(), folder, now_ms(), without_refusals=without_refusals)
    numbers = {name: value for name, value in msgspec.to_builtins(restored).items() if name != "contents"}
    _print(restored.contents, as_json, {"data": str(settings().data), **numbers})
    say(
        f"restored; taken over from the replaced database: {restored.statements:,} statement(s) of consent,"
        f" {restored.erasures:,} erasure(s), {restored.revoked:,} revoked key(s) and share(s)"
    )
    if restored.erased_again:
        say(f"{restored.erased_again:,} erasure(s) were not known to the backup, and are repeated")
    if restored.replaced:
        say(f"the replaced files are in {restored.replaced}: delete them once you need them no more")
    say("start the service, and run `mailpixel doctor`")


def _print(contents: Any, as_json: bool, more: dict[str, object]) -> None:
    """Print what a backup holds."""
    from mailpixel.backups.contents import HOLDS

    if as_json:
        print_json({**more, **msgspec.to_builtins(contents)})
        return
    rows = [(name, f"{file.bytes:,}", HOLDS[name]) for name, file in contents.files.items()]
    database = contents.database
    print_table(
        ("file", "bytes", "holds"),
        rows,
        f"{contents.made_at}: {database.events:,} event(s) of {database.campaigns:,} campaign(s),"
        f" schema {database.schema}",
    )
