"""A store in memory, for tests: nothing is kept, nothing waits.

Counters are computed from the states when they are asked for, so they cannot drift. The
other stores are compared with it.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace as changed_copy

from mailpixel.errors import Conflict
from mailpixel.kinds import HIT_KINDS
from mailpixel.model import Event, Facts, Message
from mailpixel.site_model import CaseKind, Click, case_kind, is_of_site, reporter_of
from mailpixel.store.changes import FARTHEST, FoldedHit, FoldedHits, NewCounts
from mailpixel.store.clicks import unpack_clicks
from mailpixel.store.consumers import News
from mailpixel.store.erasure import NO_CASES, Ahead, Case, Erased, Scanned, Suppression, TheirCases
from mailpixel.store.log import PutAside
from mailpixel.store.measures import MEASURES, Step, TallyKey, tally
from mailpixel.store.memory.changes import position_in
from mailpixel.store.memory.log import Key
from mailpixel.store.memory.signings import MemorySignings
from mailpixel.store.memory.site_retention import MemorySiteRetention
from mailpixel.store.projections import (
    FOLD,
    Buckets,
    Counted,
    Figures,
    Folded,
    Generation,
    MessageState,
    Window,
)
from mailpixel.store.shown import links_people_followed
from mailpixel.store.site_projections import Use
from mailpixel.store.standing import Standing
from mailpixel.store.tombstones import last_ms, moment_kept, moment_of_erasure, person8
from mailpixel.times import DAY_MS


class MemoryGeneration:
    """A `Generation` in memory: its states by recipient."""

    def __init__(self) -> None:
        self.folded: dict[str, Folded] = {}

    def put(self, states: Iterable[Folded]) -> None:
        """See `Generation`."""
        self.folded.update({each.recipient: each for each in states})

    def put_counted(self, part: Counted) -> None:
        """See `Generation`. What a campaign's states add up to is computed whenever somebody asks."""
        self.put([*part.states, *part.aside])


