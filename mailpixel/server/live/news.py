"""What the store says, as the text of a stream. It waits for the disk, so it runs in a thread."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from mailpixel.classify import judge
from mailpixel.errors import InvalidInput, NotFound
from mailpixel.kinds import EventKind
from mailpixel.model import Judged, Verdict, Via
from mailpixel.privacy.small_cells import shown
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.report.reporting import Reporting
from mailpixel.server.live.frames import Kind, frame, gap
from mailpixel.store.campaigns import CampaignReader
from mailpixel.store.changes import FoldedHit, NewCounts
from mailpixel.store.store import Store

RESUMED = 1_000
"""Most hits that a client gets that lost its connection and goes on."""


class LiveHit(Answer, frozen=True):
    """One hit with its verdict. A `provisional` one may still be judged otherwise, with the hits that follow."""

    id: str
    at: Iso
    kind: EventKind
    recipient: str
    link: Count | None
    verdict: Verdict
    rule: str
    via: Via | None
    dup: bool
    provisional: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read of one campaign: its summary, and hits from a place in the log on (None: no hits)."""

    campaign: str
    summary: bool
    hits_after: str | None
    most_hits: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was read: texts of a stream. `left_out` counts hits past the limit; None where nobody can count them."""

    summary: bytes = b""
    hits: Sequence[bytes] = ()
    left_out: int | None = 0
    cursor: str = ""


class News:
    """Reads the news of campaigns. `clock` gives milliseconds since 1970."""

    def __init__(
        self,
        store: Store,
        registry: CampaignReader,
        reporting: Callable[[], Reporting],
        clock: Callable[[], int],
        settle_ms: int,
    ) -> None:
        self._store = store
        self._registry = registry
        self._reporting = reporting
        self._clock = clock
        self._settle_ms = settle_ms

    def changed(self, since: str) -> NewCounts:
        """The campaigns whose figures changed."""
        return self._store.news_of_counts(since)

    def read(self, wanted: Wanted) -> Found:
        """What is wanted. A campaign that was deleted meanwhile has nothing."""
        try:
            summary = self._summary(wanted.campaign) if wanted.summary else b""
            if wanted.hits_after is None:
                return Found(summary)
            return self._hits(wanted, summary)
        except NotFound:
            return Found(cursor=wanted.hits_after or "")

    def resumed(self, campaign: str, since: str, until: str) -> bytes:
        """The hits between two places in the log, or a gap where there are too many or the place is unknown."""
        try:
            found = self._store.folded_hits(campaign, since, RESUMED, until)
        except InvalidInput:
            return gap(until)
        return gap(until) if found.more != 0 else b"".join(self._frames(campaign, found.hits))

    def shown(self, campaign: str) -> bytes:
        """A digest of the figures that a share of a campaign shows. It differs when one of these numbers does."""
        figures = self._store.figures(campaign, self._clock(), self._settle_ms)
        numbers = {(0, name): shown(number) for name, number in figures.totals.items()}
        for link, measures in figures.links.items():
            numbers |= {(link, name): shown(number) for name, number in measures.items()}
        return sha256(repr(sorted(numbers.items())).encode()).digest()

    def _summary(self, campaign: str) -> bytes:
        figures = self._store.figures(campaign, self._clock(), self._settle_ms)
        summary = self._reporting().summary(self._registry.campaign(campaign), figures)
        return frame(Kind.SUMMARY, summary.to_json())

    def _hits(self, wanted: Wanted, summary: bytes) -> Found:
        found = self._store.folded_hits(wanted.campaign, wanted.hits_after or "", wanted.most_hits)
        frames = tuple(self._frames(wanted.campaign, found.hits))
        return Found(summary, frames, found.more, found.cursor)

    def _frames(self, campaign: str, hits: Sequence[FoldedHit]) -> Iterator[bytes]:
        """Each hit as an event. A message is judged as a whole, with the rules in force."""
        if not hits:
            return
        judged: dict[bytes, Judged] = {}
        of, rules = self._registry.campaign(campaign), self._reporting().rules
        for recipient in dict.fromkeys(hit.recipient for hit in hits):
            message = self._store.message(campaign, recipient)
            judged.update({each.event.id: each for each in judge(message, of, rules)})
        settled_ms = self._clock() - self._settle_ms
        for hit in hits:
            if hit.id in judged:  # it is not when its person was erased meanwhile
                yield frame(Kind.HIT, _row(judged[hit.id], settled_ms).to_json(), hit.cursor)


def _row(judged: Judged, settled_ms: int) -> LiveHit:
    event = judged.event
    return LiveHit(
        id=event.id.hex(),
        at=iso_ms(event.received_at_ms),
        kind=event.kind,
        recipient=event.recipient,
        link=event.link,
        verdict=judged.verdict,
        rule=judged.rule,
        via=judged.via,
        dup=judged.dup,
        provisional=event.received_at_ms > settled_ms,
    )
