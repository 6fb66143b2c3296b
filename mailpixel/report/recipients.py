"""Rows by recipient: what became of each message of a campaign."""

from collections.abc import Iterator, Mapping, Sequence

from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import flat
from mailpixel.store.projections import MessageState, ReadProjections
from mailpixel.store.standing import Standing

OPENS = ("events", "human", "privacy_prefetch", "machine")
CLICKS = ("events", "human", "machine")
PAGE = 1_000


def recipient_row(state: MessageState) -> dict[str, object]:
    """One message.

    {"recipient","standing","delivered_at","opted_out","opens":{…},"clicks":{…},"first_human_open_at","first_human_click_at",
    "last_event_at"}; moments are ISO 8601 in UTC, null where nothing of the kind was seen.
    """
    tally = state.tally
    return {
        "recipient": state.recipient,
        "standing": state.standing.value,
        "delivered_at": iso_ms(state.delivered_at_ms),
        "opted_out": state.opted_out,
        "opens": _numbers(tally, "opens", OPENS),
        "clicks": _numbers(tally, "clicks", CLICKS),
        "first_human_open_at": iso_ms(state.first_human_open_at_ms),
        "first_human_click_at": iso_ms(state.first_human_click_at_ms),
        "last_event_at": iso_ms(state.last_event_at_ms),
    }


def state_pages(
    figures: ReadProjections, campaign: str, standing: Standing | None = None, link: int | None = None
) -> Iterator[Sequence[MessageState]]:
    """All states of a campaign in order of recipient, those of one standing or with a human click on one link, a page
    at a time. Reads as it goes."""
    after = ""
    while page := figures.recipients(campaign, after, PAGE, standing, link):
        yield page
        after = page[-1].recipient


def _numbers(tally: Mapping[tuple[int, int, str], int], of: str, names: tuple[str, ...]) -> dict[str, int]:
    return {name: tally.get((0, 0, f"{of}.{name}"), 0) for name in names}


COLUMNS = tuple(flat(recipient_row(MessageState("", ""))))
"""The names of a row as a table has them: `opens_human` for {"opens": {"human"}}."""
