"""Tombstones in a SQLite file: who was erased up to when, and which events that keeps out of the log."""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from mailpixel.model import Event
from mailpixel.site_model import is_of_site
from mailpixel.store.erasure import Ahead, Suppression
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.projections import Folded
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.sqlite.positions import NOT_OF_SITES, OF_MESSAGES
from mailpixel.store.tombstones import day_of, last_ms, moment_kept, person8
from mailpixel.times import DAY_MS

BURY = "insert or replace into suppressed values (?, ?, null)"
AHEAD = "select count(*), coalesce(max(at_ms), -1) from suppressed where at_ms > ?"
SUPPRESSIONS = "select person8, at_ms, coalesce(lifted_ms, -1) from suppressed order by person8"
VERSION = "select count(*), coalesce(max(at_ms), -1), coalesce(max(lifted_ms), -1) from suppressed"
CUSTOMER = "json_extract(body, '$.recipient')"
# Every table that may hold somebody of whom another knows nothing.
EVERYBODY = (
    "select recipient from states",
    f"select distinct recipient from events where {OF_MESSAGES}",  # noqa: S608
    f"select distinct recipient from overflow where {NOT_OF_SITES}",  # noqa: S608
    f"select distinct recipient from aside where {NOT_OF_SITES}",  # noqa: S608
    f"select distinct {CUSTOMER} from events where campaign >= 'order:' and campaign < 'order;' and {CUSTOMER} <> ''",  # noqa: S608
    "select distinct recipient from webhook_letters",
    "select distinct recipient from consents where recipient is not null",
)
LAST_LOGGED = "select id from events where position > 0 order by position desc limit 1"


def bury(connection: sqlite3.Connection, moments: Mapping[str, int]) -> None:
    """Keep out, from now on, everything received of these people up to their moments (milliseconds since 1970)."""
    erased, logged_ms = _Erased(connection), _last_logged_ms(connection)
    for recipient, at_ms in moments.items():
        kept_ms = moment_kept(erased.up_to_ms(recipient), at_ms, logged_ms)
        connection.execute(BURY, (person8(erased.secret, recipient), kept_ms))


def returned_since(connection: sqlite3.Connection, recipient: str, at_ms: int) -> bool:
    """Whether this person was erased and has returned after a moment."""
    lifted = "select 1 from suppressed where person8 = ? and lifted_ms > ?"
    person = person8(secret_of(connection), recipient)
    return connection.execute(lifted, (person, at_ms)).fetchone() is not None


def ahead_of(connection: sqlite3.Connection, now_ms: int) -> Ahead:
    """Erasures that were noted by a clock that was ahead."""
    return Ahead(*connection.execute(AHEAD, (now_ms + DAY_MS,)).fetchone())


def suppressions(connection: sqlite3.Connection) -> list[Suppression]:
    """All tombstones."""
    return [Suppression(*row) for row in connection.execute(SUPPRESSIONS)]


def suppressions_version(connection: sqlite3.Connection) -> str:
    """A text that differs whenever the tombstones differ."""
    return ".".join(map(str, connection.execute(VERSION).fetchone()))


def people_of(connection: sqlite3.Connection, persons: Collection[bytes]) -> list[str]:
    """The ids of these people of whom something is stored."""
    secret, wanted = secret_of(connection), frozenset(persons)
    everybody = " union ".join(EVERYBODY)
    return sorted(id for (id,) in connection.execute(everybody) if person8(secret, id) in wanted)


def kept_events(connection: sqlite3.Connection, events: Sequence[Event]) -> Sequence[Event]:
    """The events that no tombstone keeps out: those of messages. Events younger than every tombstone need no lookup."""
    newest_ms = _newest_ms(connection)
    if all(event.received_at_ms > newest_ms for event in events):
        return events
    erased = _Erased(connection)
    return [
        event
        for event in events
        if is_of_site(event.campaign) or event.received_at_ms > erased.up_to_ms(event.recipient)
    ]


def kept_overflow(connection: sqlite3.Connection, overflow: Sequence[Overflow]) -> Sequence[Overflow]:
    """The overflow counts that no tombstone keeps out."""
    newest = day_of(_newest_ms(connection))
    if all(each.day > newest for each in overflow):
        return overflow
    erased = _Erased(connection)
    return [
        each
        for each in overflow
        if is_of_site(each.campaign) or each.day > day_of(erased.up_to_ms(each.recipient))
    ]


def kept_folded(connection: sqlite3.Connection, folded: Sequence[Folded]) -> Sequence[Folded]:
    """The states and put-aside messages that no tombstone keeps out.

    A state whose events were all received before its person was erased was folded without knowing of the
    erasure. So was a put-aside message that has no events any more.
    """
    newest_ms = _newest_ms(connection)
    if newest_ms < 0:
        return folded
    erased = _Erased(connection)
    return [each for each in folded if last_ms(each) > newest_ms or erased.keeps(each)]


class _Erased:
    """Looks people up within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.secret = secret_of(connection)

    def up_to_ms(self, recipient: str) -> int:
        """The moment up to which this person was erased; -1 when they never were."""
        key = person8(self.secret, recipient)
        row = self._connection.execute("select at_ms from suppressed where person8 = ?", (key,)).fetchone()
        return -1 if row is None else int(row[0])

    def keeps(self, folded: Folded) -> bool:
        """Whether this was folded with knowledge of the person's erasure, if there was one."""
        up_to_ms = self.up_to_ms(folded.recipient)
        if up_to_ms < 0 or last_ms(folded) > up_to_ms:
            return True
        return isinstance(folded, PutAside) and self._has_events(folded)

    def _has_events(self, aside: PutAside) -> bool:
        asked = "select 1 from events where campaign = ? and recipient = ? limit 1"
        return self._connection.execute(asked, (aside.campaign, aside.recipient)).fetchone() is not None


def _newest_ms(connection: sqlite3.Connection) -> int:
    return int(connection.execute("select coalesce(max(at_ms), -1) from suppressed").fetchone()[0])


def _last_logged_ms(connection: sqlite3.Connection) -> int:
    found = connection.execute(LAST_LOGGED).fetchone()
    return -1 if found is None else int.from_bytes(found[0][:6], "big")
