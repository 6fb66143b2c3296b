"""The consumers of a log in memory."""

import threading
from abc import ABC, abstractmethod
from itertools import islice, takewhile

from mailpixel.errors import InvalidInput
from mailpixel.model import Event, Message
from mailpixel.site_model import MESSAGES, SITE_CASES, Cases, case_kind
from mailpixel.store.consumers import WHOLE, Entry, News, Part, Settled, Waiting, position_name
from mailpixel.store.projections import FOLD

Cursor = tuple[int, int, int]
"""A position, the number of erasures, and the number of replaced campaigns."""


class MemoryConsumers(ABC):
    """Events by position, those of messages and those of sites apart, and the position of each consumer."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._log: dict[int, Event] = {}
        self._site_log: dict[int, Event] = {}
        self._positions: dict[str, int] = {}
        self._erasures = 0
        self._replacements = 0

    @abstractmethod
    def message(self, campaign: str, recipient: str) -> Message:
        """See `MessageReader`."""

    def consumer(self, name: str, part: Part = WHOLE, cases: Cases = MESSAGES) -> "MemoryConsumer":
        """See `Consumers`."""
        if not cases or not (cases <= MESSAGES or cases <= SITE_CASES):
            raise InvalidInput("cases", "must be messages, or visits and orders; use one consumer for each")
        return MemoryConsumer(self, position_name(name, part), part, cases)

    def _log_of(self, cases: Cases) -> dict[int, Event]:
        return self._log if cases <= MESSAGES else self._site_log

    def cursor(self, consumer: str = FOLD) -> str:
        """See `Projections`."""
        return text_of((self._positions.get(consumer, 0), self._erasures, self._replacements))

    def _move(self, consumer: str, cursor: str) -> None:
        with self._lock:
            self._positions[consumer] = parse_cursor(cursor)[0]

    def _news(self, consumer: str, part: Part, limit: int, cases: Cases) -> News:
        with self._lock:
            log = self._log_of(cases)
            since = self.cursor(consumer)
            position, *changes = parse_cursor(since)
            news = dict(islice(((at, event) for at, event in log.items() if at > position), limit))
            keys = dict.fromkeys((event.campaign, event.recipient) for event in news.values())
            messages = [self.message(*key) for key in keys if part.has(*key) and case_kind(key[0]) in cases]
            return News(since, text_of((max(news, default=position), *changes)), messages)

    def position_at(self, moment_ms: int | None) -> str:
        """See `Consumers`."""
        with self._lock:
            last = max(self._log, default=0)
            since = (at for at, event in self._log.items() if event.received_at_ms >= (moment_ms or 0))
            position = last if moment_ms is None else min(since, default=last + 1) - 1
            return text_of((position, 0, 0))

    def forget_consumer(self, name: str) -> None:
        """See `Consumers`."""
        with self._lock:
            self._positions.pop(name, None)

    def _settled(self, after: str, until_ms: int, limit: int, cases: Cases) -> Settled:
        with self._lock:
            position = parse_cursor(after)[0]
            later = ((at, event) for at, event in self._log_of(cases).items() if at > position)
            settled = takewhile(lambda each: each[1].received_at_ms <= until_ms, islice(later, limit))
            entries = [
                Entry(text_of((at, 0, 0)), event.id, event.campaign, event.recipient) for at, event in settled
            ]
            keys = dict.fromkeys((entry.campaign, entry.recipient) for entry in entries)
            return Settled(entries, [self.message(*key) for key in keys if case_kind(key[0]) in cases])

    def _waiting(self, consumer: str = FOLD, cases: Cases = MESSAGES) -> Waiting:
        with self._lock:
            position = self._positions.get(consumer, 0)
            news = [event for at, event in self._log_of(cases).items() if at > position]
            return Waiting(len(news), news[0].received_at_ms if news else None)


class MemoryConsumer:
    """A `Consumer` of a log in memory."""

    def __init__(self, log: MemoryConsumers, name: str, part: Part, cases: Cases) -> None:
        self._log = log
        self._name = name
        self._part = part
        self._cases = cases

    def news(self, limit: int) -> News:
        """See `Consumer`."""
        return self._log._news(self._name, self._part, limit, self._cases)

    def done(self, position: str) -> None:
        """See `Consumer`."""
        self._log._move(self._name, position)

    def position(self) -> str:
        """See `Consumer`."""
        return text_of((self._log._positions.get(self._name, 0), 0, 0))

    def settled(self, after: str, until_ms: int, limit: int) -> Settled:
        """See `Consumer`."""
        return self._log._settled(after, until_ms, limit, self._cases)

    def waiting(self) -> Waiting:
        """See `Consumer`."""
        return self._log._waiting(self._name, self._cases)


def parse_cursor(cursor: str) -> Cursor:
    """The cursor that a text stands for; the empty text is the beginning. Raises `InvalidInput`."""
    try:
        position, erasures, replacements = map(int, cursor.split(".")) if cursor else (0, 0, 0)
    except ValueError:
        raise InvalidInput("cursor", "is not a cursor of this store; start with an empty one") from None
    return position, erasures, replacements


def text_of(cursor: tuple[int, ...]) -> str:
    """The cursor as text."""
    return ".".join(map(str, cursor)) if any(cursor) else ""
