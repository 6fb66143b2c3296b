"""Retention in memory: old messages and old records are removed, and their figures stay."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Event
from mailpixel.modes import Statement
from mailpixel.site_model import is_of_site
from mailpixel.store.log import PutAside
from mailpixel.store.measures import TallyKey, rolled, tally
from mailpixel.store.memory.aggregates import MemoryAggregates
from mailpixel.store.memory.consents import MemoryConsents, Person
from mailpixel.store.memory.inbound import MemoryInbound
from mailpixel.store.memory.log import Key
from mailpixel.store.memory.mails import MemoryMails
from mailpixel.store.memory.salts import MemorySalts
from mailpixel.store.memory.webhooks import MemoryWebhooks
from mailpixel.store.projections import FOLD, Folded, MessageState
from mailpixel.store.retention import Going, Holding, Kept, Removed, RetentionRun
from mailpixel.store.tombstones import last_ms
from mailpixel.times import DAY_MS, to_ms


class MemoryRetention(MemorySalts, MemoryAggregates):
    """`Retention` in memory, and the states that it removes."""

    def __init__(self) -> None:
        super().__init__()
        self._states: defaultdict[str, dict[str, MessageState]] = defaultdict(dict)
        self._aside: dict[Key, str] = {}
        self._kept: defaultdict[str, Counter[TallyKey]] = defaultdict(Counter)
        self._kept_overflow: Counter[str] = Counter()
        self._gone: dict[str, int] = {}

    def forget_past(
        self,
        before_ms: int,
        after: bytes = b"",
        limit: int = 500,
        spared: Collection[str] = (),
        quiet_ms: int | None = None,
    ) -> Removed:
        """See `Retention`."""
        last_ms = before_ms if quiet_ms is None else quiet_ms
        with self._lock:
            messages, events = 0, 0
            for event in sorted(self._log.values(), key=lambda event: event.id):
                key = (event.campaign, event.recipient)
                if event.received_at_ms >= before_ms or events >= limit:
                    break
                if event.id <= after or event.campaign in spared or not self._is_past(key, last_ms):
                    continue
                messages, events = messages + 1, events + len(self._of_message[key])
                self._forget(key, before_ms)
                after = event.id
            self._erasures += last_ms > before_ms and messages > 0
            return Removed(messages, events, after if events >= limit else b"")

    def _is_past(self, key: Key, before_ms: int) -> bool:
        folded = self._positions.get(FOLD, 0)
        last = max(
            (at for at, event in self._log.items() if (event.campaign, event.recipient) == key), default=0
        )
        events = self._of_message.get(key, ())
        return 0 < last <= folded and all(event.received_at_ms < before_ms for event in events)

    def _forget(self, key: Key, before_ms: int) -> None:
        campaign, recipient = key
        ids = {event.id for event in self._of_message.pop(key)}
        self._log = {at: event for at, event in self._log.items() if event.id not in ids}
        self._ids -= ids
        state = self._states[campaign].pop(recipient, None)
        self._kept[campaign].update(rolled(tally([state] if state else [])))
        self._aside.pop(key, None)
        past = {each: hits for each, hits in self._overflow.items() if each[:2] == key}
        self._kept_overflow[campaign] += sum(past.values())
        self._overflow = {each: hits for each, hits in self._overflow.items() if each not in past}
        self._gone[campaign] = max(before_ms, self._gone.get(campaign, 0))
        self._changes.note([campaign])

    def _still_logged(self, folded: Iterable[Folded]) -> Iterator[Folded]:
        """Without what was read before retention removed its events."""
        return (
            each
            for each in folded
            if last_ms(each) >= self._gone.get(each.campaign, -1) or self._is_logged(each)
        )

    def _is_logged(self, each: Folded) -> bool:
        any_time = isinstance(each, PutAside) or last_ms(each) < 0
        events = self._of_message.get((each.campaign, each.recipient), ())
        return any(any_time or event.received_at_ms <= last_ms(each) for event in events)

    def people_gone(self) -> Mapping[str, int]:
        """See `Retention`."""
        with self._lock:
            return dict(sorted(self._gone.items()))

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """See `Retention`."""
        with self._lock:
            if kind in (Kept.SALTS, Kept.LAST_OPENS, Kept.REPORTS):
                days = list(self._salts) if kind is Kept.SALTS else [*self._days(kind).values()]
                return _holding((day * DAY_MS, (day + 1) * DAY_MS <= before_ms) for day in days)
            if kind is Kept.EVENTS:
                return _holding((event.received_at_ms, False) for event in self._log.values())
            if kind in (Kept.SITE_DETAILS, Kept.SITE_EVENTS):
                asked = [
                    event
                    for event in self._site_log.values()
                    if kind is Kept.SITE_EVENTS or event.decided is None
                ]
                return _holding((event.received_at_ms, event.received_at_ms < before_ms) for event in asked)
            full = kind is Kept.FULL_DETAILS
            detailed = [event for event in self._log.values() if _has_details(event, full)]
            return _holding((event.received_at_ms, event.received_at_ms < before_ms) for event in detailed)

    def hits_with_address(self) -> int:
        """See `Retention`."""
        with self._lock:
            return sum(event.address != "" and event.tag == b"" for event in self._log.values())

    def going(self, goings: Sequence[Going]) -> int:
        """See `Retention`."""
        with self._lock:
            return sum(
                len(events) for key, events in self._of_message.items() if self._goes(key, events, goings)
            )

    def _goes(self, key: Key, events: Sequence[Event], goings: Sequence[Going]) -> bool:
        first_ms = min(event.received_at_ms for event in events)
        return not is_of_site(key[0]) and any(
            first_ms < each.before_ms and key[0] not in each.spared and self._is_past(key, each.quiet_ms)
            for each in goings
        )

    def _days(self, kind: Kept) -> dict[Any, int]:
        return self._last_opens if kind is Kept.LAST_OPENS else self._reported

    def remove_days(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """See `Retention`."""
        with self._lock:
            days = self._days(kind)
            old = [key for key, day in days.items() if (day + 1) * DAY_MS <= before_ms][:limit]
            for key in old:
                del days[key]
            return len(old)

    def tidy(self) -> bool:
        """See `Retention`; nothing is left in files."""
        return True

    def compact(self) -> None:
        """See `Retention`; there is no file."""


class MemoryOldRecords(MemoryConsents, MemoryInbound, MemoryMails, MemoryWebhooks):
    """`OldRecords` in memory."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[Kept, RetentionRun] = {}

    def remove_old(self, kind: Kept, before_ms: int, limit: int = 500) -> int:
        """See `OldRecords`."""
        with self._lock:
            old = [key for key, moment_ms in self._moments(kind).items() if moment_ms < before_ms][:limit]
            for key in old:
                self._remove(kind, key)
            return len(old)

    def _moments(self, kind: Kept) -> Mapping[Any, int]:
        """When each record of a kind is from."""
        if kind is Kept.MAILS:
            return {campaign: to_ms(mail.registered_at) for campaign, mail in self._mails.items()}
        if kind is Kept.LETTERS:
            return {key: int.from_bytes(key[1][:6], "big") for key in self._letters}
        if kind is Kept.POSTS:
            return {key: until_ms for key, (_, until_ms) in self._once.items()}
        return {
            key: _last_said(person) for key, person in self._people.items() if _has_more_than_refusals(person)
        }

    def _remove(self, kind: Kept, key: Any) -> None:
        if kind is Kept.CONSENTS:
            self._forget_consent(key)
            return
        records: Mapping[Kept, dict[Any, Any]] = {
            Kept.MAILS: self._mails,
            Kept.LETTERS: self._letters,
            Kept.POSTS: self._once,
        }
        del records[kind][key]

    def holding(self, kind: Kept, before_ms: int) -> Holding:
        """See `OldRecords`."""
        with self._lock:
            if kind is not Kept.CONSENTS:
                return _holding(
                    (moment_ms, moment_ms < before_ms) for moment_ms in self._moments(kind).values()
                )
            return _holding(
                (each.recorded_ms, _has_more_than_refusals(person) and _last_said(person) < before_ms)
                for person in self._people.values()
                for each in person.kept
            )

    def note_retention(self, kind: Kept, at_ms: int, removed: int) -> None:
        """See `OldRecords`."""
        former = self._runs.get(kind)
        removed_ms = at_ms if removed else former and former.removed_ms
        self._runs[kind] = RetentionRun(at_ms, removed, removed_ms)

    def retention_runs(self) -> Mapping[Kept, RetentionRun]:
        """See `OldRecords`."""
        return dict(sorted(self._runs.items()))


def _holding(rows: Iterable[tuple[int, bool]]) -> Holding:
    found = list(rows)
    oldest_ms = min((moment_ms for moment_ms, _ in found), default=None)
    return Holding(len(found), sum(past for _, past in found), oldest_ms)


def _has_details(event: Event, full: bool) -> bool:
    return (
        event.kind in HIT_KINDS
        and event.tag != b""
        and event.decided is None
        and (event.address != "") == full
    )


def _last_said(person: Person) -> int:
    return max(max(each.at_ms, each.recorded_ms) for each in person.kept)


def _has_more_than_refusals(person: Person) -> bool:
    refuses = Statement.DENIED in person.statements
    return bool(person.kept) and (not refuses or any(each.recipient is not None for each in person.kept))
