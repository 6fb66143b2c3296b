"""Opens a data folder, and sets up an empty one."""

from contextlib import closing, suppress

from mailpixel.errors import KeyringError, StoreUnavailable
from mailpixel.files import is_missing
from mailpixel.folder.key_file import create_keyring
from mailpixel.folder.keys import open_keys
from mailpixel.links.keyring import Keyring
from mailpixel.settings import Settings
from mailpixel.spool.expanding import Spool
from mailpixel.spool.files import segments_in, unusable
from mailpixel.store.privacy_choice import PrivacyChoices
from mailpixel.store.sqlite import SqliteRegistry, SqliteStore, open_sqlite
from mailpixel.times import now_ms


def open_stores(settings: Settings) -> tuple[SqliteStore, SqliteRegistry]:
    """The store and the registry of an existing data folder; creates nothing.

    Raises `StoreUnavailable` when there is no database in it, or when it cannot be used.
    """
    need_database(settings)
    return open_sqlite(settings.database)


def need_database(settings: Settings) -> None:
    """Raises `StoreUnavailable` where there is no database, with what to do."""
    if not has_database(settings):
        raise StoreUnavailable(
            f"no data here ({settings.data}); name the data folder with --data DIR or MAILPIXEL_DATA"
        )


def settle(settings: Settings) -> None:
    """Wait until every hit that was answered up to now is in the log. Opens the database only where one is not.

    Raises `StoreUnavailable`.
    """
    try:
        waiting = segments_in(settings.spool)
    except OSError as error:
        raise unusable(error) from error
    if not waiting:
        return
    with closing(SqliteStore(settings.database)) as store:
        if not Spool(settings.spool, store).settle():
            raise StoreUnavailable(
                "hits that were answered are not in the database yet; see that `mailpixel work` runs, and try again"
            )


def has_database(settings: Settings) -> bool:
    """Whether there is a database. Raises `StoreUnavailable` when this user may not look."""
    try:
        settings.database.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        problem = f"the data folder cannot be read: {error.strerror}"
        raise StoreUnavailable(f"{problem}; give this user the right to read it") from None
    return True


def begin(settings: Settings) -> tuple[SqliteStore, SqliteRegistry, Keyring]:
    """Open a data folder for `campaign add`, `serve` and `apikey add`, which may set up an empty one.

    A key file is created only where no key ever signed. Raises `StoreUnavailable` and `KeyringError`.
    """
    store, registry = open_sqlite(settings.database)
    if is_missing(settings.key_file) and not registry.signing_keys() and not store.campaigns():
        with suppress(KeyringError):  # another process may create it first; reading it reports any error
            create_keyring(settings.key_file)
    _remember_choice(settings, registry)
    return store, registry, open_keys(settings.key_file, registry)


def _remember_choice(settings: Settings, registry: PrivacyChoices) -> None:
    """Keep the modes that are set, for when they are not. Where nothing can be written, the settings hold anyway."""
    stored, mode, unknown = registry.privacy_choice(), settings.mode, settings.unknown_consent
    if (mode or stored.mode, unknown or stored.unknown) != (stored.mode, stored.unknown):
        with suppress(StoreUnavailable):
            registry.choose_privacy(mode, unknown, now_ms())
