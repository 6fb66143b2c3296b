"""What a source did across messages: evidence for the operator. No rule uses it.

A gateway that follows one link of every message leaves a single click in each, which the rules take for a
person's. Only side by side do those clicks reveal the gateway. But many people in an office behind one
address, or in a town behind a mobile carrier's, look the same by number alone.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from mailpixel.classify.judge import observe
from mailpixel.classify.observation import Observation
from mailpixel.classify.rules import Rules
from mailpixel.classify.weak_evidence import first_read_ms, is_unopened
from mailpixel.model import Campaign, Message, Verdict

Source = tuple[str, str]
"""Address and agent. Where only the network of an address is kept, it stands for the address."""
SOON_MS = 300_000
"""A gateway has usually come by then: 97 % of 836 scanner bursts began within five minutes of sending, but few
people do. Source: github putyourlightson/craft-campaign issue 546, 2026-08."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class SourceEvidence:
    """The clicks of one source over all messages, counted. Times are milliseconds since 1970.

    `links` adds up the different links of each message. Of the `messages`, `timed` have a known delivery, or
    else a sending time before the click. `soon` were reached within `SOON_MS` of it, `unopened` before any
    open. Of the `clicks`, `machine` are judged a machine's within their own message. `busiest` is the most
    recipients first reached in any one minute.
    """

    address: str
    agent: str
    recipients: int
    campaigns: int
    messages: int
    clicks: int
    links: int
    timed: int
    soon: int
    unopened: int
    machine: int
    busiest: int
    first_ms: int
    last_ms: int

    @property
    def haste(self) -> float:
        """The larger of two shares, 0 to 1, which do not grow with the number of people behind an address.

        They are the share of its messages reached soon after delivery, and the share of its recipients
        first reached in its busiest minute.
        """
        return max(self.soon / self.messages, self.busiest / self.recipients)


@dataclass(frozen=True, slots=True)
class _Call:
    """What one source did with one message."""

    campaign: str
    recipient: str
    first_ms: int
    last_ms: int
    age_ms: int | None
    unopened: bool
    clicks: int
    links: int
    machine: int


def source_evidence(
    followed: Iterable[tuple[Source, Message]],
    campaigns: Mapping[str, Campaign],
    rules: Rules,
    since_ms: int = 0,
) -> Iterator[SourceEvidence]:
    """The evidence of each source, from the messages whose links it followed, grouped by source.

    It counts clicks since `since_ms` that could count in a summary: no probe, no broken signature, no hit of
    the sender. Image proxies, whose addresses change, and sources without such a click are left out. It holds
    the messages of one source at a time, in about 300 bytes each.
    """
    for source, group in groupby(followed, key=itemgetter(0)):
        calls = [
            call
            for _, message in group
            if (
                call := _call(source, message, observe(message, campaigns[message.campaign], rules), since_ms)
            )
        ]
        if calls:
            yield _evidence(source, calls)


def _call(
    source: Source, message: Message, observations: Sequence[Observation], since_ms: int
) -> _Call | None:
    clicks = [hit for hit in observations if hit.at_ms >= since_ms and _counts(hit, source)]
    if not clicks:
        return None
    first = clicks[0]
    return _Call(
        message.campaign,
        message.recipient,
        first.at_ms,
        clicks[-1].at_ms,
        first.age_ms,
        is_unopened(first, first_read_ms(observations)),
        len(clicks),
        len({click.link for click in clicks}),
        sum(click.ruling is not None and click.ruling.verdict is not Verdict.HUMAN for click in clicks),
    )


def _counts(hit: Observation, source: Source) -> bool:
    own = hit.ruling is not None and hit.ruling.verdict is Verdict.INTERNAL
    is_it = (hit.event.address, hit.event.agent) == source and hit.source[0] != ""
    return hit.click and hit.countable and not own and is_it


def _evidence(source: Source, calls: Sequence[_Call]) -> SourceEvidence:
    ages_ms = [call.age_ms for call in calls if call.age_ms is not None]
    return SourceEvidence(
        *source,
        recipients=len({call.recipient for call in calls}),
        campaigns=len({call.campaign for call in calls}),
        messages=len(calls),
        clicks=sum(call.clicks for call in calls),
        links=sum(call.links for call in calls),
        timed=len(ages_ms),
        soon=sum(age_ms <= SOON_MS for age_ms in ages_ms),
        unopened=sum(call.unopened for call in calls),
        machine=sum(call.machine for call in calls),
        busiest=_busiest((call.first_ms, call.recipient) for call in calls),
        first_ms=min(call.first_ms for call in calls),
        last_ms=max(call.last_ms for call in calls),
    )


def _busiest(moments: Iterable[tuple[int, str]]) -> int:
    """The most different recipients in any window of one minute."""
    window: deque[tuple[int, str]] = deque()
    within: Counter[str] = Counter()
    most = 0
    for at_ms, recipient in sorted(moments):
        window.append((at_ms, recipient))
        within[recipient] += 1
        while window[0][0] <= at_ms - MINUTE_MS:
            _, gone = window.popleft()
            within[gone] -= 1
            if not within[gone]:
                del within[gone]
        most = max(most, len(within))
    return most
