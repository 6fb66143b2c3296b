"""The kinds of differences that a check finds. Each is repaired from what was there earlier, or not at all."""

from enum import StrEnum

from msgspec import Struct

REBUILT = "judged again from the log"
FILE_REMEDY = (
    "stop the service and run `mailpixel restore` with the last backup; without one, copy the data folder and let"
    " `sqlite3 mailpixel.db .recover` save what can be read"
)


class Kind(StrEnum):
    """What may differ."""

    FILE = "file"
    INDEXES = "indexes"
    REFERENCES = "references"
    SPOOL = "spool"
    POSITIONS = "positions"
    CURSORS = "cursors"
    STATES = "states"
    COUNTERS = "counters"
    DAYS = "days"
    PEOPLE = "people"
    CONSENTS = "consents"
    VISITS = "visits"
    ORDERS = "orders"


MEANINGS = {
    Kind.FILE: "places where SQLite finds the file damaged",
    Kind.INDEXES: "entries of indexes that do not fit their tables",
    Kind.REFERENCES: "rows that refer to others which are not there",
    Kind.SPOOL: "files of answered hits that could not be read or moved into the log",
    Kind.POSITIONS: "positions that would be given a second time",
    Kind.CURSORS: "consumers whose position is not in the log",
    Kind.STATES: "messages whose state is not that of their events",
    Kind.COUNTERS: "counters that are not the sum of the states",
    Kind.DAYS: "counters of days that are not the sum of the states",
    Kind.PEOPLE: "messages that an erasure of their person would not find",
    Kind.CONSENTS: "people of whom something else holds than they said",
    Kind.VISITS: "visits that are not those of their events",
    Kind.ORDERS: "orders that are not those of their reports",
}
REPAIRS = {
    Kind.INDEXES: "made again from the tables",
    Kind.POSITIONS: "raised to those in the log",
    Kind.CURSORS: "moved to the nearest position in the log",
    Kind.STATES: REBUILT,
    Kind.COUNTERS: REBUILT,
    Kind.DAYS: REBUILT,
    Kind.PEOPLE: "noted again from the log",
    Kind.CONSENTS: "computed again from the ledger",
    Kind.VISITS: "folded again from the log",
    Kind.ORDERS: "folded again from the log",
}
"""What `--repair` does. Other kinds have nothing earlier that they could be made of."""


class Finding(Struct, frozen=True):
    """How many things of a kind were looked at, and how many differ. It names nobody."""

    kind: Kind
    checked: int
    differ: int

    @property
    def remedy(self) -> str:
        """What to do; empty when nothing differs."""
        if not self.differ:
            return ""
        if self.kind is Kind.SPOOL:
            return "check the disk; the bytes are in spool/damaged, delete them when nothing more can be made of them"
        if self.kind in REPAIRS:
            return "mailpixel check --repair"
        return FILE_REMEDY
