"""Kept mails in SQLite."""

import sqlite3
from collections.abc import Sequence

import msgspec

from mailpixel.store.mails import KeptMail, KeptPlace, LeftAlone
from mailpixel.store.sqlite.campaign_rows import is_signed
from mailpixel.store.sqlite.database import Database
from mailpixel.times import moment_of, to_ms

_MAIL = "campaign, html, charset, sha256, places, left_alone, by_place, registered_at_ms, registered_by"


class SqliteMails:
    """`Mails` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_mail(self, mail: KeptMail) -> None:
        """See `Mails`."""
        with self._database.writing() as connection:
            _check_campaign(connection, mail.campaign)
            connection.execute(
                f"insert or replace into mails ({_MAIL}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    mail.campaign,
                    mail.html,
                    mail.charset,
                    mail.sha256,
                    msgspec.json.encode(mail.places).decode(),
                    msgspec.json.encode(mail.left_alone).decode(),
                    mail.by_place,
                    to_ms(mail.registered_at),
                    mail.registered_by,
                ),
            )

    def kept_mail(self, campaign: str) -> KeptMail | None:
        """See `Mails`."""
        with self._database.reading() as connection:
            _check_campaign(connection, campaign)
            row = connection.execute(
                f"select {_MAIL} from mails where campaign = ?",  # noqa: S608
                (campaign,),
            ).fetchone()
        if row is None:
            return None
        id, html, charset, _, places, left_alone, by_place, at_ms, by = row
        return KeptMail(
            id,
            html,
            charset,
            msgspec.json.decode(places, type=tuple[KeptPlace, ...]),
            msgspec.json.decode(left_alone, type=tuple[LeftAlone, ...]),
            bool(by_place),
            moment_of(at_ms),
            by,
        )

    def drop_mail(self, campaign: str) -> None:
        """See `Mails`."""
        with self._database.writing() as connection:
            _check_campaign(connection, campaign)
            connection.execute("delete from mails where campaign = ?", (campaign,))

    def campaigns_with_mail(self) -> Sequence[str]:
        """See `Mails`."""
        with self._database.reading() as connection:
            return [id for (id,) in connection.execute("select campaign from mails order by campaign")]


def _check_campaign(connection: sqlite3.Connection, id: str) -> None:
    is_signed(connection, id)
