"""Rows by recipient: the results of each message of a campaign."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from mailpixel.errors import InvalidInput
from mailpixel.kinds import Reason
from mailpixel.model import Campaign
from mailpixel.report.answer import Answer, Count, Iso, exactly
from mailpixel.report.moments import iso_ms
from mailpixel.report.tables import flat
from mailpixel.store.projections import MessageState, ReadProjections
from mailpixel.store.standing import Standing

OPENS = ("events", "human", "privacy_prefetch", "machine")
CLICKS = ("events", "human", "machine")
PAGE = 1_000


class RecipientRow(Answer, frozen=True):
    """The results of one message. Null: nothing was seen.

    `bounced_at` and `bounce_reason` are of the last bounce, null if a later delivery is known.
    """

    recipient: str
    standing: Standing
    delivered_at: Iso | None
    opted_out: bool
    bounced_at: Iso | None
    bounce_reason: Reason | None
    complained_at: Iso | None
    opens: Annotated[dict[str, Count], exactly(OPENS)]
    clicks: Annotated[dict[str, Count], exactly(CLICKS)]
    first_human_open_at: Iso | None
    first_human_click_at: Iso | None
    last_event_at: Iso | None


def recipient_row(state: MessageState) -> dict[str, object]:
    """One message as a `RecipientRow`, in JSON."""
    return RecipientRow(
        recipient=state.recipient,
        standing=state.standing,
        delivered_at=iso_ms(state.delivered_at_ms),
        opted_out=state.opted_out,
        bounced_at=iso_ms(state.bounced_at_ms),
        bounce_reason=state.bounce_reason,
        complained_at=iso_ms(state.complained_at_ms),
        opens=_numbers(state, "opens", OPENS),
        clicks=_numbers(state, "clicks", CLICKS),
        first_human_open_at=iso_ms(state.first_human_open_at_ms),
        first_human_click_at=iso_ms(state.first_human_click_at_ms),
        last_event_at=iso_ms(state.last_event_at_ms),
    ).to_json()


def check_link(campaign: Campaign, link: int | None) -> None:
    """Raise `InvalidInput` for the number of a link that the campaign does not have: nobody can have clicked it."""
    if link is not None and link not in {each.number for each in campaign.links}:
        raise InvalidInput(
            "link", f"the campaign has {len(campaign.links)} link(s), and none is number {link}"
        )


def state_pages(
    figures: ReadProjections, campaign: str, standing: Standing | None = None, link: int | None = None
) -> Iterator[Sequence[MessageState]]:
    """The states of a campaign in order of recipient, read one page at a time.

    Only those of one `standing`, or with a human click on one `link`, if set.
    """
    after = ""
    while page := figures.recipients(campaign, after, PAGE, standing, link):
        yield page
        after = page[-1].recipient


def _numbers(state: MessageState, of: str, names: tuple[str, ...]) -> dict[str, int]:
    return {name: state.hits.get(f"{of}.{name}", 0) for name in names}


COLUMNS = tuple(flat(recipient_row(MessageState("", ""))))
"""The column names of a row: `opens_human` for {"opens": {"human"}}."""