class MemoryStore(MemorySiteRetention):
    """A `Store` in memory. Any thread may call it. An erasure corrects the counts of `signings`, if there are any."""

    def __init__(self, signings: MemorySignings | None = None) -> None:
        super().__init__()
        self._signings = signings
        self._editions: dict[str, str] = {}
        self._filling: dict[str, MemoryGeneration] = {}

    def _is_kept(self, folded: Folded) -> bool:
        """Whether this was folded with knowledge of the person's erasure, if there was one."""
        up_to_ms = self._erased_up_to_ms(folded.recipient)
        if isinstance(folded, PutAside) and (folded.campaign, folded.recipient) in self._of_message:
            return True
        return up_to_ms < 0 or last_ms(folded) > up_to_ms

    def save(self, states: Sequence[Folded], news: News) -> None:
        """See `Store`."""
        with self._lock:
            if self.cursor() != news.since:
                raise Conflict("the log was folded, replaced or erased from meanwhile; read again")
            for state in self._still_logged(filter(self._is_kept, states)):
                self._put(state, self._states[state.campaign])
            self._changes.note({state.campaign for state in states if not isinstance(state, PutAside)})
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

    def new_generation(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str = ""
    ) -> AbstractContextManager[Generation]:
        """See `Store`."""
        with self._lock:
            return self._filled(campaign, fold, edition, (self._appended, self._erasures))

    @contextmanager
    def _filled(
        self, campaign: str, fold: Callable[[Message], Folded], edition: str, begun: tuple[int, int]
    ) -> Iterator[Generation]:
        position, erasures = begun
        generation = self._filling[campaign] = MemoryGeneration()
        yield generation
        with self._lock:
            if self._erasures != erasures or self._filling.get(campaign) is not generation:
                raise Conflict("a person was erased or another rebuild began meanwhile; start over")
            news = [event for at, event in self._log.items() if at > position and event.campaign == campaign]
            generation.put(
                fold(self.message(campaign, name)) for name in dict.fromkeys(e.recipient for e in news)
            )
            self._aside = {key: error for key, error in self._aside.items() if key[0] != campaign}
            self._states[campaign] = {}
            for folded in self._still_logged(generation.folded.values()):
                self._put(folded, self._states[campaign])
            if edition:
                self._editions[campaign] = edition
            self._changes.note([campaign])
            self._replacements += 1

    def note_edition(self, edition: str, campaigns: Iterable[str], anew: bool = False) -> None:
        """See `Store`."""
        with self._lock:
            for campaign in campaigns:
                if anew or campaign not in self._editions:
                    self._editions[campaign] = edition
                    self._changes.note([campaign])

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
                overflow=self._kept_overflow[campaign]
                + sum(hits for key, hits in self._overflow.items() if key[0] == campaign),
                provisional=sum(event.campaign == campaign and _is_signed_hit(event) for event in young),
                as_of_ms=self._as_of_ms(now_ms),
                edition=self._editions.get(campaign, ""),
                people_gone_ms=self._gone.get(campaign),
            )

    def figures_of(self, campaigns: Sequence[str], now_ms: int, settle_ms: int) -> Mapping[str, Figures]:
        """See `ReadProjections`."""
        with self._lock:
            found = {campaign: self.figures(campaign, now_ms, settle_ms) for campaign in campaigns}
        return {campaign: changed_copy(figures, links={}) for campaign, figures in found.items()}

    def timelines(
        self, windows: Mapping[str, Window], measures: Sequence[str], step: Step = Step.QUARTER
    ) -> Mapping[str, Buckets]:
        """See `ReadProjections`."""
        with self._lock:
            whole = {campaign: self.timeline(campaign, *each, step) for campaign, each in windows.items()}
        return {campaign: _only(buckets, measures) for campaign, buckets in whole.items()}

    def timeline(
        self, campaign: str, since_ms: int = 0, until_ms: int | None = None, step: Step = Step.QUARTER
    ) -> Buckets:
        """See `ReadProjections`."""
        buckets: defaultdict[int, Counter[str]] = defaultdict(Counter)
        with self._lock:
            counted = Counter(tally(self._states.get(campaign, {}).values())) + self._unnamed(campaign)
            kept = Counter(self._kept.get(campaign, {}))
        parts: tuple[tuple[Mapping[TallyKey, int], int], ...] = ((counted, step.length_ms), (kept, DAY_MS))
        for counts, length_ms in parts:
            for (quarter_ms, link, measure), number in sorted(counts.items()):
                start_ms = quarter_ms - quarter_ms % length_ms
                is_in = start_ms + length_ms > since_ms and (until_ms is None or start_ms < until_ms)
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

    def states_of(self, recipients: Sequence[str], campaign: str | None = None) -> Sequence[MessageState]:
        """See `ReadProjections`."""
        with self._lock:
            asked = self._states.values() if campaign is None else [self._states.get(campaign, {})]
            people = dict.fromkeys(recipients)
            return [states[each] for states in asked for each in people if each in states]

    def clicks_by_id(self, ids: Sequence[bytes]) -> Mapping[bytes, Click]:
        """See `Clicks`."""
        with self._lock:
            states = [state for of in self._states.values() for state in of.values() if state.carried]
        clicks = (
            each for state in states for each in unpack_clicks(state.campaign, state.recipient, state.carried)
        )
        asked = frozenset(ids)
        return {click.id: click for click in clicks if click.id in asked}

    def uses_of_campaign(self, campaign: str) -> Sequence[Use]:
        """See `ReadSiteProjections`."""
        uses = list(self._uses())
        clicks = self.clicks_by_id([use.click for use in uses])
        return [use for use in uses if use.click in clicks and clicks[use.click].campaign == campaign]

    def erase(self, recipient: str, now_ms: int) -> int:
        """See `Store`."""
        return self.erase_all([recipient], now_ms).events

    def erase_all(self, recipients: Sequence[str], now_ms: int, cases: TheirCases = NO_CASES) -> Erased:
        """See `Store`."""
        with self._lock:
            each = [self._erase(recipient, now_ms) for recipient in recipients]
            gone = {case: self._erase_case(case) for case in cases.whole}
            lost = [self._lose_reports(*report) for report in cases.reports]
            self._erasures += 1
        kinds = Counter(case_kind(case[0]) for case, events in gone.items() if events)
        events = sum(events for events, _ in each) + sum(gone.values()) + sum(lost)
        states = sum(states for _, states in each)
        return Erased(len(each), events, states, kinds[CaseKind.VISIT], kinds[CaseKind.ORDER])

    def _erase_case(self, case: Case) -> int:
        """Erase a visit or an order; how many events it had."""
        gone = self._of_message.pop(case, [])
        ids = {event.id for event in gone}
        for at in [at for at, event in self._site_log.items() if event.id in ids]:
            del self._site_log[at]
        self._ids -= ids
        self._overflow = {key: hits for key, hits in self._overflow.items() if key[:2] != case}
        self.forget_cases([case])
        return len(gone)

    def _lose_reports(self, case: Case, visitor: str) -> int:
        """Erase what a visitor reported of an order, and make the rest news again; how many events went."""
        events = list(self._of_message.get(case, ()))
        self._erase_case(case)
        kept = [event for event in events if reporter_of(event.body) != visitor]
        for event in kept:
            self._append(event)
        return len(events) - len(kept)

    def _erase(self, recipient: str, now_ms: int) -> tuple[int, int]:
        """Erase one person; how many events and states were theirs."""
        gone = {at: event for at, event in self._log.items() if event.recipient == recipient}
        self._bury(recipient, moment_of_erasure(now_ms, (event.received_at_ms for event in gone.values())))
        if self._signings is not None:
            for campaign in {event.campaign for event in gone.values()}:
                mine = [
                    (event.kind, int(event.facts)) for event in gone.values() if event.campaign == campaign
                ]
                self._signings.move_to_erased(campaign, mine)
        for at, event in gone.items():
            del self._log[at]
            self._ids.discard(event.id)
            self._of_message.pop((event.campaign, recipient), None)
        folded = [campaign for campaign, states in self._states.items() if states.pop(recipient, None)]
        past = {key for key in self._overflow if key[1] == recipient and not is_of_site(key[0])}
        self._changes.note(folded + [campaign for campaign, *_ in past])
        self._aside = {key: error for key, error in self._aside.items() if key[1] != recipient}
        self._overflow = {key: hits for key, hits in self._overflow.items() if key not in past}
        self._last_opens.pop(recipient, None)
        return len(gone), len(folded)

    def _bury(self, recipient: str, at_ms: int) -> None:
        key = person8(self._secret, recipient)
        last = next(reversed(self._log.values()), None)
        logged_ms = last.received_at_ms if last else -1
        self._suppressed[key] = moment_kept(self._suppressed.get(key, -1), at_ms, logged_ms)

    def forget_campaign(self, campaign: str) -> int:
        """See `Store`."""
        with self._lock:
            log = self._site_log if is_of_site(campaign) else self._log
            gone = {at: event for at, event in log.items() if event.campaign == campaign}
            for at, event in gone.items():
                del log[at]
                self._ids.discard(event.id)
                self._of_message.pop((campaign, event.recipient), None)
            for of_campaign in (self._states, self._kept, self._kept_overflow, self._gone):
                of_campaign.pop(campaign, None)
            self._changes.note([campaign])
            self._editions.pop(campaign, None)
            self._forget_views(campaign)
            self._filling.pop(campaign, None)
            self._aside = {key: error for key, error in self._aside.items() if key[0] != campaign}
            self._overflow = {key: hits for key, hits in self._overflow.items() if key[0] != campaign}
            self._erasures += 1
            return len(gone)

    def news_of_counts(self, since: str = "") -> NewCounts:
        """See `Changes`."""
        with self._lock:
            return self._changes.after(since)

    def folded_hits(self, campaign: str, since: str, limit: int, until: str = "") -> FoldedHits:
        """See `Changes`."""
        with self._lock:
            end = position_in(until) if until else self._positions.get(FOLD, 0)
            begin = position_in(since) if since else end
            if end - begin > FARTHEST:
                return FoldedHits(str(end), (), None)
            found = [
                FoldedHit(str(at), event.id, event.recipient)
                for at, event in self._log.items()
                if begin < at <= end and event.campaign == campaign and _is_signed_hit(event)
            ]
            return FoldedHits(str(end), tuple(found[:limit]), len(found[limit:]))

    def erased_ahead(self, now_ms: int) -> Ahead:
        """See `Store`."""
        with self._lock:
            ahead = [at_ms for at_ms in self._suppressed.values() if at_ms > now_ms + DAY_MS]
        return Ahead(len(ahead), max(ahead, default=-1))

    def traces(self) -> Sequence[str]:
        """See `Store`; nothing is left in files."""
        return ()

    def scan(self, texts: Sequence[str]) -> Scanned:
        """See `Store`; there are no files."""
        return Scanned(0)

    def person_secret(self) -> bytes:
        """See `Store`."""
        return self._secret

    def suppressions(self) -> Sequence[Suppression]:
        """See `Store`."""
        with self._lock:
            return [Suppression(key, self._suppressed[key]) for key in sorted(self._suppressed)]

    def take_suppressions(self, entries: Sequence[Suppression]) -> None:
        """See `Store`."""
        with self._lock:
            for each in entries:
                self._suppressed[each.person8] = max(each.at_ms, self._suppressed.get(each.person8, -1))

    def suppressions_version(self) -> str:
        """See `Store`."""
        return str(hash(frozenset(self._suppressed.items())))

    def people_of(self, persons: Collection[bytes]) -> Sequence[str]:
        """See `Store`."""
        with self._lock:
            stored = [*self._of_message, *self._aside, *(key[:2] for key in self._overflow)]
            people = {recipient for campaign, recipient in stored if not is_of_site(campaign)}
            people |= {
                str(json.loads(event.body or "{}").get("recipient", ""))
                for event in self._site_log.values()
                if case_kind(event.campaign) is CaseKind.ORDER
            }
        return sorted(each for each in people if person8(self._secret, each) in persons)

    def overwrites(self) -> bool:
        """See `Store`; no file holds anything."""
        return True

    def sweep(self) -> None:
        """See `Store`; nothing is left in files."""

    def check_in_place(self) -> None:
        """See `Store`."""

    def close(self) -> None:
        """Nothing to close."""

    def _counters(self, campaign: str) -> Mapping[TallyKey, int]:
        with self._lock:
            counts = Counter(tally(self._states.get(campaign, {}).values()))
            counts.update(self._kept.get(campaign, {}))
        return counts + self._unnamed(campaign)

    def _as_of_ms(self, now_ms: int) -> int:
        if not self._positions.get(FOLD):
            return 0
        first_ms = self._waiting().first_event_ms
        return now_ms if first_ms is None else min(first_ms, now_ms)


def _is_asked_for(state: MessageState, standing: Standing | None, link: int | None) -> bool:
    if standing is not None and not (state.seen and state.standing is standing):
        return False
    return link is None or link in links_people_followed(state.marks)


def _only(buckets: Buckets, measures: Sequence[str]) -> Buckets:
    kept = {
        start_ms: {measure: number for measure, number in bucket.items() if measure in measures}
        for start_ms, bucket in buckets.items()
    }
    return {start_ms: bucket for start_ms, bucket in kept.items() if bucket}


def _is_signed_hit(event: Event) -> bool:
    return event.kind in HIT_KINDS and not event.facts & Facts.FORGED
