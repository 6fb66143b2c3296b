"""How far each consumer is behind the log."""

from collections.abc import Mapping

from mailpixel.site_model import MESSAGES
from mailpixel.store.consumers import CASES, Consumers
from mailpixel.store.projections import FOLD
from mailpixel.store.registry import FoldRegistry

RETENTION = "retention"
"""The name of the consumer that removes what is old."""
UNPLACED = frozenset({RETENTION, "erasures"})
"""What holds a lease but has no position in the log."""
SET_BACK_MS = 1_000
"""A noted moment may lie this far in the future: clocks are sometimes set back. Beyond that it is ignored."""


def fold_lag_ms(
    consumers: Consumers, registry: FoldRegistry, now_ms: int, alive_within_ms: int
) -> int | None:
    """Milliseconds that the fold is behind; None when it is not known."""
    return lags_ms(consumers, registry, now_ms, alive_within_ms)[FOLD]


def lags_ms(
    consumers: Consumers, registry: FoldRegistry, now_ms: int, alive_within_ms: int
) -> Mapping[str, int | None]:
    """Milliseconds that each consumer is behind, by name; None when it is not known.

    The names are the fold and every consumer that ever ran. It is 0 when nothing waits and the consumer
    looked within `alive_within_ms`. Otherwise it is the time since the first waiting event, or since the
    consumer last found nothing to do, whichever is shorter. A consumer that caught up in the future proves
    nothing: its clock was ahead. For the fold, a changed campaign also counts as waiting.
    """
    lags: dict[str, int | None] = {FOLD: None}
    for name, lease in registry.leases().items():
        if name in UNPLACED:
            continue
        if 0 < lease.caught_up_at_ms <= now_ms + SET_BACK_MS:
            first_ms = consumers.consumer(name, cases=CASES.get(name, MESSAGES)).waiting().first_event_ms
            waits = first_ms is not None or (name == FOLD and registry.any_stale())
            lag_ms = _since(lease.caught_up_at_ms, first_ms, now_ms)
            lags[name] = lag_ms if waits or lag_ms > alive_within_ms else 0
        else:
            lags[name] = None
    return lags


def _since(caught_up_ms: int, first_ms: int | None, now_ms: int) -> int:
    """Milliseconds since the later of these moments, ignoring moments in the future."""
    moments = [caught_up_ms] if first_ms is None or first_ms > now_ms else [caught_up_ms, first_ms]
    return max(now_ms - max(moments), 0)
