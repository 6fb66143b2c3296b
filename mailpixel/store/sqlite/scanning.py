"""Searches a SQLite file and its log for what an erasure must have removed."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from mailpixel.store.erasure import Scanned
from mailpixel.store.sqlite.database import Database
from mailpixel.store.sqlite.erasers import IMPERSONAL
from mailpixel.store.sqlite.positions import NOT_OF_SITES
from mailpixel.store.traces import Sought, any_in, sought

FEW = 100
"""Up to so many texts the bytes of the file are searched first, which is faster than reading all rows."""
UNDER_WAY = ("erasing", "unswept")
"""Tables with the people of other erasures that are not finished."""
SHARED: Mapping[str, Mapping[str, str]] = {
    "events": {"recipient": "position > 0"},
    "overflow": {"recipient": NOT_OF_SITES},
    "aside": {"recipient": NOT_OF_SITES},
    "visits": {"visitor": "0"},
    "orders": {"number": "0", "visitor": "0"},
    "uses": {"visitor": "0"},
    "order_claims": {"number": "0", "visitor": "0"},
    "cases_aside": {"recipient": "0"},
    "agents": {"agent": "id not in (select agent from events)"},
}
"""Columns that may name a visit or an order, or hold what others have too, and which of their rows name a person."""
# A report of a shop's server names its customer within its text.
CUSTOMERS = """
    select 1 from events where campaign >= 'order:' and campaign < 'order;'
    and json_extract(body, '$.recipient') in (select value from json_each(?1)) limit 1
"""
CHUNK_BYTES = 16_777_216
TEXTS_OF = "select name from pragma_table_info(?) where type in ('TEXT', 'BLOB', 'text', 'blob', '')"
TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name"


def scan(database: Database, texts: Sequence[str]) -> Scanned:
    """Search the database, its log and its index for these texts, as values and as words of longer texts.

    Where none of a few texts occurs in any byte, that is all. Otherwise every row is read, because one
    person's id may be a part of another's.
    """
    files = [database.path.with_name(database.path.name + ending) for ending in ("", "-wal", "-shm")]
    files = [file for file in files if file.exists()]
    if not texts or (len(texts) <= FEW and not any(_occur(file, texts) for file in files)):
        return Scanned(len(files), ())
    with database.reading() as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        found = [table for table in tables if _holds(connection, table, texts, sought(texts))]
    return Scanned(len(files), tuple(found))


def _occur(file: Path, texts: Sequence[str]) -> bool:
    """Whether one of the texts is among the bytes of a file."""
    wanted = [text.encode() for text in texts if text]
    longest = max(map(len, wanted), default=1)
    end = b""
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            if any_in(end + chunk[: longest - 1], wanted) or any_in(chunk, wanted):
                return True
            end = chunk[-longest + 1 :] if longest > 1 else b""
    return False


def _holds(connection: sqlite3.Connection, table: str, texts: Sequence[str], words: Sought) -> bool:
    """Whether a table has one of the texts as a value, or, where people are no matter, as a word of a longer text."""
    columns = [name for (name,) in connection.execute(TEXTS_OF, (table,))]
    if table in UNDER_WAY or not columns:
        return False
    of_cases = SHARED.get(table, {})
    values = " or ".join(
        f"({column} in (select value from json_each(?1)) and {of_cases.get(column, '1')})"  # noqa: S608
        for column in columns
    )
    asked = [f"select 1 from {table} where {values} limit 1", *([CUSTOMERS] if table == "events" else [])]  # noqa: S608
    if any(connection.execute(each, (json.dumps(list(texts)),)).fetchone() for each in asked):
        return True
    if table not in IMPERSONAL:
        return False
    rows = connection.execute(f"select {', '.join(columns)} from {table}")  # noqa: S608
    return any(words.places_in(_bytes(value)) for value in chain.from_iterable(rows))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
