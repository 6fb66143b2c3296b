"""The campaigns of a data folder, ready to rewrite for: what every drop-in asks."""

from collections.abc import Callable

from mailpixel.links.claims import check_campaign_id
from mailpixel.links.keyring import Keyring, load_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.rewriting import Rewriter, rewriter_of
from mailpixel.settings import Settings
from mailpixel.store.protocol import Registry
from mailpixel.store.sqlite import open_sqlite

Campaigns = Callable[[str], Rewriter]
"""A campaign's id to its rewriter. Raises `NotFound` for one that is not registered, `InvalidInput` for no id."""


def open_campaigns(settings: Settings | None = None) -> Campaigns:
    """The campaigns of the data folder that the settings, or the `MAILPIXEL_*` variables, name.

    Raises `InvalidInput` for a wrong variable, `KeyringError` and `StoreUnavailable` when the folder cannot be used.
    """
    settings = settings or Settings.from_environment()
    _, registry = open_sqlite(settings.database)
    return campaigns_of(registry, load_keyring(settings.key_file), RewriteOptions(settings.base_url))


def campaigns_of(registry: Registry, keyring: Keyring, options: RewriteOptions) -> Campaigns:
    """The campaigns of a registry. Read anew each time, so that a new campaign and a changed one hold at once."""
    return lambda campaign: rewriter_of(registry, keyring, check_campaign_id(campaign), options)
