"""The rebuild: judges campaigns again from their events, on all cores, while the service keeps running.

The log is cut into parts, each a range of recipients of one campaign. The parts of all campaigns wait in one
queue, so the cores are busy for one large campaign as for many small ones. This process writes the results.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, groupby, islice
from typing import Any

from msgspec.msgpack import Decoder, Encoder

from mailpixel.errors import Conflict, StoreUnavailable
from mailpixel.model import Campaign, Message
from mailpixel.pool import cores, in_order
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.projections.lease import Stop
from mailpixel.projections.message_state import Judge, fold_or_put_aside
from mailpixel.projections.rebuild_difference import Comparison, Difference
from mailpixel.store.log import PutAside
from mailpixel.store.measures import Tally
from mailpixel.store.projections import Counted, Folded, Generation, MessageState, counted
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store

EVENTS = 20_000
"""Events in a part, about."""

ATTEMPTS = 5
"""How often a campaign is started over because a person was erased meanwhile."""


def _nothing() -> None:
    """The default of `between`: do nothing."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """How to rebuild.

    `dry_run` only compares. `processes` is how many judge at once (0: one for each core); with more than one,
    store and judge must be picklable. Each judges about `events` events at a time. `between` is called after
    each part. `edition` names the edition of the judge's rules (empty: it is not noted).
    """

    dry_run: bool = False
    processes: int = 0
    between: Callable[[], object] = _nothing
    events: int = EVENTS
    edition: str = ""


def rebuild(
    store: Store,
    registry: FoldRegistry,
    judge: Judge,
    campaigns: Sequence[str] | None = None,
    how: Rebuild = Rebuild(),
) -> Sequence[Difference]:
    """Judge these campaigns, or all that have events, again from the log. Returns what changes, by campaign.

    The fold may run meanwhile: no event is missed or counted twice, and readers see a campaign's former
    counters until the new ones are complete.

    A message that cannot be judged is put aside. A campaign that cannot be judged stays as it was, and its
    difference names the kind of error.

    Raises `Conflict` when every attempt was disturbed by an erasure or by another rebuild.
    """
    asked = store.campaigns() if campaigns is None else campaigns
    found: dict[str, Difference] = {}
    for _ in range(ATTEMPTS):
        found |= _Attempt(store, registry, judge, how).differences(id for id in asked if id not in found)
        if len(found) == len(asked):
            return [found[id] for id in asked]
    raise Conflict("people were erased or campaigns rebuilt during every attempt; try again")


@dataclass(frozen=True, slots=True)
class CampaignJudgement:
    """One campaign to judge, as it was when its rebuild began, and the number of the judge's rules."""

    store: Store
    judge: Judge
    campaign: Campaign
    edition: int

    def fold(self, message: Message | PutAside) -> Folded:
        """The state of one message, or the message put aside."""
        return fold_or_put_aside(message, self.judge, {self.campaign.id: self.campaign}, self.edition)


@dataclass(frozen=True, slots=True)
class RecipientRange:
    """The recipients of a campaign after `after`, up to and including `until`."""

    judgement: CampaignJudgement
    after: str
    until: str

    def judged(self) -> "RangeResult":
        """The new states of this part. An error is a value here: it stops this campaign but no other."""
        try:
            return self._judged()
        except StoreUnavailable:
            raise
        except Exception as error:
            return RangeResult(counted(()), Comparison(), type(error).__name__)

    def _judged(self) -> "RangeResult":
        judgement, comparison = self.judgement, Comparison()
        messages = judgement.store.messages_to_fold(judgement.campaign.id, self.after, self.until)
        part = counted(judgement.fold(message) for message in messages)
        comparison.add(self._stored(len(part.states) + 1), part)
        return RangeResult(part, comparison)

    def _stored(self, limit: int) -> dict[str, MessageState]:
        found: dict[str, MessageState] = {}
        after = self.after
        while page := self.judgement.store.recipients(self.judgement.campaign.id, after, limit):
            found |= {state.recipient: state for state in page if state.recipient <= self.until}
            after = page[-1].recipient
            if after >= self.until:
                break
        return found


