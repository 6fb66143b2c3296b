"""What can be exported of a campaign, a page of rows at a time: its events, or its recipients.

The same rows are written as CSV, NDJSON or Parquet, by the API, the pages and the command line.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mailpixel.classify import Rules
from mailpixel.model import Campaign, Event, Judged
from mailpixel.report.export import columns, event_json, event_pages
from mailpixel.report.recipients import COLUMNS, check_link, recipient_row, state_pages
from mailpixel.report.tables import Cells
from mailpixel.store.log import MessageReader
from mailpixel.store.projections import MessageState, ReadProjections
from mailpixel.store.standing import Standing

if TYPE_CHECKING:
    from mailpixel.report.parquet import Column

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Rows(Generic[Item]):
    """Rows to export, in pages. `name` says what they are, as a part of a file name.

    `to_json` makes one row for CSV and NDJSON, with `columns`. `typed` gives the columns for Parquet; it raises
    `MissingExtra` without pyarrow.
    """

    name: str
    columns: Sequence[str]
    pages: Iterator[Sequence[Item]]
    to_json: Callable[[Item], Cells]
    typed: Callable[[], "Sequence[Column[Item]]"]

    def cells(self) -> Iterator[Cells]:
        """All rows as JSON, one after the other."""
        return (self.to_json(item) for page in self.pages for item in page)


def event_rows(
    store: MessageReader, campaign: Campaign, rules: Rules, addresses: bool = False
) -> Rows[Judged | Event]:
    """Every event of a campaign with its verdict, in order of recipient; the client's address only on request."""

    def typed() -> "Sequence[Column[Any]]":
        from mailpixel.report.parquet import events  # needs an extra

        return events(addresses)

    pages = event_pages(store, campaign, rules)
    return Rows("events", columns(addresses), pages, lambda item: event_json(item, addresses), typed)


def recipient_rows(
    store: ReadProjections, campaign: Campaign, standing: Standing | None = None, link: int | None = None
) -> Rows[MessageState]:
    """The recipients of a campaign: all, of one standing, or with a human click on one link.

    Raises `InvalidInput` for the number of a link that the campaign does not have.
    """
    check_link(campaign, link)
    parts = ["recipients", *([standing.value] if standing else []), *([f"link-{link}"] if link else [])]
    pages = state_pages(store, campaign.id, standing, link)
    return Rows("-".join(parts), COLUMNS, pages, recipient_row, _recipients)


def _recipients() -> "Sequence[Column[MessageState]]":
    from mailpixel.report.parquet import RECIPIENTS  # needs an extra

    return RECIPIENTS
