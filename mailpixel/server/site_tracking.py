"""Serves what the pages of web sites request: their posts, their image, and the script of a site.

A post is answered by 204 and the image by the image, whatever came and whatever became of it: with the same headers,
after the same commit.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from time import perf_counter_ns
from typing import NamedTuple

from mailpixel.ingest.committer import Committer
from mailpixel.ingest.group import SendAnswer
from mailpixel.ingest.site_hit import SiteHit
from mailpixel.ingest.site_intake import SiteIntake, SiteOutcome, SiteReceipt
from mailpixel.links.surfaces import SITE, Surface
from mailpixel.server.replies import (
    NOT_FOUND_REPLY,
    PREFLIGHT_REPLY,
    SITE_IMAGE_REPLY,
    TAKEN_REPLY,
    WRONG_SITE_METHOD_REPLY,
    Reply,
)
from mailpixel.server.request_reader import Headers, RequestReader, TrackingRequest, values_of
from mailpixel.server.site_scripts import SiteScripts
from mailpixel.site.personal import without_addresses
from mailpixel.site_model import SITE_PREFIX

IMAGE, SCRIPT = ".gif", ".js"
_RECEIPTS = {outcome: SiteReceipt(outcome) for outcome in SiteOutcome}
_AT_ONCE = frozenset({SiteOutcome.SCRIPT, SiteOutcome.PREFLIGHT, SiteOutcome.WRONG_METHOD})
"""Requests that tell nothing are answered without waiting for a commit."""


class SiteService(NamedTuple):
    """What decides about requests of pages, and what makes the scripts of sites."""

    intake: SiteIntake
    scripts: SiteScripts


class SiteTracking:
    """Serves the surface of web sites; see `Server`. `count(surface, outcome)` is called once for every request."""

    unsure = (SiteOutcome.UNKNOWN_SITE,)

    def __init__(
        self,
        of_sites: SiteService,
        reader: RequestReader,
        committer: Committer,
        count: Callable[[Surface, SiteOutcome], None],
        fresh_look: Callable[[], Awaitable[None]],
    ) -> None:
        self._intake, self._scripts = of_sites
        self._reader = reader
        self._committer = committer
        self.gather = committer.gather
        self._count = count
        self.fresh_look = fresh_look

    def answer(self, request: TrackingRequest, now_ms: int) -> tuple[Reply, SiteReceipt]:
        """The answer to one request, and its receipt. No I/O, no clock; `now_ms` is since 1970."""
        method, name = request.method, request.path[len(SITE.prefix) :]
        if method == "POST":
            return TAKEN_REPLY, self._intake.receive(self._hit(request, name, now_ms))
        if method not in ("GET", "HEAD"):
            is_preflight = method == "OPTIONS"
            outcome = SiteOutcome.PREFLIGHT if is_preflight else SiteOutcome.WRONG_METHOD
            return PREFLIGHT_REPLY if is_preflight else WRONG_SITE_METHOD_REPLY, _RECEIPTS[outcome]
        if name.endswith(SCRIPT):
            return self._script(name.removesuffix(SCRIPT), request, now_ms)
        return SITE_IMAGE_REPLY, self._intake.receive(self._hit(request, name, now_ms))

    def take(self, surface: Surface, receipt: SiteReceipt, answer: SendAnswer) -> None:
        """Log or count the receipt, then send the answer: `answer` is called once, perhaps at once."""
        outcome = receipt.outcome
        if not receipt.events:
            self._count(surface, outcome)
            if outcome in _AT_ONCE:
                answer(True)
            else:
                self._committer.wait(answer)
            return

        sent = partial(self._answered, receipt, perf_counter_ns(), answer)
        if not self._committer.join_all(receipt.events, sent):
            self._count(surface, SiteOutcome.QUEUE_FULL)
            answer(False)

    def _answered(self, receipt: SiteReceipt, taken_ns: int, answer: SendAnswer, durable: bool) -> None:
        self._count(SITE, receipt.outcome if durable else SiteOutcome.LATE)
        answer(durable)
        site = receipt.events[0].campaign.removeprefix(SITE_PREFIX)
        self._intake.console.tallies.answered(site, (perf_counter_ns() - taken_ns) // 1_000)

    def _hit(self, request: TrackingRequest, name: str, now_ms: int) -> SiteHit:
        facts, agent, address = self._reader.look(request)
        return SiteHit(
            name.removesuffix(IMAGE),
            request.method,
            request.body if request.method == "POST" else request.query,
            origin_of(request.headers),
            now_ms,
            address,
            without_addresses(agent),
            facts,
        )

    def _script(self, key: str, request: TrackingRequest, now_ms: int) -> tuple[Reply, SiteReceipt]:
        site = self._intake.site(key)
        if site is None:
            return NOT_FOUND_REPLY, _RECEIPTS[SiteOutcome.UNKNOWN_SITE]
        reply = self._scripts.reply(site, request.headers)
        if request.method == "GET":
            self._intake.console.tallies.loaded(site.id, now_ms, len(reply.body))
        return reply, _RECEIPTS[SiteOutcome.SCRIPT]


def origin_of(headers: Headers) -> str:
    """The Origin header; empty without one. Several make none that a host can have."""
    found = values_of(headers, b"origin")
    return b", ".join(found).decode("latin-1") if found else ""
