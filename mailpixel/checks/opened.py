"""Opens the check of a data folder."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from mailpixel.checks.checking import Check
from mailpixel.classify import Rules
from mailpixel.settings import Settings
from mailpixel.spool.files import aside_in, segments_in, unusable
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite.checked_file import Counted
from mailpixel.store.sqlite.database import Database


def opened_check(
    settings: Settings, registry: Registry, rules: Rules, between: Callable[[], object] = lambda: None
) -> Check:
    """The check of the data folder of these settings. `between` is called after each campaign and site."""
    database = Database(settings.database)
    return Check(database, registry, rules, partial(_spool, settings.spool), between)


def _spool(folder: Path) -> Counted:
    try:
        damaged = len(aside_in(folder))
        return Counted(len(segments_in(folder)) + damaged, damaged)
    except OSError as error:
        raise unusable(error) from error
