"""The fold: judges and saves whole messages with news, and judges changed campaigns again.

It does not know the time or the rules: the clock and the judge are passed in.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice

from mailpixel.errors import Conflict
from mailpixel.model import Campaign, Message
from mailpixel.projections.editions import Editions
from mailpixel.projections.known_campaigns import KnownCampaigns
from mailpixel.projections.lease import Lease, LeaseLost
from mailpixel.projections.message_state import Judge, fold_or_put_aside
from mailpixel.projections.rebuild import EVENTS, Rebuild, rebuild
from mailpixel.projections.saving import Saving, read_again
from mailpixel.store.consumers import News
from mailpixel.store.log import PutAside
from mailpixel.store.projections import FOLD, Folded
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store

NEWS = 200_000
"""Events whose messages are judged together. Each message is judged once, however often it was hit."""

PART = 5_000
"""Messages judged and saved at a time. Other writers get the lock in between."""

NOTE_EVERY_MS = 20_000
"""How often an idle fold notes that it is up to date."""

TURN_MS = 5_000
"""How long one call folds when news keeps coming, so that its caller gets a turn."""

SETTLED = 500
"""Campaigns settled in one transaction, or put-aside messages tried again at a time."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FoldOptions:
    """How a fold works.

    It judges the messages of `news` events together, saves `part` messages at a time, and notes every
    `note_every_ms` that nothing is left to fold. `only` names the campaigns to judge again when they changed
    (None: all). `edition` gives the edition of the judge's rules (empty: none is noted).
    """

    news: int = NEWS
    part: int = PART
    note_every_ms: int = NOTE_EVERY_MS
    only: frozenset[str] | None = None
    edition: Callable[[], str] = str


