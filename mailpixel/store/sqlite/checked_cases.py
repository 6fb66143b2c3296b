"""Reads cases of a SQLite file together with what was folded of them, a page at a time, each page of one moment."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mailpixel.model import Message
from mailpixel.site_model import CaseKind, case_kind
from mailpixel.store.log import PutAside
from mailpixel.store.projections import FOLD, MessageState
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.sqlite.cursor import read_position
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.events import EventLog
from mailpixel.store.sqlite.generations import STATE, live_generation, to_state
from mailpixel.store.sqlite.person_secret import secret_of
from mailpixel.store.sqlite.positions import SITE_ORIGIN
from mailpixel.store.sqlite.site_projections import forget_in
from mailpixel.store.tombstones import person8

PAGE = 500
"""Cases of one page."""
NEXT = "select distinct recipient from events where campaign = ? and recipient > ? order by recipient limit ?"
NEXT_FOLDED = "select recipient from states where shelf = ? and recipient > ? order by recipient limit ?"
NEXT_CASE = {
    CaseKind.VISIT: "select visitor from visits where site = ? and visitor > ? order by visitor limit ?",
    CaseKind.ORDER: "select number from orders where site = ? and number > ? order by number limit ?",
}
POSITIONS = """
    select recipient, min(position), max(position) from events
    where campaign = ? and recipient > ? and recipient <= ? group by recipient
"""
STATES = f"select {STATE}, standing from states where shelf = ? and recipient > ? and recipient <= ?"  # noqa: S608
CLICKS = "select recipient, click from clicks where shelf = ? and recipient > ? and recipient <= ?"
ASIDE = "select recipient from {table} where campaign = ? and recipient > ? and recipient <= ?"
VISITS = """
    select visitor, first_ms, verdict, day, known, edition, body from visits
    where site = ? and visitor > ? and visitor <= ?
"""
ORDERS = """
    select number, at_ms, visitor, recipient, kind, currency, worth, known, edition, body from orders
    where site = ? and number > ? and number <= ?
"""
CLAIMS = """
    select number, visitor from order_claims where site = ? and number > ? and number <= ? order by number, visitor
"""
USES = """
    select visitor, click, site, visitor, day, at_ms, named_ms, human, known_as from uses
    where site = ? and visitor > ? and visitor <= ? order by click
