"""Figures brought up to date before they are shown, as far as that is quickly done."""

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
"""How long a command folds, or waits for the `work` that does, before it shows what there is."""

MOST_EVENTS = 100_000
"""Events that wait beyond which a command does not begin: it would not be done in time."""

SMALL = FoldOptions(news=5_000, part=1_000)
"""Steps of a fraction of a second, in little memory."""

WAIT_S = 0.05


@dataclass(frozen=True, slots=True)
class Behind:
    """What the figures of a campaign lack: `events` that wait to be counted, whether it changed and waits to be judged
    again, and `put_aside`, the kinds of error of its messages that could not be judged."""

    events: int
    stale: bool
    put_aside: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.events or self.stale)


class _TimeUp(Stop):
    """It takes longer than a command may."""


def fold_what_waits(store: Store, registry: FoldRegistry, campaign: str) -> Behind:
    """Fold what waits, or wait while the running `work` does, but not for long; gives what still waits then."""
    behind = _behind(store, registry, campaign)
    if behind and behind.events <= MOST_EVENTS:
        with suppress(_TimeUp, StoreUnavailable):  # what was judged so far is saved
            _fold(store, registry, campaign, _until(time.monotonic() + WITHIN_S))
        behind = _behind(store, registry, campaign)
    return replace(behind, put_aside=_put_aside(store, campaign))


def say_what_waits(behind: Behind, campaign: str) -> None:
    """Say on stderr what the figures lack, if anything."""
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
            f"campaign {campaign} changed and is not judged again yet; `mailpixel serve` or `mailpixel work` does that"
        )


def _put_aside(store: Projections, campaign: str) -> Sequence[str]:
    return [each.error for each in store.put_aside((campaign, "")) if each.campaign == campaign]


def _behind(store: Store, registry: ChangedCampaigns, campaign: str) -> Behind:
    changed = registry.any_stale() and campaign in (*registry.stale(), *registry.relinked())
    return Behind(store.consumer(FOLD).waiting().events, changed)


def _until(end_s: float) -> Callable[[], int]:
    """A clock that ends the work when the time is up: it is asked before every step."""

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
