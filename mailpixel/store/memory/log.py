"""A log in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, islice
from secrets import token_bytes

from msgspec.structs import replace

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message
from mailpixel.site_model import is_of_site
from mailpixel.store.event_check import check_event
from mailpixel.store.evidence_bound import EvidenceBound
from mailpixel.store.expansion import BEGINNING, Expansion, SpoolCursor
from mailpixel.store.log import Followed, Overflow, PutAside
from mailpixel.store.memory.changes import MemoryChanges
from mailpixel.store.memory.consumers import MemoryConsumers
from mailpixel.store.tombstones import SECRET_BYTES, day_of, person8

Key = tuple[str, str]
"""Campaign and recipient of a message."""


class MemoryLog(MemoryConsumers):
    """A `Log` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: set[bytes] = set()
        self._of_message: defaultdict[Key, list[Event]] = defaultdict(list)
        self._overflow: dict[tuple[str, str, int, bytes], int] = {}
        self._secret = token_bytes(SECRET_BYTES)
        self._suppressed: dict[bytes, int] = {}
        self._appended = 0
        self._changes = MemoryChanges()
        self._spool_cursors: dict[str, SpoolCursor] = {}
        self._evidence = EvidenceBound()

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """See `Store`."""
        for event in events:
            check_event(event)
        with self._lock:
            for event in events:
                if is_of_site(event.campaign) or event.received_at_ms > self._erased_up_to_ms(
                    event.recipient
                ):
                    self._append(event)

    def append_blank(self) -> None:
        """See `Store`. Memory keeps nothing that would have to be written."""

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """See `Store`."""
        with self._lock:
            agents = {event.agent for event in self._events()}
            known = self._evidence.fitting(
                hit for hit in hits if self._of_message.get((hit.campaign, hit.recipient))
            )
            self._evidence.wrote(known)
            self.append([hit if hit.agent in agents else replace(hit, agent="") for hit in known])
        return len(known)

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """See `Store`."""
        with self._lock:
            for each in overflow:
                of_site = is_of_site(each.campaign)
                if of_site or each.day > day_of(self._erased_up_to_ms(each.recipient)):
                    key = (each.campaign, each.recipient, each.day, each.edge)
                    self._overflow[key] = max(each.hits, self._overflow.get(key, 0))
                    if not of_site:
                        self._changes.note([each.campaign])

    def expand(self, expansion: Expansion) -> bool:
        """See `Store`."""
        for event in (*expansion.events, *expansion.evidence):
            check_event(event)
        with self._lock:
            if any(self._spool_cursors.get(edge, BEGINNING) != since for edge, since, _ in expansion.moves):
                return False
            self.append(expansion.events)
            self.append_evidence(expansion.evidence)
            self.raise_overflow(expansion.overflow)
            self._spool_cursors.update({move.edge: move.until for move in expansion.moves})
        return True

    def spool_cursors(self) -> Mapping[str, SpoolCursor]:
        """See `Store`."""
        with self._lock:
            return dict(self._spool_cursors)

    def forget_spool_cursors(self, edges: Collection[str]) -> None:
        """See `Store`."""
        with self._lock:
            for edge in edges:
                self._spool_cursors.pop(edge, None)

    def _erased_up_to_ms(self, recipient: str) -> int:
        """The moment up to which this person was erased; -1 when they never were."""
        return self._suppressed.get(person8(self._secret, recipient), -1) if self._suppressed else -1

    def _append(self, event: Event) -> None:
        if event.id not in self._ids:
            log = self._site_log if is_of_site(event.campaign) else self._log
            self._appended += 1
            self._ids.add(event.id)
            log[self._appended] = event
            self._of_message[event.campaign, event.recipient].append(event)

    def _events(self) -> Iterator[Event]:
        """All events, those of messages first."""
        return chain(self._log.values(), self._site_log.values())

    def drop_details(self, hits: Sequence[Event]) -> int:
        """See `Details`."""
        kept = {hit.id: hit for hit in hits}
        changed = 0
        with self._lock:
            logs = (self._log, self._site_log)
            for log, at, event in [(each, *item) for each in logs for item in each.items()]:
                if event.id in kept and event.decided is None:
                    hit = kept[event.id]
                    new = replace(
                        event,
                        address="",
                        agent=hit.agent,
                        facts=hit.facts,
                        tag=hit.tag,
                        former_tag=b"",
                        network=None if is_of_site(event.campaign) else event.network,
                        decided=hit.decided,
                    )
                    log[at] = new
                    of = self._of_message[event.campaign, event.recipient]
                    of[of.index(event)] = new
                    changed += 1
        return changed

    def latest(self, limit: int) -> Sequence[Event]:
        """See `Store`."""
        with self._lock:
            return [self._log[position] for position in islice(reversed(self._log), limit)]

    def campaigns(self) -> Sequence[str]:
        """See `Store`."""
        with self._lock:
            return sorted({campaign for campaign, _ in self._of_message if not is_of_site(campaign)})

    def ranges(self, campaign: str, events: int) -> Sequence[tuple[str, str]]:
        """See `Store`."""
        ends: list[str] = []
        gathered = 0
        for message in self.messages(campaign):
            if not ends or gathered >= events:
                ends.append(message.recipient)
                gathered = 0
            ends[-1] = message.recipient
            gathered += len(message.events)
        return list(zip(["", *ends], ends, strict=False))

    def messages(self, campaign: str, after: str = "", until: str | None = None) -> Iterator[Message]:
        """See `Store`."""
        with self._lock:
            recipients = sorted(
                recipient
                for of, recipient in self._of_message
                if of == campaign and recipient > after and (until is None or recipient <= until)
            )
        return (self.message(campaign, recipient) for recipient in recipients)

    def messages_to_fold(self, campaign: str, after: str, until: str) -> Iterator[Message | PutAside]:
        """See `Store`; here every message can be read."""
        return self.messages(campaign, after, until)

    def message(self, campaign: str, recipient: str) -> Message:
        """See `Store`."""
        with self._lock:
            events = self._of_message.get((campaign, recipient), ())
            return Message(campaign, recipient, sorted(events, key=lambda event: event.id))

    def person(self, recipient: str) -> Iterator[Message]:
        """See `Store`."""
        with self._lock:
            campaigns = sorted(
                campaign for campaign, of in self._of_message if of == recipient and not is_of_site(campaign)
            )
        messages = (self.message(campaign, recipient) for campaign in campaigns)
        return (message for message in messages if message.events)

    def people(self, recipients: Sequence[str]) -> Iterator[Message]:
        """See `Store`."""
        return (message for recipient in recipients for message in self.person(recipient))

    def messages_that_carried(self, campaign: str, urls: Sequence[str]) -> Iterator[Message | PutAside]:
        """See `Store`; here every message can be read."""
        asked = frozenset(urls)
        with self._lock:
            carriers = {
                event.recipient
                for event in self._events()
                if event.campaign == campaign and event.destination in asked
            }
        return (self.message(campaign, recipient) for recipient in sorted(carriers))

    def messages_by_source(
        self, least: int, since_ms: int = 0, campaign: str | None = None
    ) -> Iterator[Followed]:
        """See `Store`."""
        followed: defaultdict[tuple[str, str], set[Key]] = defaultdict(set)
        with self._lock:
            recent = (event for event in self._log.values() if event.received_at_ms >= since_ms)
            for event in recent:
                if _follows(event) and campaign in (None, event.campaign):
                    followed[event.address, event.agent].add((event.campaign, event.recipient))
        for source, keys in followed.items():
            if len({recipient for _, recipient in keys}) >= least:
                messages = (self.message(*key) for key in sorted(keys))
                yield from ((source, message) for message in messages if message.events)


def _follows(event: Event) -> bool:
    is_get = event.kind is EventKind.CLICK and event.method == "GET"
    return is_get and event.address != "" and not event.facts & Facts.FORGED
