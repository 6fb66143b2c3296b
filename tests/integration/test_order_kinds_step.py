"""The step of the schema that counts orders fills what was folded before it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mailpixel.store.sqlite import SqliteStore, order_sums
from tests.support.shop import Shop
from tests.support.site_cases import AGREED, SITE, a_cancel, a_purchase, a_refund, bought


def test_orders_of_an_older_file_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "mailpixel.db"
    with closing(SqliteStore(path)) as store:
        Shop(store).receive(
            [
                a_purchase(1, "A-1", recipient="r-1", consent=AGREED),
                a_refund(2, "A-1"),
                *bought(3, "A-1", value=1),
                *bought(4, "A-2"),
                a_purchase(5, "A-3", problems=("no_consent:recipient",)),
                a_cancel(6, "A-3"),
                a_refund(7, "A-4"),
            ]
        )
        before = sorted(store.order_sums(SITE))
    assert len(before) == 3
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "drop index orders_by_time; alter table orders drop column kind; alter table orders drop column currency;"
            "alter table orders drop column worth; create index orders_by_time on orders (site, at_ms, number);"
            "delete from _sqlite_migrations where name = '0046_order_kinds';"
        )
    with closing(SqliteStore(path)) as store:
        assert sorted(store.order_sums(SITE)) == before
        with store._database.reading() as connection:
            plan = connection.execute(f"explain query plan {order_sums.SUMS}", (SITE, 0, 1)).fetchall()
    assert "COVERING INDEX orders_by_time" in str(plan)
