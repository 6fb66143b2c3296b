"""Drops the details of events of web sites that are old enough, and keeps what each was found to be.

The visitor of a day sends nothing any more when the first event of that day is so old. So a visit is judged once with
all its details, and every later judgement reads the decision.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from msgspec.structs import replace

from mailpixel.classify.rules import Rules
from mailpixel.classify.visit import judge_visit
from mailpixel.classify.without_details import KEPT_FACTS
from mailpixel.model import Decision, Event, Message, Verdict
from mailpixel.privacy.dropping import Dropped
from mailpixel.site_model import SITE_CASES, CaseKind, case_kind
from mailpixel.store.consumers import Consumers
from mailpixel.store.details import Details
from mailpixel.traffic.facts import facts_with

OF_ORDER = Decision(Verdict.HUMAN, "default")
"""Stands for the decision on a report of an order, which is not judged."""


class DroppableSites(Consumers, Details, Protocol):
    """The part of a store that is needed."""


@dataclass(frozen=True, slots=True)
class SiteDropping:
    """Drops details round by round, as a consumer of visits and orders."""

    store: DroppableSites
    rules: Callable[[], Rules]

    def round(self, before_ms: int, limit: int) -> Dropped:
        """Drop the details of the cases of about `limit` events received before this moment.

        A crash repeats a round, which changes nothing. Raises `StoreUnavailable`.
        """
        consumer = self.store.consumer("details of sites", cases=SITE_CASES)
        settled = consumer.settled(consumer.position(), before_ms - 1, limit)
        if not settled.entries:
            return Dropped(0, False)
        rules = self.rules()
        cases = (case for case in settled.messages if isinstance(case, Message))
        changed = self.store.drop_details(
            [event for case in cases for event in _kept(case, rules, before_ms)]
        )
        consumer.done(settled.entries[-1].position)
        return Dropped(changed, len(settled.entries) == limit)


def _kept(case: Message, rules: Rules, before_ms: int) -> Iterator[Event]:
    """The events of a case that lose their details, as they are kept: all of a visit, the old ones of an order."""
    is_visit = case_kind(case.campaign) is CaseKind.VISIT
    detailed = [
        event
        for event in case.events
        if event.decided is None and (is_visit or event.received_at_ms < before_ms)
    ]
    if not detailed:
        return
    judged = judge_visit(case, rules) if is_visit else None
    for event in detailed:
        yield replace(
            event,
            address="",
            agent="",
            facts=facts_with(event.facts._value_ & KEPT_FACTS),
            tag=b"",
            former_tag=b"",
            network=None,
            decided=OF_ORDER if judged is None else judged.decision(event.id),
        )
