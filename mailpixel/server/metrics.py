"""Prometheus metrics: what became of hits, how the log is written, how far the fold is."""

import math
import os
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from mailpixel.ingest.intake import Outcome
from mailpixel.server.door import Ended

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which several workers share their counts in one folder; `serve --workers` sets it."""

COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SURFACES = {"o": "open", "c": "click"}


class Metrics:
    """The metrics of one worker. Labels come from closed sets: no token, address or id is ever one."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        hits = prometheus_client.Counter(
            "mailpixel_hits_total",
            "Requests on tracking URLs by surface and what became of them.",
            ("surface", "outcome"),
            registry=self._registry,
        )
        self._hits = {(s, o.value): hits.labels(SURFACES[s], o.value) for s in SURFACES for o in Outcome}
        self._uncounted: dict[tuple[str, str], int] = dict.fromkeys(self._hits, 0)
        self._commits = Histogram(
            "mailpixel_commit_seconds",
            "Time of one group commit.",
            buckets=COMMIT_BUCKETS_S,
            registry=self._registry,
        )
        self._committed = prometheus_client.Counter(
            "mailpixel_committed_total", "Events written to the log.", registry=self._registry
        )
        self._pending = self._gauge(
            "mailpixel_pending_hits", "Hits in memory that are not on disk yet.", "livesum"
        )
        self._lag = self._gauge(
            "mailpixel_fold_lag_seconds",
            "How far counting is behind the log; +Inf while that is unknown.",
            "mostrecent",
        )
        self._aside = self._gauge(
            "mailpixel_put_aside_messages", "Messages that could not be judged.", "mostrecent"
        )
        self._ages = self._gauge(
            "mailpixel_knowledge_age_seconds",
            "Seconds since a part of what the server knows was last read: keys, registry, rules, database.",
            "livemax",
            "part",
        )
        self._ended = self._counter(
            "mailpixel_connections_ended_total",
            "Connections that were ended or whose request was refused, by reason.",
            "reason",
        )
        self._refused_keys = self._counter(
            "mailpixel_api_keys_refused_total",
            "Requests refused because of their API key.",
            "reason",
        )
        self._unreadable = self._counter(
            "mailpixel_forwarded_unreadable_total",
            "Requests in which a declared proxy named an address that cannot be read.",
        )
        self._replaced_agents = self._counter(
            "mailpixel_agents_replaced_total",
            "Hits whose new user agent was kept as one that reads the same, since too many new ones came that day.",
        )
        self._ending: Mapping[Ended, int] = {}
        self._shown: Counter[Ended] = Counter()
        for reason in Ended:
            self._ended.labels(reason.value)

    def _counter(self, name: str, help: str, *labels: str) -> prometheus_client.Counter:
        return prometheus_client.Counter(name, help, labels, registry=self._registry)

    def _gauge(
        self, name: str, help: str, several: Literal["livesum", "livemax", "mostrecent"], *labels: str
    ) -> Gauge:
        """A gauge; `several` says how the values of several workers become one."""
        return Gauge(name, help, labels, registry=self._registry, multiprocess_mode=several)

    def watch(self, ended: Mapping[Ended, int]) -> None:
        """Show these counts of ended connections, which go up elsewhere."""
        self._ending = ended

    def unreadable_forwarded(self) -> None:
        """A declared proxy wrote what cannot be read."""
        self._unreadable.inc()

    def replaced_agent(self) -> None:
        """A user agent past the bounds was kept as one that reads the same."""
        self._replaced_agents.inc()

    def refuse_key(self, reason: str) -> None:
        """An API key was `unknown` (or revoked), or of too small a `scope`."""
        self._refused_keys.labels(reason).inc()

    def count(self, surface: str, outcome: Outcome) -> None:
        """One request on surface `o` or `c`. Kept in a plain dict until `flush`: that is ten times quicker."""
        self._uncounted[surface, outcome._value_] += 1

    def flush(self) -> None:
        """Take what was counted into the counters that are shown; called twice a second and before they are."""
        for key, hits in self._uncounted.items():
            if hits:
                self._uncounted[key] = 0
                self._hits[key].inc(hits)
        for reason, connections in tuple(self._ending.items()):
            self._ended.labels(reason.value).inc(connections - self._shown[reason])
            self._shown[reason] = connections

    def on_commit(self, seconds: float, events: int) -> None:
        """One commit of this number of events; called in the writing thread."""
        self._commits.observe(seconds)
        self._committed.inc(events)

    def set_state(self, pending: int, lag_s: float | None, put_aside: int | None) -> None:
        """What is in memory, how far the fold is behind, and how many messages are put aside (None: not known)."""
        self._pending.set(pending)
        self._lag.set(math.inf if lag_s is None else lag_s)
        self._aside.set(math.nan if put_aside is None else put_aside)

    def round_ended(self, ages_s: Mapping[str, float]) -> None:
        """Take what was counted, and the seconds since each part of the live knowledge was last read."""
        self.flush()
        for part, age_s in ages_s.items():
            self._ages.labels(part).set(age_s)

    def exposition(self) -> bytes:
        """All metrics in Prometheus text format, of every worker where several share a folder."""
        self.flush()
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
