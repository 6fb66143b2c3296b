"""Looks for news while anybody listens, and wakes those whom they concern.

One task a worker. It costs nothing without listeners. News are not queued: a listener is woken, and takes what is new
to it. All reading runs in one thread of the hub, so that neither a slow disk nor many campaigns delay a reader of mail.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf
from typing import ParamSpec, TypeVar

from mailpixel.errors import StoreUnavailable, safe_message
from mailpixel.folder.jobs import JobProgress
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.server.live.feed import Feed
from mailpixel.server.live.frames import Kind, frame
from mailpixel.server.live.listener import Listener
from mailpixel.server.live.news import Found, News, Wanted
from mailpixel.server.live.permission import Permission

LOOK_EVERY_S = 0.25
CHECK_EVERY_S = 1.0
"""How often permissions are checked."""
WOKEN_AT_ONCE = 25
"""After waking this many, others get a turn: readers of mail wait for nobody."""

log = logging.getLogger(__name__)

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Hub:
    """The listeners of one worker, by campaign. Only the event loop calls it.

    `most` bounds the listeners, `settle_s` is the settle time. `ended`: the service ends.
    """

    def __init__(
        self,
        news: News,
        cache: RegistryCache,
        jobs: Callable[[], Sequence[JobProgress]],
        settle_s: float,
        most: int,
    ) -> None:
        self.news = news
        self.ended = False
        self.listeners = 0
        self._cache = cache
        self._jobs = jobs
        self._settle_s = settle_s
        self._most = most
        self._feeds: dict[str, Feed] = {}
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "mailpixel-live")
        self._since: str | None = None
        self._checked_s = -inf
        self._problem: str | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another listener, or the service ends."""
        return self.ended or self.listeners >= self._most

    @property
    def has_room_for_share(self) -> bool:
        """Whether somebody may listen who is not signed in: only while half of the places are free."""
        return not self.ended and 2 * self.listeners < self._most

    def join(self, campaign: str, listener: Listener) -> Feed:
        """Let a listener have the news of a campaign. Then wait for `begin`, and call `leave` at the end."""
        feed = self._feeds.setdefault(campaign, Feed(campaign))
        self.listeners += 1
        if Kind.HIT in listener.kinds and not feed.wants(Kind.HIT):
            feed.cursor = ""
        if Kind.SUMMARY in listener.kinds and not feed.summary:
            feed.has_news = True
        feed.listeners.add(listener)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return feed

    async def begin(self, feed: Feed, listener: Listener) -> str:
        """Wait until nothing can be missed any more. Returns the place in the log after which the hits come."""
        if self._since is None:
            found = await self.in_thread(self.news.changed, "")
            self._since = found.cursor if self._since is None else self._since
        if Kind.HIT in listener.kinds and not feed.cursor:
            hits = await self.in_thread(self.news.read, Wanted(feed.campaign, False, "", 0))
            feed.cursor = feed.cursor or hits.cursor
        if listener.is_stranger and not feed.shown:
            shown = await self.in_thread(self.news.shown, feed.campaign)
            feed.shown = feed.shown or shown
        feed.begin(listener)
        return feed.cursor

    def leave(self, feed: Feed, listener: Listener) -> None:
        """Forget a listener."""
        self.listeners -= 1
        feed.listeners.discard(listener)
        if not feed.listeners:
            self._feeds.pop(feed.campaign, None)

    def end(self) -> None:
        """The service ends: every stream is completed now, and no other begins."""
        self.ended = True
        for listener in self._all():
            listener.wake()

    async def close(self) -> None:
        """End the task and the thread."""
        self.end()
        if self._task is not None:
            self._task.cancel()
        self._thread.shutdown(wait=False)

    async def in_thread(
        self, function: Callable[Given, Result], *args: Given.args, **named: Given.kwargs
    ) -> Result:
        """Run a function that reads in the thread of the hub."""
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, lambda: function(*args, **named)
        )

    def _all(self) -> list[Listener]:
        return [listener for feed in self._feeds.values() for listener in feed.listeners]

    async def _run(self) -> None:
        """Look again and again until nobody listens. An error never ends it; each new problem is logged once."""
        while self._feeds:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                await self._look()
                self._problem = None
            except Exception as error:
                self._failed(safe_message(error))
        self._task = self._since = None

    def _failed(self, problem: str) -> None:
        if problem != self._problem:
            log.error("live figures stand still until the next look succeeds: %s", problem)
        self._problem = problem

    async def _look(self) -> None:
        now_s = asyncio.get_running_loop().time()
        await self._note_changes(now_s)
        for feed in tuple(self._feeds.values()):
            if await self._update(feed, now_s):
                await _wake(feed.listeners)
        await self._note_jobs()
        if now_s - self._checked_s >= CHECK_EVERY_S:
            self._checked_s = now_s
            await self._check_permissions()

    async def _note_changes(self, now_s: float) -> None:
        """Note which feeds have news: of the log, of the registry, or because verdicts have settled."""
        if self._since is not None:
            changed = await self.in_thread(self.news.changed, self._since)
            self._since = changed.cursor
            for campaign in set(changed.campaigns) & self._feeds.keys():
                self._feeds[campaign].moved(now_s, self._settle_s + 1)
        for feed in self._feeds.values():
            if feed.settled_at_s <= now_s:
                feed.has_news, feed.settled_at_s = True, inf
            revision = self._cache.changed_at(feed.campaign)
            if revision != feed.seen_revision:
                feed.has_news = feed.has_news or bool(feed.seen_revision)
                feed.seen_revision = revision

    async def _update(self, feed: Feed, now_s: float) -> bool:
        """Read what is due of one campaign. Returns whether its listeners have something to take."""
        end, room = feed.end, feed.room(now_s)
        is_due = feed.is_due(now_s)
        wants_hits = feed.has_hits and bool(feed.cursor) and feed.wants(Kind.HIT)
        if not is_due and not wants_hits:
            return feed.end != end
        wants_summary = is_due and feed.wants(Kind.SUMMARY)
        found = Found()
        if wants_summary or wants_hits:
            after = feed.cursor if wants_hits else None
            found = await self.in_thread(self.news.read, Wanted(feed.campaign, wants_summary, after, room))
        if wants_hits:
            feed.add_found(found)
        if is_due:
            shown = await self.in_thread(self.news.shown, feed.campaign) if feed.has_strangers else b""
            feed.tell(now_s, found.summary, shown)
        return True

    async def _note_jobs(self) -> None:
        listening = {campaign: feed for campaign, feed in self._feeds.items() if feed.wants(Kind.JOB)}
        if not listening:
            return
        found: dict[str, dict[str, JobProgress]] = {}
        for each in await self.in_thread(self._jobs):
            found.setdefault(each.campaign, {})[each.job] = each
        for campaign, feed in listening.items():
            if feed.note_jobs(_texts(found.get(campaign, {}))):
                await _wake(feed.listeners)

    async def _check_permissions(self) -> None:
        """End the streams whose key or session is no longer valid, and those of deleted campaigns."""
        listeners = self._all()
        gone = await self.in_thread(_gone, {listener.permission for listener in listeners})
        for feed in self._feeds.values():
            is_deleted = not self._cache.knows(feed.campaign)
            for listener in feed.listeners:
                if is_deleted or listener.permission in gone:
                    listener.ended = True
                    listener.wake()


def _gone(permissions: Iterable[Permission]) -> frozenset[Permission]:
    """Those that no longer hold. While nobody can tell, they do."""
    return frozenset(each for each in permissions if not _holds(each))


def _holds(permission: Permission) -> bool:
    try:
        return permission.holds()
    except StoreUnavailable:
        return True


def _texts(jobs: Mapping[str, JobProgress]) -> dict[str, bytes]:
    return {
        name: frame(Kind.JOB, {"job": name, "rows": job.rows, "bytes": job.bytes, "of": job.of})
        for name, job in jobs.items()
    }


async def _wake(listeners: Iterable[Listener]) -> None:
    """Wake these, some at a time."""
    for number, listener in enumerate(tuple(listeners), 1):
        listener.wake()
        if number % WOKEN_AT_ONCE == 0:
            await asyncio.sleep(0)
