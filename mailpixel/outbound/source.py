"""Reads the log for one webhook: the next settled events that it wants, as payloads."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mailpixel.classify import judge
from mailpixel.model import Event, Judged, Message
from mailpixel.outbound.around import Around
from mailpixel.outbound.chosen import wants
from mailpixel.outbound.payloads import event_payload
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.report.export import with_verdicts
from mailpixel.store.consumers import Entry
from mailpixel.store.webhooks import Letter, Webhook

MOST = 2_000
"""Events read at a time while few of them are wanted."""


class Found(NamedTuple):
    """An event in the log, with its payload; None when it is not wanted, or was erased."""

    entry: Entry
    payload: Any | None


class Source:
    """The events of the log for a webhook, in the order of the log. `at` is the position up to which it was read."""

    def __init__(self, webhook: Webhook, around: Around) -> None:
        self._webhook = webhook
        self._around = around
        self._consumer = around.store.consumer(webhook.consumer)
        self._limit = 0
        self.at = self._consumer.position()

    def read(self, wanted: int, until_ms: int) -> Sequence[Found]:
        """The next events, up to this number of wanted ones, received until a moment. Empty when there are none.

        Where few are wanted it reads more at a time, and gives up after a page so that its caller gets a turn.
        """
        self._limit = max(self._limit, wanted)
        found, number = [], 0
        for each in self._page(until_ms):
            found.append(each)
            number += each.payload is not None
            if number == wanted:
                break
        self._limit = wanted if number == wanted else min(self._limit * 2, MOST)
        if found:
            self.at = found[-1].entry.position
        return found

    def _page(self, until_ms: int) -> Iterator[Found]:
        page = self._consumer.settled(self.at, until_ms, self._limit)
        known, payloads = KnownCampaigns(self._around.registry), dict[bytes, Any]()
        for message in page.messages:
            if isinstance(message, Message):
                payloads |= self._payloads(message, known)
        return (Found(entry, payloads.get(entry.event_id)) for entry in page.entries)

    def _payloads(self, message: Message, known: KnownCampaigns) -> dict[bytes, Any]:
        campaign, rules = known[message.campaign], self._around.rules()
        return {
            _event_of(each).id: event_payload(each, message, campaign, rules.version)
            for each in with_verdicts(message, judge(message, campaign, rules))
            if wants(self._webhook, each)
        }

    def holds(self, entry: Entry) -> bool:
        """Whether the log still has this event: its person may have been erased while it was posted."""
        message = self._around.store.message(entry.campaign, entry.recipient)
        return any(event.id == entry.event_id for event in message.events)

    def payload_of(self, letter: Letter) -> Any | None:
        """The payload of a letter's event as it is judged now; None when it was erased."""
        message = self._around.store.message(letter.campaign, letter.recipient)
        campaign = KnownCampaigns(self._around.registry)[letter.campaign]
        rules = self._around.rules()
        for each in with_verdicts(message, judge(message, campaign, rules)):
            if _event_of(each).id == letter.event_id:
                return event_payload(each, message, campaign, rules.version)
        return None


def _event_of(found: Judged | Event) -> Event:
    return found.event if isinstance(found, Judged) else found
