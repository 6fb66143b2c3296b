"""The part of the store in a SQLite file that holds what was folded from web sites."""

from collections.abc import Collection, Iterator, Sequence

from mailpixel.site_model import Order, Visit
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.order_sums import OrderKind, OrderSum
from mailpixel.store.site_projections import Days, FoldedCase, Named, Use, VisitsOfDay
from mailpixel.store.sqlite import order_sums as sums
from mailpixel.store.sqlite import site_projections as saved
from mailpixel.store.sqlite import site_reading as read
from mailpixel.store.sqlite.database import Database


class SqliteSiteProjections:
    """`SiteProjections` in a file."""

    _database: Database

    def save_site(self, folded: Sequence[FoldedCase], news: News, *, again: bool = False) -> None:
        """See `SiteProjections`."""
        saved.save_site(self._database, folded, news, again=again)

    def forget_cases(self, keys: Sequence[tuple[str, str]]) -> int:
        """See `SiteProjections`."""
        return saved.forget_cases(self._database, keys)

    def site_cases(self, campaign: str, after: str = "", limit: int = 1_000) -> Sequence[str]:
        """See `SiteProjections`."""
        return saved.site_cases(self._database, campaign, after, limit)

    def count_cases_aside(self) -> int:
        """See `SiteProjections`."""
        with self._database.reading() as connection:
            return int(connection.execute("select count(*) from cases_aside").fetchone()[0])

    def site_cases_aside(self, after: tuple[str, str] = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """See `SiteProjections`."""
        return saved.site_cases_aside(self._database, after, limit)

    def visits(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Visit]:
        """See `ReadSiteProjections`."""
        return read.visits(self._database, site, from_ms, until_ms)

    def visits_named(self, site: str, names: Collection[str], from_ms: int = 0) -> Iterator[Visit]:
        """See `ReadSiteProjections`."""
        return read.visits_named(self._database, site, names, from_ms)

    def visit(self, site: str, visitor: str) -> Visit | None:
        """See `ReadSiteProjections`."""
        return read.visit(self._database, site, visitor)

    def visits_by_day(
        self, site: str, from_ms: int = 0, until_ms: int | None = None
    ) -> Sequence[VisitsOfDay]:
        """See `ReadSiteProjections`."""
        return read.visits_by_day(self._database, site, from_ms, until_ms)

    def orders(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        return read.orders(self._database, site, from_ms, until_ms)

    def order_sums(self, site: str, from_ms: int = 0, until_ms: int | None = None) -> Sequence[OrderSum]:
        """See `OrderSums`."""
        return sums.order_sums(self._database, site, from_ms, until_ms)

    def order_ids(
        self, site: str, kinds: Collection[OrderKind], from_ms: int, until_ms: int | None, limit: int
    ) -> Sequence[str]:
        """See `OrderSums`."""
        return sums.order_ids(self._database, site, kinds, (from_ms, until_ms), limit)

    def orders_of_pages(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `OrderSums`."""
        return sums.orders_of_pages(self._database, site, from_ms)

    def first_moment(self, site: str) -> int | None:
        """See `OrderSums`."""
        return sums.first_moment(self._database, site)

    def first_visit(self, site: str) -> int | None:
        """See `OrderSums`."""
        return sums.first_visit(self._database, site)

    def order(self, site: str, id: str) -> Order | None:
        """See `ReadSiteProjections`."""
        return read.order(self._database, site, id)

    def orders_of_visit(self, site: str, visitor: str) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        return read.orders_of_visit(self._database, site, visitor)

    def orders_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        return read.orders_by(self._database, visitors)

    def orders_with_click(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        return read.orders_with_click(self._database, site, from_ms)

    def orders_of_recipient(self, recipient: str) -> Sequence[Order]:
        """See `ReadSiteProjections`."""
        return read.orders_of_recipient(self._database, recipient)

    def orders_named(self, site: str, from_ms: int = 0) -> Iterator[Order]:
        """See `ReadSiteProjections`."""
        return read.orders_named(self._database, site, from_ms)

    def uses_in(self, days: Days) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        return read.uses_in(self._database, days)

    def uses_of_campaign(self, campaign: str) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        return read.uses_of_campaign(self._database, campaign)

    def uses_of(self, clicks: Sequence[bytes]) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        return read.uses_of(self._database, clicks)

    def uses_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        return read.uses_by(self._database, visitors)

    def named_in(self, days: Days) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        return read.named_in(self._database, days)

    def named_of(self, recipient: str) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        return read.named_of(self._database, recipient)

    def named_by(self, visitors: Sequence[tuple[str, str]]) -> Sequence[Named]:
        """See `ReadSiteProjections`."""
        return read.named_by(self._database, visitors)
