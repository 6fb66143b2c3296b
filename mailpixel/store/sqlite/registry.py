"""What people set up, in SQLite: the sum of the parts of a registry."""

from pathlib import Path

from mailpixel.store.opt_outs import OptOutsInLedger
from mailpixel.store.registry import RegistryNews
from mailpixel.store.sqlite.campaign_rows import campaigns_in
from mailpixel.store.sqlite.campaigns import SqliteCampaigns
from mailpixel.store.sqlite.changed_campaigns import SqliteChangedCampaigns
from mailpixel.store.sqlite.consents import SqliteConsents
from mailpixel.store.sqlite.database import BUSY_MS, Database
from mailpixel.store.sqlite.editions import edition_number
from mailpixel.store.sqlite.erasures import SqliteErasures
from mailpixel.store.sqlite.inbound import SqliteInbound
from mailpixel.store.sqlite.keys import SqliteKeys, api_keys_in
from mailpixel.store.sqlite.leases import SqliteLeases
from mailpixel.store.sqlite.letters import SqliteLetters
from mailpixel.store.sqlite.mails import SqliteMails
from mailpixel.store.sqlite.migrations import migrate
from mailpixel.store.sqlite.old_records import SqliteOldRecords
from mailpixel.store.sqlite.overrides import SqliteOverrides
from mailpixel.store.sqlite.privacy_choice import SqlitePrivacyChoices
from mailpixel.store.sqlite.shares import SqliteShares
from mailpixel.store.sqlite.sign_ins import SqliteSignIns
from mailpixel.store.sqlite.signings import SqliteSignings
from mailpixel.store.sqlite.sites import SqliteSites
from mailpixel.store.sqlite.webhooks import SqliteWebhooks
from mailpixel.store.sqlite.wordings import SqliteWordings


class SqliteRegistry(
    SqliteConsents,
    OptOutsInLedger,
    SqliteWordings,
    SqliteCampaigns,
    SqliteChangedCampaigns,
    SqliteKeys,
    SqliteMails,
    SqliteLeases,
    SqliteOverrides,
    SqlitePrivacyChoices,
    SqliteShares,
    SqliteSignIns,
    SqliteSignings,
    SqliteSites,
    SqliteWebhooks,
    SqliteLetters,
    SqliteInbound,
    SqliteErasures,
    SqliteOldRecords,
):
    """A `Registry` in a file that several processes may use at once. Opening it creates and migrates the file.

    Every call raises `StoreUnavailable` while the file cannot be used; the next call tries again.
    """

    def __init__(self, path: Path | str, busy_ms: int = BUSY_MS) -> None:
        migrate(path, busy_ms)
        super().__init__(Database(path, busy_ms))

    def __reduce__(self) -> tuple[type["SqliteRegistry"], tuple[Path, int]]:
        return SqliteRegistry, (self._database.path, self._database.busy_ms)

    def news(self, since: int) -> RegistryNews:
        """See `Registry`."""
        with self._database.reading() as connection:
            (revision,) = connection.execute("select revision from registry").fetchone()
            if revision <= since:
                return RegistryNews(revision, (), ())
            deleted = connection.execute(
                "select id from deleted_campaigns where revision > ? order by id", (since,)
            )
            return RegistryNews(
                revision,
                campaigns_in(connection, "revision > ? order by id", (since,)),
                api_keys_in(connection, "revision > ? order by name", (since,)),
                [id for (id,) in deleted],
            )

    def edition_number(self, rules: str) -> int:
        """See `Registry`."""
        return edition_number(self._database, rules)

    def check_in_place(self) -> None:
        """See `Registry`."""
        self._database.check_in_place()

    def close(self) -> None:
        """Close the connections of all threads. No thread may be using one."""
        self._database.close()
