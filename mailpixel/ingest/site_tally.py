"""Counts about what the pages of a site send now: kept in the memory of a process, bounded, and never stored.

Several processes count each for itself; `added` adds up what they counted.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from functools import reduce

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from mailpixel.times import DAY_MS, HOUR_MS

MINUTE_MS = 60_000
MINUTES = 10
"""The minutes of which the speed of a site is the mean."""
SAMPLES = 200
"""The last values of which medians are taken, for each process."""
NAMES = 100
"""The last names of events that were refused."""
SITES = 200
"""The sites that are counted; of more, the one that was silent for longest is forgotten."""
FURTHEST_MS = 10**12
"""The clock of a browser that is further off counts as this far off: 32 years."""


class SiteTally(Struct, frozen=True, gc=False):
    """What was counted of a site, by `workers` processes since `since_ms` (0: by none).

    `loads` of the script and `envelopes` are of the last 24 hours, `events` of the last 10 minutes. `clocks_ms` are
    differences between the moments at which envelopes were received and sent, `answers_us` what answers to logged
    ones took, `bytes` the sizes of envelopes, each in order. `refused` are names that the site does not have, with
    their numbers. `script_bytes` is the size of the script as it was sent last.
    """

    workers: int = 0
    since_ms: int = 0
    loads: int = 0
    envelopes: int = 0
    events: int = 0
    clocks_ms: list[int] = []
    answers_us: list[int] = []
    bytes: list[int] = []
    script_bytes: int = 0
    refused: dict[str, int] = {}


NOTHING = SiteTally()


def added(tallies: Iterable[SiteTally]) -> SiteTally:
    """What several processes counted, together."""
    return reduce(_both, tallies, NOTHING)


def _both(one: SiteTally, other: SiteTally) -> SiteTally:
    refused = dict(one.refused)
    for name, number in other.refused.items():
        refused[name] = refused.get(name, 0) + number
    return SiteTally(
        workers=one.workers + other.workers,
        since_ms=min(one.since_ms, other.since_ms) if one.workers else other.since_ms,
        loads=one.loads + other.loads,
        envelopes=one.envelopes + other.envelopes,
        events=one.events + other.events,
        clocks_ms=sorted(one.clocks_ms + other.clocks_ms),
        answers_us=sorted(one.answers_us + other.answers_us),
        bytes=sorted(one.bytes + other.bytes),
        script_bytes=max(one.script_bytes, other.script_bytes),
        refused=refused,
    )


def tally_text(tally: SiteTally) -> bytes:
    """A tally as a line of JSON."""
    return _ENCODER.encode(tally) + b"\n"


def read_tally(line: bytes) -> SiteTally:
    """The tally of a line. Raises `msgspec.DecodeError`."""
    return _DECODER.decode(line)


_ENCODER, _DECODER = Encoder(), Decoder(SiteTally)


class _Slots:
    """Numbers of the last slots of time: `most` of them, `width_ms` each."""

    __slots__ = ("_most", "_numbers", "_width_ms")

    def __init__(self, width_ms: int, most: int) -> None:
        self._width_ms = width_ms
        self._most = most
        self._numbers: dict[int, int] = {}

    def add(self, at_ms: int, number: int = 1) -> None:
        """Count what happens at a moment."""
        slot = at_ms // self._width_ms
        if slot in self._numbers:
            self._numbers[slot] += number
            return
        self._numbers = {old: was for old, was in self._numbers.items() if slot - self._most < old}
        self._numbers[slot] = number

    def total(self, now_ms: int) -> int:
        """The number of the slots up to now."""
        first = now_ms // self._width_ms - self._most
        return sum(number for slot, number in self._numbers.items() if slot > first)


class _OfSite:
    """The counts of one site in this process."""

    __slots__ = (
        "answers_us",
        "bytes",
        "clocks_ms",
        "envelopes",
        "events",
        "loads",
        "refused",
        "script_bytes",
    )

    def __init__(self) -> None:
        self.loads = _Slots(HOUR_MS, DAY_MS // HOUR_MS)
        self.envelopes = _Slots(HOUR_MS, DAY_MS // HOUR_MS)
        self.events = _Slots(MINUTE_MS, MINUTES)
        self.clocks_ms: deque[int] = deque(maxlen=SAMPLES)
        self.answers_us: deque[int] = deque(maxlen=SAMPLES)
        self.bytes: deque[int] = deque(maxlen=SAMPLES)
        self.script_bytes = 0
        self.refused: OrderedDict[str, int] = OrderedDict()

    def refuse(self, name: str) -> None:
        """Count a name that the site does not have."""
        self.refused[name] = self.refused.pop(name, 0) + 1
        if len(self.refused) > NAMES:
            self.refused.popitem(last=False)


class Tallies:
    """The counts of all sites in this process. Used on the event loop alone."""

    def __init__(self, since_ms: int = 0) -> None:
        self.since_ms = since_ms
        self._of_site: OrderedDict[str, _OfSite] = OrderedDict()

    def of(self, site: str) -> _OfSite:
        """The counts of a site, to be added to."""
        found = self._of_site.get(site)
        if found is None:
            found = self._of_site[site] = _OfSite()
            if len(self._of_site) > SITES:
                self._of_site.popitem(last=False)
        else:
            self._of_site.move_to_end(site)
        return found

    def loaded(self, site: str, at_ms: int, size_bytes: int) -> None:
        """Count a load of the script. `size_bytes` is 0 where the browser had it."""
        counts = self.of(site)
        counts.loads.add(at_ms)
        counts.script_bytes = size_bytes or counts.script_bytes

    def answered(self, site: str, took_us: int) -> None:
        """Note how long the answer to a logged envelope took."""
        self.of(site).answers_us.append(took_us)

    def tally(self, site: str, now_ms: int) -> SiteTally:
        """What was counted of a site up to now."""
        counts = self._of_site.get(site) or _OfSite()
        return SiteTally(
            workers=1,
            since_ms=self.since_ms,
            loads=counts.loads.total(now_ms),
            envelopes=counts.envelopes.total(now_ms),
            events=counts.events.total(now_ms),
            clocks_ms=sorted(counts.clocks_ms),
            answers_us=sorted(counts.answers_us),
            bytes=sorted(counts.bytes),
            script_bytes=counts.script_bytes,
            refused=dict(counts.refused),
        )
