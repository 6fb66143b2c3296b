"""Bring figures up to date before a command shows them, as far as a few seconds allow."""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from mailpixel.classify import judge
from mailpixel.cli.context import rules, say
from mailpixel.errors import StoreUnavailable
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.projections.lease import LEASE_MS, Stop
from mailpixel.store.campaigns import ChangedCampaigns
from mailpixel.store.projections import FOLD, Projections
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.store import Store
from mailpixel.times import now_ms

WITHIN_S = 2.0
"""How long a command folds, or waits for a running `work`, before it shows the figures as they are."""

MOST_EVENTS = 100_000
"""With more waiting events than this, a command does not begin to fold: it would not finish in time."""

SMALL = FoldOptions(news=5_000, part=1_000)
"""Small steps: each takes a fraction of a second and little memory."""

WAIT_S = 0.05


@dataclass(frozen=True, slots=True)
class Behind:
    """What is missing from the figures of a campaign.

    `events` wait to be counted. `stale`: the campaign changed and waits to be judged again. `put_aside` holds the
    kinds of error of messages that could not be judged.
    """

    events: int
    stale: bool
    put_aside: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.events or self.stale)


class _TimeUp(Stop):
    """Raised when folding takes longer than a command may."""


def fold_what_waits(store: Store, registry: FoldRegistry, campaign: str) -> Behind:
    """Fold waiting events, or wait briefly for a running `work` to do it. Return what is still missing then."""
    behind = _behind(store, registry, campaign)
    if behind and behind.events <= MOST_EVENTS:
        with suppress(_TimeUp, StoreUnavailable):  # what was judged so far is saved
            _fold(store, registry, campaign, _until(time.monotonic() + WITHIN_S))
        behind = _behind(store, registry, campaign)
    return replace(behind, put_aside=_put_aside(store, campaign))


def say_what_waits(behind: Behind, campaign: str) -> None:
    """Print on stderr what is missing from the figures, if anything."""
    if behind.events:
        say(
            f"up to {behind.events:,} event(s) are not counted yet; `mailpixel serve` or `mailpixel work` counts them"
        )
    if behind.put_aside:
        kinds = ", ".join(sorted(set(behind.put_aside)))
        count = f"{len(behind.put_aside)} message(s) could not be judged ({kinds})"
        say(f"{count} and are not counted; see `mailpixel doctor`")
    if behind.stale:
        say(
            f"campaign {campaign} changed and was not judged again yet; `mailpixel serve` or `mailpixel work` does that"
        )


def _put_aside(store: Projections, campaign: str) -> Sequence[str]:
    return [each.error for each in store.put_aside((campaign, "")) if each.campaign == campaign]


def _behind(store: Store, registry: ChangedCampaigns, campaign: str) -> Behind:
    changed = registry.any_stale() and campaign in (*registry.stale(), *registry.relinked())
    return Behind(store.consumer(FOLD).waiting().events, changed)


def _until(end_s: float) -> Callable[[], int]:
    """A clock that ends the fold when the time is up. The fold reads it before every step."""

    def clock() -> int:
        if time.monotonic() > end_s:
            raise _TimeUp
        return now_ms()

    return clock


def _fold(store: Store, registry: FoldRegistry, campaign: str, clock: Callable[[], int]) -> None:
    in_force = rules()
    options = replace(SMALL, only=frozenset({campaign}), edition=lambda: in_force.version)
    judged_now = partial(judge, rules=in_force)
    fold = Fold(store, registry, judged_now, f"cli-{os.getpid()}", options)
    try:
        while fold.catch_up(clock, LEASE_MS) is None and _behind(store, registry, campaign):
            clock()
            time.sleep(WAIT_S)
    finally:
        fold.leave()