"""
RULES = "select number, rules from rules_editions order by number desc limit 1"
SITES = "select distinct site from (select site from visits union select site from orders)"

Range = tuple[object, str, str]


class CheckedMessage(NamedTuple):
    """A message as it is logged, and its state with the columns derived from it.

    `logged` is None without events, and put aside where it cannot be read. `waits`: it has events that were not folded
    yet, or was put aside. `noted`: its person's campaigns have it, or need not yet.
    """

    recipient: str
    logged: Message | PutAside | None
    state: MessageState | None
    standing: int | None
    clicks: frozenset[bytes]
    waits: bool
    noted: bool


class CheckedCase(NamedTuple):
    """A visit or an order as it is logged, its stored row behind its name, and the rows derived from that.

    `derived` are the rows of clicks that a visit used, or of visitors besides the one that an order names.
    """

    campaign: str
    name: str
    logged: Message | PutAside | None
    row: Sequence[Any] | None
    derived: Sequence[Sequence[Any]]
    waits: bool


class CheckedCases:
    """Reads the cases of one file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._log = EventLog(database)

    def rules(self) -> tuple[int, str]:
        """The number and the edition of the rules that came into force last; 0 and empty where none are known."""
        with self._database.reading() as connection:
            number, rules = connection.execute(RULES).fetchone() or (0, "")
            return int(number), str(rules)

    def campaigns(self) -> Sequence[str]:
        """Campaigns that have events or figures."""
        with self._database.reading() as connection:
            folded = connection.execute("select campaign from shelves where live = 1")
            return sorted({*self._log.campaigns_in(connection), *(campaign for (campaign,) in folded)})

    def sites(self) -> Sequence[str]:
        """Sites that are registered or have visits or orders."""
        with self._database.reading() as connection:
            rows = connection.execute(f"select id from sites union {SITES} order by 1")  # noqa: S608
            return [site for (site,) in rows]

    def messages(self, campaign: str) -> Iterator[CheckedMessage]:
        """Every message of a campaign, logged or folded, in order."""
        after = ""
        while True:
            with self._database.reading() as connection:
                shelf = live_generation(connection, campaign)
                ends = ((NEXT, campaign), (NEXT_FOLDED, shelf))
                names = _page(connection, ends, after)
                page = list(self._page(connection, campaign, shelf, (after, names))) if names else []
            yield from page
            if not names:
                return
            after = names[-1]

    def _page(
        self,
        connection: sqlite3.Connection,
        campaign: str,
        shelf: int | None,
        page: tuple[str, Sequence[str]],
    ) -> Iterator[CheckedMessage]:
        after, names = page
        logged_in, folded_in = (campaign, after, names[-1]), (shelf, after, names[-1])
        positions = _positions(connection, logged_in)
        states = {row[0]: row for row in connection.execute(STATES, folded_in)}
        clicks: dict[str, set[bytes]] = {}
        for recipient, click in connection.execute(CLICKS, folded_in):
            clicks.setdefault(recipient, set()).add(click)
        aside = {name for (name,) in connection.execute(ASIDE.format(table="aside"), logged_in)}
        folded, noted = read_position(connection, FOLD), _Noted(connection, campaign)
        for name in names:
            first, last = positions.get(name, (0, 0))
            row = states.get(name)
            yield CheckedMessage(
                name,
                self._logged(connection, campaign, name) if last else None,
                None if row is None else to_state(campaign, row[:-1]),
                None if row is None else row[-1],
                frozenset(clicks.get(name, ())),
                last > folded or name in aside,
                not last or noted.has(name, first),
            )

    def cases(self, campaign: str) -> Iterator[CheckedCase]:
        """Every visit or order of a site, logged or folded, in order. `campaign` is its name in the log."""
        after, site = "", campaign.partition(":")[2]
        while True:
            with self._database.reading() as connection:
                ends = ((NEXT, campaign), (NEXT_CASE[case_kind(campaign)], site))
                names = _page(connection, ends, after)
                page = list(self._cases(connection, campaign, (after, names))) if names else []
            yield from page
            if not names:
                return
            after = names[-1]

    def _cases(
        self, connection: sqlite3.Connection, campaign: str, page: tuple[str, Sequence[str]]
    ) -> Iterator[CheckedCase]:
        after, names = page
        logged_in, folded_in = (campaign, after, names[-1]), (campaign.partition(":")[2], after, names[-1])
        visits = case_kind(campaign) is CaseKind.VISIT
        positions = _positions(connection, logged_in)
        rows = {row[0]: row[1:] for row in connection.execute(VISITS if visits else ORDERS, folded_in)}
        derived: dict[str, list[Sequence[Any]]] = {}
        for key, *rest in connection.execute(USES if visits else CLAIMS, folded_in):
            derived.setdefault(key, []).append(tuple(rest))
        aside = {name for (name,) in connection.execute(ASIDE.format(table="cases_aside"), logged_in)}
        folded = SITE_ORIGIN + read_position(connection, SITE_FOLD)
        for name in names:
            _, last = positions.get(name, (0, SITE_ORIGIN))
            logged = self._logged(connection, campaign, name) if name in positions else None
            waits = last > folded or name in aside
            yield CheckedCase(campaign, name, logged, rows.get(name), derived.get(name, ()), waits)

    def _logged(self, connection: sqlite3.Connection, campaign: str, name: str) -> Message | PutAside:
        try:
            return self._log.message_in(connection, campaign, name)
        except sqlite3.DatabaseError:
            raise
        except Exception as error:
            return PutAside(campaign, name, type(error).__name__)

    def note_people(self, campaign: str, recipients: Sequence[str]) -> None:
        """Note that these people have events of a campaign."""
        with self._database.writing() as connection:
            secret = secret_of(connection)
            rows = [(person8(secret, each), campaign) for each in recipients]
            connection.executemany("insert or ignore into cases_of values (?, ?)", rows)

    def forget_folded(self, campaign: str, name: str) -> None:
        """Forget the row of a visit or an order, so that it is folded anew whatever it says."""
        with self._database.writing() as connection:
            forget_in(connection, [(campaign, name)])


class _Noted:
    """Whether the campaigns of people have one, within one transaction."""

    def __init__(self, connection: sqlite3.Connection, campaign: str) -> None:
        self._connection = connection
        self._campaign = campaign
        self._secret = secret_of(connection)
        (self._until,) = connection.execute("select noted from folded").fetchone()

    def has(self, recipient: str, first: int) -> bool:
        """Whether it is noted, or its first event is behind those that are noted."""
        if first > self._until:
            return True
        asked = "select 1 from cases_of where person8 = ? and campaign = ?"
        key = (person8(self._secret, recipient), self._campaign)
        return self._connection.execute(asked, key).fetchone() is not None


def _page(connection: sqlite3.Connection, asked: Sequence[tuple[str, object]], after: str) -> Sequence[str]:
    """The next names of all these, in order: no name is passed over."""
    names: set[str] = set()
    for statement, of in asked:
        names.update(name for (name,) in connection.execute(statement, (of, after, PAGE)))
    return sorted(names)[:PAGE]


def _positions(connection: sqlite3.Connection, within: Range) -> dict[str, tuple[int, int]]:
    """The first and the last position of each case that has events."""
    return {name: (first, last) for name, first, last in connection.execute(POSITIONS, within)}
