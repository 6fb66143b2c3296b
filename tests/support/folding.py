"""What the suites that run on every store do with one: fold it, and read what is in it."""

from mailpixel.model import Event, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.store.log import PutAside
from mailpixel.store.projections import FOLD, MessageState
from mailpixel.store.store import Store
from tests.support.builders import a_campaign, at_ms, judge_plainly

NOW_MS = at_ms(1_000_000)
"""Long after everything that the tests log."""


def fold(message: Message | PutAside) -> MessageState:
    """The state of a message by `judge_plainly`."""
    assert isinstance(message, Message)
    return fold_message(message, judge_plainly(message, a_campaign(message.campaign)))


def catch_up(store: Store, limit: int = 100) -> None:
    """Fold all there is."""
    while (news := store.consumer(FOLD).news(limit)).position != news.since:
        store.save([fold(message) for message in news.messages], news)


def logged(store: Store, campaign: str = "spring") -> list[Event]:
    """All events of a campaign."""
    return [event for message in store.messages(campaign) for event in message.events]


def totals(store: Store, campaign: str = "spring") -> dict[str, int]:
    """The counters of a campaign that are not zero."""
    figures = store.figures(campaign, NOW_MS, 15_000)
    return {measure: number for measure, number in figures.totals.items() if number}
