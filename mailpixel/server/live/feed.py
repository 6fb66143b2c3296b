"""What the listeners of one campaign share, so that a hundred of them cost hardly more than one."""

from collections import deque
from math import inf

from mailpixel.server.live.frames import CHANGED, Kind, gap, skipped
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.news import Found

HITS_A_SECOND = 100
"""Most hits that a stream carries in a second."""
KEPT = 200
"""How many hits are kept for listeners that read slowly."""
TELL_EVERY_S = 1.0
"""The least time between two summaries."""


class Feed:
    """The latest news of one campaign.

    `changes` counts how often the figures changed, `shown_changes` how often those that a share shows did. `shown` is
    a digest of the latter, empty until a stranger listens. `cursor` is the place in the log up to
    which its hits are in the feed; empty until the first look. `settled_at_s` is when the verdicts of the last change
    are settled, which changes the figures once more.
    """

    def __init__(self, campaign: str) -> None:
        self.campaign = campaign
        self.listeners: set[Listener] = set()
        self.jobs: dict[str, bytes] = {}
        self.summary = b""
        self.shown = b""
        self.changes = self.shown_changes = 0
        self.cursor = ""
        self.has_news = self.has_hits = False
        self.seen_revision = 0
        self.settled_at_s = inf
        self._told_s = self._second_began_s = -inf
        self._hits_left = HITS_A_SECOND
        self._left_out = 0
        self._frames: deque[bytes] = deque(maxlen=KEPT)
        self._end = 0

    def wants(self, kind: Kind) -> bool:
        """Whether any listener wants events of this kind."""
        return any(kind in listener.kinds for listener in self.listeners)

    @property
    def has_strangers(self) -> bool:
        """Whether anybody listens who has the address of a share."""
        return any(listener.is_stranger for listener in self.listeners)

    def moved(self, now_s: float, settle_s: float) -> None:
        """Note that the figures changed."""
        self.has_news = self.has_hits = True
        self.settled_at_s = now_s + settle_s

    def is_due(self, now_s: float) -> bool:
        """Whether it is time to tell the listeners that figures changed."""
        return self.has_news and now_s - self._told_s >= TELL_EVERY_S

    def tell(self, now_s: float, summary: bytes, shown: bytes = b"") -> None:
        """Tell them. The summary is empty where nobody wants it, the digest `shown` where no stranger listens."""
        self.has_news, self._told_s = False, now_s
        self.summary = summary
        self.changes += 1
        if shown and shown != self.shown:
            self.shown_changes += bool(self.shown)
            self.shown = shown

    def room(self, now_s: float) -> int:
        """How many hits may still be carried in this second."""
        if now_s - self._second_began_s >= 1.0:
            self._second_began_s, self._hits_left = now_s, HITS_A_SECOND
            self._say_left_out()
        return self._hits_left

    def add_found(self, found: Found) -> None:
        """Add the hits that were found, and count those that were left out."""
        self.cursor, self.has_hits = found.cursor, False
        self._hits_left -= len(found.hits)
        for each in found.hits:
            self.add(each)
        if found.left_out is None:
            self.add(gap(self.cursor))
        else:
            self._left_out += found.left_out

    def note_jobs(self, jobs: dict[str, bytes]) -> bool:
        """Note how far the jobs are. Returns whether that is new. Texts that are the same stay the same objects."""
        if jobs == self.jobs:
            return False
        self.jobs = {
            job: self.jobs[job] if self.jobs.get(job) == text else text for job, text in jobs.items()
        }
        return True

    def add(self, frame: bytes) -> None:
        """Add one event behind the hits so far."""
        self._frames.append(frame)
        self._end += 1

    @property
    def end(self) -> int:
        """The number of events of hits so far: the place of the next one."""
        return self._end

    def begin(self, listener: Listener) -> None:
        """Let a listener have everything so far, but for the summary and the jobs that run."""
        listener.changes = (
            0 if Kind.SUMMARY in listener.kinds and self.summary else self._changes_for(listener)
        )
        listener.place = self.end

    def take(self, listener: Listener) -> bytes:
        """The text that is new to a listener; empty when nothing is."""
        parts: list[bytes] = []
        changes = self._changes_for(listener)
        if listener.changes != changes:
            listener.changes = changes
            if Kind.CHANGE in listener.kinds:
                parts.append(CHANGED)
            if Kind.SUMMARY in listener.kinds:
                parts.append(self.summary)
        if Kind.HIT in listener.kinds:
            parts += self.hits_from(listener.place)
            listener.place = self.end
        if Kind.JOB in listener.kinds and listener.jobs is not self.jobs:
            parts += [text for job, text in self.jobs.items() if listener.jobs.get(job) is not text]
            listener.jobs = self.jobs
        return b"".join(parts)

    def hits_from(self, place: int) -> list[bytes]:
        """The events of hits from a place on. For a listener that was too slow, the first says how many it missed."""
        missed = self._end - len(self._frames) - place
        kept = list(self._frames)[max(-missed, 0) :] if place < self._end else []
        return [skipped(missed, self.cursor), *kept] if missed > 0 else kept

    def _changes_for(self, listener: Listener) -> int:
        return self.shown_changes if listener.is_stranger else self.changes

    def _say_left_out(self) -> None:
        if self._left_out:
            self.add(skipped(self._left_out, self.cursor))
            self._left_out = 0
