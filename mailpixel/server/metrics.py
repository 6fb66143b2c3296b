"""Prometheus metrics: what became of hits, how the log is written, how far the fold is."""

import math
import os
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from mailpixel.ingest.intake import HitOutcome
from mailpixel.links.surfaces import SURFACES, Surface
from mailpixel.server.door import Ended
from mailpixel.store.projections import FOLD

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which several workers share their counts in one folder; `serve --workers` sets it."""

COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

Several = Literal["livesum", "livemax", "mostrecent"]
"""How the values of a gauge in several workers become one."""

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "mailpixel_hits_total": (
        "Requests on tracking URLs by surface and what became of them.",
        ("surface", "outcome"),
    ),
    "mailpixel_committed_total": ("Events written to the log.", ()),
    "mailpixel_connections_ended_total": (
        "Connections that were ended or whose request was refused, by reason.",
        ("reason",),
    ),
    "mailpixel_api_keys_refused_total": ("Requests refused because of their API key.", ("reason",)),
    "mailpixel_forwarded_unreadable_total": (
        "Requests in which a declared proxy named an address that cannot be read.",
        (),
    ),
    "mailpixel_agents_replaced_total": (
        "Hits whose new user agent was kept as one that reads the same, since too many new ones came that day.",
        (),
    ),
}
"""Name to help and labels."""

GAUGES: Mapping[str, tuple[str, tuple[str, ...], Several]] = {
    "mailpixel_pending_hits": ("Hits in memory that are not on disk yet.", (), "livesum"),
    "mailpixel_fold_lag_seconds": (
        "How far counting is behind the log; +Inf while that is unknown.",
        (),
        "mostrecent",
    ),
    "mailpixel_consumer_lag_seconds": (
        "How far each consumer of the log is behind; +Inf while that is unknown.",
        ("consumer",),
        "mostrecent",
    ),
    "mailpixel_put_aside_messages": ("Messages that could not be judged.", (), "mostrecent"),
    "mailpixel_knowledge_age_seconds": (
        "Seconds since a part of what the server knows was last read: keys, registry, rules, database.",
        ("part",),
        "livemax",
    ),
}
"""Name to help, labels and how several workers' values become one."""


class Metrics:
    """The metrics of one worker. Labels come from closed sets: no token, address or id is ever one."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._counters = {
            name: prometheus_client.Counter(name, help, labels, registry=registry)
            for name, (help, labels) in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(name, help, labels, registry=registry, multiprocess_mode=several)
            for name, (help, labels, several) in GAUGES.items()
        }
        self._commits = Histogram(
            "mailpixel_commit_seconds",
            "Time of one group commit.",
            buckets=COMMIT_BUCKETS_S,
            registry=registry,
        )
        hits = self._counters["mailpixel_hits_total"]
        self._hits = {
            (surface.name, outcome.value): hits.labels(surface.name, outcome.value)
            for surface in SURFACES
            if surface.takes_hits
            for outcome in HitOutcome
        }
        self._uncounted: dict[tuple[str, str], int] = dict.fromkeys(self._hits, 0)
        ended = self._counters["mailpixel_connections_ended_total"]
        self._ended = {reason: ended.labels(reason.value) for reason in Ended}
        self._ending: Mapping[Ended, int] = {}
        self._shown: Counter[Ended] = Counter()

    def watch(self, ended: Mapping[Ended, int]) -> None:
        """Show these counts of ended connections, which go up elsewhere."""
        self._ending = ended

    def unreadable_forwarded(self) -> None:
        """A declared proxy wrote what cannot be read."""
        self._counters["mailpixel_forwarded_unreadable_total"].inc()

    def replaced_agent(self) -> None:
        """A user agent past the bounds was kept as one that reads the same."""
        self._counters["mailpixel_agents_replaced_total"].inc()

    def refuse_key(self, reason: str) -> None:
        """An API key was `unknown` (or revoked), or of too small a `scope`."""
        self._counters["mailpixel_api_keys_refused_total"].labels(reason).inc()

    def count(self, surface: Surface, outcome: HitOutcome) -> None:
        """One request on a surface that takes hits. Kept in a plain dict until `flush`: that is ten times quicker."""
        self._uncounted[surface.name, outcome._value_] += 1

    def flush(self) -> None:
        """Take what was counted into the counters that are shown; called twice a second and before they are."""
        for key, hits in self._uncounted.items():
            if hits:
                self._uncounted[key] = 0
                self._hits[key].inc(hits)
        for reason, connections in tuple(self._ending.items()):
            self._ended[reason].inc(connections - self._shown[reason])
            self._shown[reason] = connections

    def on_commit(self, seconds: float, events: int) -> None:
        """One commit of this number of events; called in the writing thread."""
        self._commits.observe(seconds)
        self._counters["mailpixel_committed_total"].inc(events)

    def set_state(self, pending: int, lags_s: Mapping[str, float | None], put_aside: int | None) -> None:
        """What is in memory, how far each consumer of the log is behind, the fold among them, and how many messages
        are put aside (None: not known)."""
        known_s = {name: math.inf if lag_s is None else lag_s for name, lag_s in lags_s.items()}
        for name, lag_s in known_s.items():
            self._gauges["mailpixel_consumer_lag_seconds"].labels(name).set(lag_s)
        state = {
            "mailpixel_pending_hits": pending,
            "mailpixel_fold_lag_seconds": known_s[FOLD],
            "mailpixel_put_aside_messages": math.nan if put_aside is None else put_aside,
        }
        for name, value in state.items():
            self._gauges[name].set(value)

    def round_ended(self, ages_s: Mapping[str, float]) -> None:
        """Take what was counted, and the seconds since each part of the live knowledge was last read."""
        self.flush()
        for part, age_s in ages_s.items():
            self._gauges["mailpixel_knowledge_age_seconds"].labels(part).set(age_s)

    def exposition(self) -> bytes:
        """All metrics in Prometheus text format, of every worker where several share a folder."""
        self.flush()
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
