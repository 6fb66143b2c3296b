"""How far counting is behind the log."""

from mailpixel.store.projections import FOLD
from mailpixel.store.protocol import Store
from mailpixel.store.registry import Registry

SET_BACK_MS = 1_000
"""How far a clock may be set back before a moment noted earlier proves nothing."""


def fold_lag_ms(store: Store, registry: Registry, now_ms: int, alive_within_ms: int) -> int | None:
    """Milliseconds that counting is behind; None when it is not known.

    0 when nothing waits and a fold looked within `alive_within_ms`. Else since the first event that waits, or since a
    fold last found nothing to do, whichever is shorter. A fold that caught up in the future proves nothing: its clock
    was ahead.
    """
    caught_up_ms = registry.lease(FOLD).caught_up_at_ms
    if not 0 < caught_up_ms <= now_ms + SET_BACK_MS:
        return None
    since_looked = max(now_ms - caught_up_ms, 0)
    first_ms = store.consumer(FOLD).waiting().first_event_ms
    if first_ms is None and not registry.any_stale():
        return 0 if since_looked <= alive_within_ms else since_looked
    if first_ms is None or first_ms > now_ms:
        return since_looked
    return min(since_looked, now_ms - first_ms)
