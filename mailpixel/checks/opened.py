"""Opens the check of a data folder."""

from collections.abc import Callable

from mailpixel.checks.checking import Check
from mailpixel.classify import Rules
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite.database import Database


def opened_check(
    settings: Settings, registry: Registry, rules: Rules, between: Callable[[], object] = lambda: None
) -> Check:
    """The check of the data folder of these settings. `between` is called after each campaign and site."""
    return Check(Database(settings.database), registry, rules, between)
