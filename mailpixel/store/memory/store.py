"""A store in memory, for tests: nothing is kept, nothing waits.

Counters are made from the states when they are asked for, so they cannot drift: the other stores are
compared to it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from secrets import token_bytes

from msgspec.structs import replace

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Event, Facts, Message
from mailpixel.store.consumers import News
from mailpixel.store.log import Followed, Overflow, PutAside
from mailpixel.store.measures import MEASURES, Step, TallyKey, tally
from mailpixel.store.memory.consumers import MemoryConsumers
from mailpixel.store.projections import FOLD, Figures, Folded, Generation, MessageState
from mailpixel.store.shown import links_people_followed
from mailpixel.store.standing import Standing
from mailpixel.store.tombstones import SECRET_BYTES, day_of, last_ms, moment_of_erasure, person8

Key = tuple[str, str]
HITS = frozenset({EventKind.OPEN, EventKind.CLICK})


class MemoryGeneration:
    """A `Generation` in memory: what was put into it, by recipient."""

    def __init__(self) -> None:
        self.folded: dict[str, Folded] = {}

    def put(self, states: Iterable[Folded]) -> None:
        """See `Generation`."""
        self.folded.update({each.recipient: each for each in states})


class MemoryStore(MemoryConsumers):
    """A `Store` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._ids: set[bytes] = set()
        self._of_message: defaultdict[Key, list[Event]] = defaultdict(list)
        self._overflow: dict[tuple[str, str, int, bytes], int] = {}
        self._states: defaultdict[str, dict[str, MessageState]] = defaultdict(dict)
        self._aside: dict[Key, str] = {}
        self._editions: dict[str, str] = {}
        self._rules: list[str] = []
        self._filling: dict[str, MemoryGeneration] = {}
        self._secret = token_bytes(SECRET_BYTES)
        self._suppressed: dict[bytes, int] = {}
        self._appended = 0

    def append(self, events: Sequence[Event], batch: str = "") -> None:
        """See `Store`."""
        for event in events:
            if len(event.id) != 16 or int.from_bytes(event.id[:6], "big") != event.received_at_ms:
                raise InvalidInput("id", "must be 16 bytes that begin with received_at_ms")
        with self._lock:
            for event in events:
                if event.received_at_ms > self._erased_up_to_ms(event.recipient):
                    self._append(event)

    def append_evidence(self, hits: Sequence[Event]) -> int:
        """See `Store`."""
        with self._lock:
            agents = {event.agent for event in self._log.values()}
            known = [hit for hit in hits if self._of_message.get((hit.campaign, hit.recipient))]
            self.append([hit if hit.agent in agents else replace(hit, agent="") for hit in known])
        return len(known)

    def raise_overflow(self, overflow: Sequence[Overflow]) -> None:
        """See `Store`."""
        with self._lock:
            for each in overflow:
                if each.day > day_of(self._erased_up_to_ms(each.recipient)):
                    key = (each.campaign, each.recipient, each.day, each.edge)
                    self._overflow[key] = max(each.hits, self._overflow.get(key, 0))

    def _erased_up_to_ms(self, recipient: str) -> int:
        """Up to when this person was erased; -1 for somebody who never was."""
        return self._suppressed.get(person8(self._secret, recipient), -1) if self._suppressed else -1

    def _is_kept(self, folded: Folded) -> bool:
        """Whether what was folded knows of the person's erasure, if there was one."""
        up_to_ms = self._erased_up_to_ms(folded.recipient)
        if isinstance(folded, PutAside) and (folded.campaign, folded.recipient) in self._of_message:
            return True
        return up_to_ms < 0 or last_ms(folded) > up_to_ms

    def _append(self, event: Event) -> None:
        if event.id not in self._ids:
            self._appended += 1
            self._ids.add(event.id)
            self._log[self._appended] = event
            self._of_message[event.campaign, event.recipient].append(event)

    def latest(self, limit: int) -> Sequence[Event]:
        """See `Store`."""
        with self._lock:
            return [self._log[position] for position in islice(reversed(self._log), limit)]

    def save(self, states: Sequence[Folded], news: News) -> None:
        """See `Store`."""
        with self._lock:
            if self.cursor() != news.since:
                raise Conflict("the log was folded, replaced or erased from meanwhile; read again")
            for state in filter(self._is_kept, states):
                self._put(state, self._states[state.campaign])
            self._move(FOLD, news.position)

    def _put(self, folded: Folded, states: dict[str, MessageState]) -> None:
        key = (folded.campaign, folded.recipient)
        if isinstance(folded, PutAside):
            self._aside[key] = folded.error
        else:
            former = states.get(folded.recipient, folded)
            states[folded.recipient] = folded if folded.knowledge >= former.knowledge else former
            self._aside.pop(key, None)

    def count_put_aside(self) -> int:
        """See `Store`."""
        return len(self._aside)

    def put_aside(self, after: Key = ("", ""), limit: int = 1_000) -> Sequence[PutAside]:
        """See `Store`."""
        with self._lock:
            keys = sorted(key for key in self._aside if key > after)
            return [PutAside(*key, self._aside[key]) for key in keys[:limit]]

    def campaigns(self) -> Sequence[str]:
        """See `Store`."""
        with self._lock:
            return sorted({campaign for campaign, _ in self._of_message})

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
            campaigns = sorted(campaign for campaign, of in self._of_message if of == recipient)
        messages = (self.message(campaign, recipient) for campaign in campaigns)
        return (message for message in messages if message.events)

    def messages_that_carried(self, campaign: str, urls: Sequence[str]) -> Iterator[Message | PutAside]:
        """See `Store`; here every message can be read."""
        asked = frozenset(urls)
        with self._lock:
            carriers = {
                event.recipient
                for event in self._log.values()
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

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded]
    ) -> AbstractContextManager[Generation]:
        """See `Store`."""
        with self._lock:
            return self._filled(campaign, fold, self._appended, self._erasures)

    @contextmanager
    def _filled(
        self, campaign: str, fold: Callable[[Message], Folded], position: int, erasures: int
    ) -> Iterator[Generation]:
        generation = self._filling[campaign] = MemoryGeneration()
        yield generation
        with self._lock:
            if self._erasures != erasures or self._filling[campaign] is not generation:
                raise Conflict("a person was erased or another rebuild began meanwhile; start over")
            news = [event for at, event in self._log.items() if at > position and event.campaign == campaign]
            generation.put(
                fold(self.message(campaign, name)) for name in dict.fromkeys(e.recipient for e in news)
            )
            self._aside = {key: error for key, error in self._aside.items() if key[0] != campaign}
            self._states[campaign] = {}
            for folded in generation.folded.values():
                self._put(folded, self._states[campaign])
            self._replacements += 1

    def edition(self, rules: str) -> int:
        """See `Store`."""
        with self._lock:
            if self._rules[-1:] != [rules]:
                self._rules.append(rules)
            return len(self._rules)

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """See `Store`."""
        with self._lock:
            for campaign in campaigns:
                if anew or campaign not in self._editions:
                    self._editions[campaign] = edition

    def editions(self) -> Mapping[str, int]:
        """See `Store`."""
        with self._lock:
            return Counter(self._editions.values())

    def figures(self, campaign: str, now_ms: int, settle_ms: int) -> Figures:
        """See `Store`."""
        totals = dict.fromkeys(MEASURES, 0)
        links: defaultdict[int, dict[str, int]] = defaultdict(dict)
        with self._lock:
            for (bucket_ms, link, measure), number in self._counters(campaign).items():
                if bucket_ms == 0:
                    (links[link] if link else totals)[measure] = number
            young = [event for event in self._log.values() if event.received_at_ms > now_ms - settle_ms]
            return Figures(
                totals=totals,
                links=dict(links),
                overflow=sum(hits for key, hits in self._overflow.items() if key[0] == campaign),
                provisional=sum(event.campaign == campaign and _is_signed_hit(event) for event in young),
                as_of_ms=self._as_of_ms(now_ms),
                edition=self._editions.get(campaign, ""),
            )

    def timeline(
        self, campaign: str, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
    ) -> Mapping[int, Mapping[str, int]]:
        """See `ReadProjections`."""
        buckets: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for (quarter_ms, link, measure), number in sorted(self._counters(campaign).items()):
            start_ms = quarter_ms - quarter_ms % step.length_ms
            is_in = start_ms + step.length_ms > since_ms and (until_ms is None or start_ms < until_ms)
            if quarter_ms and not link and is_in:
                buckets[start_ms][measure] += number
        return {start_ms: dict(buckets[start_ms]) for start_ms in sorted(buckets)}

    def recipients(
        self,
        campaign: str,
        after: str,
        limit: int,
        standing: Standing | None = None,
        link: int | None = None,
    ) -> Sequence[MessageState]:
        """See `ReadProjections`."""
        with self._lock:
            states = self._states.get(campaign, {})
            following = (states[recipient] for recipient in sorted(states) if recipient > after)
            return [state for state in following if _is_asked_for(state, standing, link)][:limit]

    def erase(self, recipient: str, now_ms: int) -> int:
        """See `Store`."""
        with self._lock:
            gone = {at: event for at, event in self._log.items() if event.recipient == recipient}
            at_ms = moment_of_erasure(now_ms, (event.received_at_ms for event in gone.values()))
            key = person8(self._secret, recipient)
            self._suppressed[key] = max(at_ms, self._suppressed.get(key, -1))
            for at, event in gone.items():
                del self._log[at]
                self._ids.discard(event.id)
                self._of_message.pop((event.campaign, recipient), None)
            for states in self._states.values():
                states.pop(recipient, None)
            self._aside = {key: error for key, error in self._aside.items() if key[1] != recipient}
            self._overflow = {key: hits for key, hits in self._overflow.items() if key[1] != recipient}
            self._erasures += 1
            return len(gone)

    def sweep(self) -> None:
        """See `Store`; nothing is left in files."""

    def check_in_place(self) -> None:
        """See `Store`."""

    def close(self) -> None:
        """Nothing to let go of."""

    def _counters(self, campaign: str) -> Mapping[TallyKey, int]:
        with self._lock:
            return tally(self._states.get(campaign, {}).values())

    def _as_of_ms(self, now_ms: int) -> int:
        if not self._positions.get(FOLD):
            return 0
        first_ms = self._waiting().first_event_ms
        return now_ms if first_ms is None else min(first_ms, now_ms)


def _is_asked_for(state: MessageState, standing: Standing | None, link: int | None) -> bool:
    if standing is not None and state.standing is not standing:
        return False
    return link is None or link in links_people_followed(state.marks)


def _is_signed_hit(event: Event) -> bool:
    return event.kind in HITS and not event.facts & Facts.FORGED


def _follows(event: Event) -> bool:
    is_get = event.kind is EventKind.CLICK and event.method == "GET"
    return is_get and event.address != "" and not event.facts & Facts.FORGED