class Fold:
    """A fold. Of several, the one that holds the lease works. `holder` names it, `judge` gives verdicts."""

    def __init__(
        self,
        store: Store,
        registry: FoldRegistry,
        judge: Judge,
        holder: str,
        options: FoldOptions = FoldOptions(),
    ) -> None:
        self._store = store
        self._consumer = store.consumer(FOLD)
        self._registry = registry
        self._judge = judge
        self._options = options
        self._editions = Editions(store, registry, options.edition)
        self._lease = Lease(registry, FOLD, holder, options.note_every_ms)
        self._stale: deque[str] = deque()
        self._given_up: dict[str, Campaign] = {}
        self._saving = Saving[Folded](
            store.save, _aside, "a message of campaign %r cannot be judged (%s) and is put aside"
        )
        self._retrying = options.only is None
        self._judged = 0

    def catch_up(self, clock: Callable[[], int], lease_ms: int) -> int | None:
        """Fold until no news and no stale campaign is left, or for `TURN_MS`. Returns how many messages had news.

        Returns None when another fold has the lease or took it meanwhile. `clock` gives milliseconds since
        1970. It is asked before every part, and an exception that it raises ends the work there without harm.
        The lease is taken for `lease_ms` and only when there is work, so an idle fold writes almost nothing.
        """

        def renew() -> None:
            self._lease.hold(clock(), lease_ms)

        self._judged = 0
        end_ms = clock() + TURN_MS
        try:
            while (now_ms := clock()) <= end_ms:
                # This round may miss events that are logged from here on.
                had_work = self._has_work()
                if not had_work or self._round(renew):
                    self._lease.note_caught_up(now_ms, lease_ms)
                if not had_work:
                    break
        except LeaseLost:
            return None
        return self._judged

    def _round(self, renew: Callable[[], object]) -> bool:
        """Do some of the waiting work. Returns whether that was all that waited at the start."""
        renew()
        self._retry_aside(renew)
        self._find_stale(renew)
        all_folded = self._fold_news(renew)
        all_counted = self._follow_links(renew)
        self._refresh_next(renew)
        return all_folded and all_counted and not self._stale

    def rules_changed(self) -> None:
        """Try the messages that were put aside again at the next `catch_up`, as a new fold does."""
        self._retrying = True
        self._given_up.clear()

    def leave(self) -> None:
        """Give up the lease, so that the next fold can start at once."""
        self._lease.drop()

    def _has_work(self) -> bool:
        retrying = self._retrying and self._store.count_put_aside() > 0
        if self._stale or self._consumer.waiting().events or retrying:
            return True
        return self._registry.any_stale() and bool(self._changed() or self._relinked())

    def _relinked(self) -> list[str]:
        return [
            id for id in self._registry.relinked() if self._options.only is None or id in self._options.only
        ]

    def _changed(self) -> list[str]:
        """The campaigns to judge again."""
        return [id for id in self._registry.stale() if self._wants(id)]

    def _wants(self, id: str) -> bool:
        """Whether this fold judges the stale campaign again.

        After a failure it waits until the campaign changes again.
        """
        if self._options.only is not None and id not in self._options.only:
            return False
        return id not in self._given_up or self._given_up[id] != KnownCampaigns(self._registry)[id]

    def _fold_news(self, renew: Callable[[], object]) -> bool:
        """Judge what has news. Returns whether that was all the news there was at the start.

        When a person was erased or a campaign replaced meanwhile it starts over with less. Otherwise many
        small rebuilds in a row could keep it from ever finishing.
        """
        limit = self._options.news
        while True:
            waiting = self._consumer.waiting().events
            news = self._consumer.news(limit)
            if news.position == news.since:
                return True
            try:
                self._judged += self._fold(news, renew)
                return waiting <= limit
            except Conflict:
                limit = max(limit // 4, 1)

    def _fold(self, news: News, renew: Callable[[], object]) -> int:
        """Judge and save a part at a time. The cursor moves with the last part, so a crash skips nothing."""
        known = KnownCampaigns(self._registry)
        messages = iter(news.messages)
        judged = 0
        while len(states := self._states(messages, known)) == self._options.part:
            self._save(states, replace(news, position=news.since))
            judged += len(states)
            renew()
        self._save(states, news)
        return judged + len(states)

    def _states(self, messages: Iterator[Message | PutAside], known: KnownCampaigns) -> list[Folded]:
        edition = self._editions.number()
        return [
            fold_or_put_aside(message, self._judge, known, edition)
            for message in islice(messages, self._options.part)
        ]

    def _save(self, folded: Sequence[Folded], news: News) -> None:
        """Save the states. The cursor moves with the last part."""
        self._editions.note(each.campaign for each in folded)
        self._saving.save(folded, news)

    def _retry_aside(self, renew: Callable[[], object]) -> None:
        after = ("", "")
        known, edition = KnownCampaigns(self._registry), self._editions.number()
        while self._retrying and (page := self._store.put_aside(after, SETTLED)):
            after = (page[-1].campaign, page[-1].recipient)
            cursor = self._store.cursor()
            folded = [
                fold_or_put_aside(read_again(self._store, each), self._judge, known, edition) for each in page
            ]
            with suppress(Conflict):  # the next fold tries it again
                self._save(folded, News(cursor, cursor, ()))
            renew()
        self._retrying = False

    def _follow_links(self, renew: Callable[[], object]) -> bool:
        """Judge messages again whose clicks may count for another link. Returns whether that succeeded.

        The news up to now is already folded, so no fold that began earlier can overwrite the result.
        """
        known = KnownCampaigns(self._registry)
        ids = [id for id in self._relinked() if id not in self._stale]
        try:
            for start in range(0, len(ids), SETTLED):
                campaigns = [known[id] for id in ids[start : start + SETTLED]]
                for campaign in campaigns:
                    self._recount(campaign, renew)
                self._registry.links_settled(*campaigns)
                renew()
        except Conflict:  # a person was erased or a campaign replaced meanwhile
            return False
        return True

    def _recount(self, campaign: Campaign, renew: Callable[[], object]) -> None:
        """Judge all messages again with a click on a destination that is or was a link's. Raises `Conflict`."""
        cursor = self._store.cursor()
        urls = {link.url: None for link in campaign.links}
        urls |= {former.url: None for former in self._registry.link_revisions(campaign.id)}
        messages = iter(self._store.messages_that_carried(campaign.id, list(urls)))
        known = KnownCampaigns(self._registry)
        known[campaign.id] = campaign
        while states := self._states(messages, known):
            self._save(states, News(cursor, cursor, ()))
            renew()

    def _find_stale(self, renew: Callable[[], object]) -> None:
        """Queue the campaigns that changed, once those of the last look are done.

        A campaign without states has nothing to judge again: its events, if any, are news. It is settled
        before that news is folded, as it reads now.
        """
        if self._stale:
            return
        untouched: list[Campaign] = []
        known = KnownCampaigns(self._registry)
        for id in self._changed():
            if self._store.recipients(id, "", 1):
                self._stale.append(id)
            else:
                untouched.append(known[id])
            if len(untouched) == SETTLED:
                self._settle(untouched, renew)
        self._settle(untouched, renew)

    def _settle(self, untouched: list[Campaign], renew: Callable[[], object]) -> None:
        if untouched:
            self._registry.settled(*untouched)
            untouched.clear()
            renew()

    def _refresh_next(self, renew: Callable[[], object]) -> None:
        """Judge one changed campaign again. News that arrives meanwhile is folded in between."""

        def between() -> None:
            renew()
            self._fold_news(renew)

        if self._stale:
            id = self._stale.popleft()
            parts = min(self._options.news, EVENTS)
            how = Rebuild(processes=1, between=between, events=parts, edition=self._editions.now())
            (difference,) = rebuild(self._store, self._registry, self._judge, [id], how)
            if difference.error:
                self._given_up[id] = KnownCampaigns(self._registry)[id]
                log.error("campaign %r cannot be judged again (%s); it stays as it was", id, difference.error)


def _aside(folded: Folded, error: Exception) -> PutAside:
    return PutAside(folded.campaign, folded.recipient, type(error).__name__)