@dataclass(frozen=True, slots=True)
class RangeResult:
    """The new states of a part and how they differ from the stored ones, or the kind of `error`."""

    part: Counted
    comparison: Comparison
    error: str = ""

    def __reduce__(self) -> tuple[Callable[..., "RangeResult"], tuple[object, ...]]:
        """How it comes to the process that writes: states as MessagePack, five times quicker than pickled."""
        part = self.part
        states, shown = _ENCODER.encode(part.states), array("H", part.shown)
        return _handed_over, (states, shown, part.total, part.aside, self.comparison, self.error)


def _handed_over(
    states: bytes,
    shown: Sequence[int],
    total: Tally,
    aside: Sequence[PutAside],
    *others: Any,
) -> RangeResult:
    return RangeResult(Counted(_DECODER.decode(states), shown, total, aside), *others)


_ENCODER, _DECODER = Encoder(), Decoder(list[MessageState])


class _Failed(Exception):
    """A part could not be judged. The message names the kind of error."""


Result = tuple[RecipientRange, RangeResult]


class _Attempt:
    """One attempt at some campaigns. Campaigns that were disturbed meanwhile are left for the next attempt."""

    def __init__(self, store: Store, registry: FoldRegistry, judge: Judge, how: Rebuild) -> None:
        self._store = store
        self._registry = registry
        self._judge = judge
        self._how = how
        self._generations: dict[str, AbstractContextManager[Generation]] = {}

    def differences(self, ids: Iterable[str]) -> dict[str, Difference]:
        """What changes, by campaign."""
        found: dict[str, Difference] = {}
        for judgement, results in groupby(
            self._results(self._parts(ids)), lambda result: result[0].judgement
        ):
            comparison = Comparison()
            try:
                self._put(judgement, self._folded(results, comparison))
            except Conflict:
                continue
            except (StoreUnavailable, Stop):
                raise
            except Exception as error:
                kind = str(error) if isinstance(error, _Failed) else type(error).__name__
                found[judgement.campaign.id] = Difference(judgement.campaign.id, error=kind)
            else:
                found[judgement.campaign.id] = comparison.difference(judgement.campaign.id)
        return found

    def _parts(self, ids: Iterable[str]) -> Iterator[RecipientRange]:
        """The parts of each campaign in order, at least one each. Their generation is begun first."""
        known = KnownCampaigns(self._registry)
        edition = 0
        if self._how.edition and not self._how.dry_run:
            edition = self._registry.edition_number(self._how.edition)
        for id in ids:
            judgement = CampaignJudgement(self._store, self._judge, known[id], edition)
            if not self._how.dry_run:
                self._generations[id] = self._store.new_generation(id, judgement.fold, self._how.edition)
            for after, until in self._store.ranges(id, self._how.events) or [("", "")]:
                yield RecipientRange(judgement, after, until)

    def _results(self, parts: Iterator[RecipientRange]) -> Iterator[Result]:
        """The judged parts in order. Too few parts for several processes are judged in this one."""
        processes = self._how.processes or cores()
        first = list(islice(parts, processes + 1))
        if processes == 1 or len(first) <= processes:
            return ((part, part.judged()) for part in chain(first, parts))
        return in_order(chain(first, parts), RecipientRange.judged, processes)

    def _folded(self, results: Iterable[Result], comparison: Comparison) -> Iterator[Counted]:
        """The states of each part, while the comparison adds them up."""
        for _, judged in results:
            if judged.error:
                raise _Failed(judged.error)
            comparison.merge(judged.comparison)
            yield judged.part
            self._how.between()

    def _put(self, judgement: CampaignJudgement, parts: Iterator[Counted]) -> None:
        if self._how.dry_run:
            for _ in parts:
                pass
            return
        id = judgement.campaign.id
        with self._generations.pop(id) as generation:
            for part in parts:
                generation.put_counted(part)
        self._registry.settled(judgement.campaign)
