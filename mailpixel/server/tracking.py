"""Tracking, the hot path: one plain function of a request and the time. Its answer goes out after the commit.

Two doors call it: `protocol`, inside uvicorn's HTTP protocol, and `tracking_first`, in front of the ASGI app.
"""

from collections.abc import Awaitable, Callable
from functools import partial

from mailpixel.ingest.committer import Committer
from mailpixel.ingest.group import SendAnswer
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.intake import HitOutcome, Intake, Receipt
from mailpixel.links.surfaces import ReplyKind, Surface
from mailpixel.model import Facts
from mailpixel.server.replies import (
    NOT_AHEAD_REPLY,
    NOT_FOUND_REPLY,
    OPTIONS_REPLY,
    PIXEL_REPLY,
    WRONG_METHOD_REPLY,
    Reply,
    redirect,
)
from mailpixel.server.request_reader import RequestReader, TrackingRequest, is_speculative

PREFETCH = int(Facts.PREFETCH)


class Tracking:
    """Serves the surfaces that take hits. `count(surface, outcome)` is called once for every request.

    `fresh_look` waits until earlier changes by other processes are known. `unsure` are outcomes that it may change: the
    link or the key may have been added a moment ago.
    """

    unsure = (HitOutcome.UNKNOWN_LINK, HitOutcome.UNKNOWN_KEY)

    def __init__(
        self,
        intake: Intake,
        reader: RequestReader,
        committer: Committer,
        count: Callable[[Surface, HitOutcome], None],
        fresh_look: Callable[[], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._intake = intake
        self._committer = committer
        self.gather = committer.gather
        self._count = count
        self.fresh_look = fresh_look

    def answer(self, request: TrackingRequest, now_ms: int) -> tuple[Reply, Receipt]:
        """The answer to one request, and its receipt. No I/O, no clock, no ASGI; `now_ms` is since 1970."""
        hit = self._reader.read(request, now_ms)
        receipt = self._intake.receive(hit)
        return reply_to(request, hit, receipt), receipt

    def take(self, surface: Surface, receipt: Receipt, answer: SendAnswer) -> None:
        """Log or count the receipt, then send the answer: `answer` is called once, perhaps at once.

        Whoever gets the image or a redirect waits for a commit whether or not the hit is recorded, so that the time
        does not tell. A page that says "not found" needs no wait.
        """
        outcome = receipt.outcome
        if receipt.event is None:
            if receipt.overflow is not None:
                self._committer.count_overflow(receipt.overflow)
            elif receipt.evidence is not None and not self._committer.note(receipt.evidence):
                outcome = HitOutcome.FORGED_OVERFLOW
            elif receipt.counted is not None and not self._committer.count_view(receipt.counted):
                outcome = HitOutcome.QUEUE_FULL
            self._count(surface, outcome)
            if surface.reply is ReplyKind.PIXEL or receipt.destination is not None:
                self._committer.wait(answer)
            else:
                answer(True)
            return

        if not self._committer.join(receipt.event, partial(self._answered, surface, outcome, answer)):
            self._count(surface, HitOutcome.QUEUE_FULL)
            answer(False)

    def _answered(self, surface: Surface, outcome: HitOutcome, answer: SendAnswer, durable: bool) -> None:
        self._count(surface, outcome if durable else HitOutcome.LATE)
        answer(durable)


def reply_to(request: TrackingRequest, hit: Hit, receipt: Receipt) -> Reply:
    """The answer to a request: on a pixel always the image, on a link a redirect or a page.

    A browser that asks on speculation, before its reader clicks, gets 503 and asks again later.
    """
    method = request.method
    if method not in ("GET", "HEAD"):
        return OPTIONS_REPLY if method == "OPTIONS" else WRONG_METHOD_REPLY
    if request.surface.reply is ReplyKind.PIXEL:
        return PIXEL_REPLY
    if receipt.destination is None:
        return NOT_FOUND_REPLY
    if method == "GET" and hit.facts._value_ & PREFETCH and is_speculative(request.headers):
        return NOT_AHEAD_REPLY
    return redirect(receipt.destination)
