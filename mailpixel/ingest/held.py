"""Hits that are counted without their recipients: held for some seconds, judged by source, then dropped.

The rules are those for the hits of a message. Here the hits that are judged together are those of one source, address
and agent, in one campaign. So a burst, a trap and a repeat are found, but what several sources did side by side is
not. All of it is pure: no clock, no I/O.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from mailpixel.classify import Rules, judge
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Judged, Message, Verdict
from mailpixel.store.aggregates import HOUR_MS, View, ViewKey
from mailpixel.store.shown import EMBEDDED
from mailpixel.traffic.facts import is_countable

HELD_MS = 14_000
"""How long the first hit of a source waits for others, in milliseconds."""
MOST_HELD = 100_000
"""Most hits held at a time. Past that each is judged alone."""

Source = tuple[str, str, str]
"""Campaign, address and agent."""


class Counted(Struct, frozen=True, gc=False):
    """A hit that is counted for its campaign without an event. It is kept in memory only, for `HELD_MS`.

    The hit names no recipient. `recipient` is set only where the day of a recipient's last open is kept.
    """

    hit: Event
    recipient: str | None = None


Case = Sequence[Counted]
"""The hits of one source in one campaign, which are judged together."""


class Held:
    """The hits that wait, by source. Times are milliseconds since 1970."""

    def __init__(self, most: int = MOST_HELD) -> None:
        self._most = most
        self._cases: dict[Source, list[Counted]] = {}
        self.size = 0

    def add(self, counted: Counted) -> bool:
        """Hold a hit. Returns False for one that must be judged alone: no address is known, or there is no room."""
        hit = counted.hit
        if not hit.address or self.size >= self._most:
            return False
        self._cases.setdefault((hit.campaign, hit.address, hit.agent), []).append(counted)
        self.size += 1
        return True

    def due(self, now_ms: int) -> list[Case]:
        """Take the cases whose first hit has waited long enough, or came from a clock that was ahead."""
        found: list[Case] = []
        for source in list(self._cases):
            waited_ms = now_ms - self._cases[source][0].hit.received_at_ms
            if 0 <= waited_ms < HELD_MS:
                break  # they are in order of their first hits
            found.append(self._cases.pop(source))
        self.size -= sum(map(len, found))
        return found

    def all(self) -> list[Case]:
        """Take every case."""
        found: list[Case] = list(self._cases.values())
        self._cases, self.size = {}, 0
        return found


def views(case: Case, campaign: Campaign, rules: Rules) -> Iterator[tuple[Counted, ViewKey]]:
    """What the hits of a case count as. Probes and the sender's own hits count as nothing."""
    of = {counted.hit.id: counted for counted in case}
    message = Message(campaign.id, "", [counted.hit for counted in case])
    for judged in judge(message, campaign, rules):
        view = view_of(judged)
        if view is not None:
            hit = judged.event
            link = 0 if hit.kind is EventKind.OPEN else hit.link or EMBEDDED
            hour = hit.received_at_ms // HOUR_MS
            yield of[hit.id], ViewKey(hit.campaign, hour, hit.kind, link, view)


def view_of(judged: Judged) -> View | None:
    """What a judged hit counts as."""
    hit, verdict = judged.event, judged.verdict
    if verdict is Verdict.INTERNAL or not is_countable(hit.method, hit.facts._value_):
        return None
    if judged.dup:
        return View.REPEAT
    if verdict is Verdict.HUMAN:
        return View.HUMAN if judged.via is None else View.PROXIED
    is_privacy = verdict is Verdict.PRIVACY_PREFETCH and hit.kind is EventKind.OPEN
    return View.PRIVACY_PREFETCH if is_privacy else View.MACHINE


READ = frozenset({View.HUMAN, View.PROXIED, View.PRIVACY_PREFETCH})
"""Views that show that a mailbox is in use, so that they set the day of its last open."""
