"""Bring visits and orders up to date before a command shows them, as far as a few seconds allow."""

import os
import time
from contextlib import suppress

from mailpixel.cli.context import rules
from mailpixel.cli.folding import MOST_EVENTS, WAIT_S, WITHIN_S
from mailpixel.errors import StoreUnavailable
from mailpixel.projections.lease import LEASE_MS, Stop
from mailpixel.projections.site_fold import SiteFold, SiteFoldOptions, SiteRegistry
from mailpixel.site_model import SITE_CASES
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.store import Store
from mailpixel.times import now_ms

SMALL = SiteFoldOptions(news=5_000)
"""Small steps: each takes a fraction of a second and little memory."""


class _TimeUp(Stop):
    """Raised when folding takes longer than a command may."""


def fold_sites_that_wait(store: Store, registry: SiteRegistry) -> int:
    """Fold waiting events of sites, or wait briefly for a running `work` to do it. Return how many still wait then."""
    waiting = _waiting(store)
    if waiting and waiting <= MOST_EVENTS:
        with suppress(_TimeUp, StoreUnavailable):  # what was folded so far is saved
            _fold(store, registry, time.monotonic() + WITHIN_S)
        waiting = _waiting(store)
    return waiting


def _waiting(store: Store) -> int:
    return store.consumer(SITE_FOLD, cases=SITE_CASES).waiting().events


def _fold(store: Store, registry: SiteRegistry, end_s: float) -> None:
    def clock() -> int:
        if time.monotonic() > end_s:
            raise _TimeUp
        return now_ms()

    in_force = rules()
    fold = SiteFold(store, registry, lambda: in_force, f"cli-{os.getpid()}", SMALL)
    try:
        while fold.catch_up(clock, LEASE_MS) is None and _waiting(store):
            clock()
            time.sleep(WAIT_S)
    finally:
        fold.leave()
