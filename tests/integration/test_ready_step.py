"""The step of the schema that finds visits and orders of a campaign fills what was folded before it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mailpixel.store.sqlite import SqliteStore
from tests.support.builders import at_ms
from tests.support.shop import Shop
from tests.support.site_cases import AGREED, SITE, a_purchase, a_step

CLICK = b"c" * 16
LONG = [a_step(10 + number, "view_item", id=f"i-{number}") for number in range(40)]


def test_visits_and_orders_of_an_older_file_are_found(tmp_path: Path) -> None:
    path = tmp_path / "mailpixel.db"
    with closing(SqliteStore(path)) as store:
        page = "https://shop.example/a?utm_campaign=Spring"
        Shop(store).receive(
            [
                a_step(1, visitor="short", url=page),
                a_step(2, url=page),
                *LONG,
                a_purchase(3, "A-1", click=CLICK.hex(), consent=AGREED),
                a_purchase(4, "A-2"),
            ]
        )
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "drop index visits_by_utm; drop index orders_by_click; drop table overrides;"
            "alter table visits drop column utm; alter table orders drop column click;"
            "delete from _sqlite_migrations where name = '0044_ready';"
        )
    with closing(SqliteStore(path)) as store:
        assert len(list(store.visits_named(SITE, {"spring"}))) == 2
        assert [order.id for order in store.orders_with_click(SITE, at_ms(0))] == ["A-1"]
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(
            "explain query plan select first_ms, visitor, body from visits where site = 'shop' and utm = 'spring'"
            " and (first_ms, visitor) > (0, '') order by first_ms, visitor limit 9"
        ).fetchall()
    assert "visits_by_utm" in str(plan)
