"""Prometheus metrics: the outcomes of hits, the writing of the log, the lag of the fold."""

import math
import os
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from mailpixel.ingest.intake import HitOutcome
from mailpixel.ingest.site_intake import SiteOutcome
from mailpixel.links.surfaces import SURFACES, Surface
from mailpixel.server.door import Ended
from mailpixel.server.stored_metrics import STORED_COUNTERS, STORED_GAUGES
from mailpixel.store.projections import FOLD

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which workers share their counts. `serve --workers` sets it."""

COMMIT_BUCKETS_S = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

Several = Literal["livesum", "livemax", "mostrecent"]
"""How to combine the values of a gauge from several workers."""

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "mailpixel_hits_total": (
        "Requests on tracking URLs by surface and outcome.",
        ("surface", "outcome"),
    ),
    "mailpixel_committed_total": ("Events written to the disk.", ()),
    "mailpixel_connections_ended_total": (
        "Connections ended or refused by the server, by reason.",
        ("reason",),
    ),
    "mailpixel_api_keys_refused_total": ("Requests refused because of their API key.", ("reason",)),
    "mailpixel_signins_total": (
        "Attempts to sign in to the pages, by outcome: key, link, wrong_key, wrong_link, too_many.",
        ("outcome",),
    ),
    "mailpixel_inbound_total": (
        "Reports of ESPs, and refused posts, by ESP and outcome.",
        ("esp", "outcome"),
    ),
    "mailpixel_forwarded_unreadable_total": (
        "Requests in which a declared proxy sent an unreadable client address.",
        (),
    ),
    "mailpixel_agents_replaced_total": (
        "Hits whose new user agent was replaced by an equivalent one, because too many new ones came that day.",
        (),
    ),
}
"""Help and labels, by name."""

GAUGES: Mapping[str, tuple[str, tuple[str, ...], Several]] = {
    "mailpixel_pending_hits": ("Hits in memory that are not yet on disk.", (), "livesum"),
    "mailpixel_fold_lag_seconds": (
        "How far the fold is behind the log; +Inf while unknown.",
        (),
        "mostrecent",
    ),
    "mailpixel_consumer_lag_seconds": (
        "How far each consumer is behind the log; +Inf while unknown.",
        ("consumer",),
        "mostrecent",
    ),
    "mailpixel_listeners": ("Open streams of live figures.", (), "livesum"),
    "mailpixel_put_aside_messages": ("Messages that could not be judged.", (), "mostrecent"),
    "mailpixel_spool_bytes": ("Bytes of answered hits in the spool.", (), "mostrecent"),
    "mailpixel_spool_age_seconds": (
        "How long the oldest hit in the spool waits to be moved into the log; +Inf while unknown.",
        (),
        "mostrecent",
    ),
    "mailpixel_spool_damaged": (
        "Files of damaged bytes, or of hits that the log could not take, in the spool.",
        (),
        "mostrecent",
    ),
    "mailpixel_knowledge_age_seconds": (
        "Seconds since each part of the live knowledge was last read: keys, registry, rules, database.",
        ("part",),
        "livemax",
    ),
}
"""Help, labels and how to combine the values of several workers, by name."""


COMMIT_SECONDS = "mailpixel_commit_seconds"
COMMIT_HELP = "Duration of one write of a group of hits."


def metrics_table() -> list[tuple[str, str, str, str]]:
    """Rows of (metric, kind, labels, help), in the order of definition."""
    rows = [(name, "counter", ", ".join(labels), help) for name, (help, labels) in COUNTERS.items()]
    rows += [(name, "gauge", ", ".join(labels), help) for name, (help, labels, _) in GAUGES.items()]
    stored = (("counter", STORED_COUNTERS), ("gauge", STORED_GAUGES))
    rows += [
        (name, kind, ", ".join(labels), help)
        for kind, table in stored
        for name, (help, labels) in table.items()
    ]
    return [*rows, (COMMIT_SECONDS, "histogram", "", COMMIT_HELP)]


class Metrics:
    """The metrics of one worker. Labels come from closed sets and never hold a token, address or id."""

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
            COMMIT_SECONDS,
            COMMIT_HELP,
            buckets=COMMIT_BUCKETS_S,
            registry=registry,
        )
        hits = self._counters["mailpixel_hits_total"]
        self._hits = {
            (surface, outcome.value): hits.labels(surface.name, outcome.value)
            for surface in SURFACES
            if surface.takes_hits
            for outcome in (SiteOutcome if surface.takes_posts else HitOutcome)
        }
        self._uncounted: dict[Surface, dict[str, int]] = {surface: {} for surface, _ in self._hits}
        for surface, outcome in self._hits:
            self._uncounted[surface][outcome] = 0
        ended = self._counters["mailpixel_connections_ended_total"]
        self._ended = {reason: ended.labels(reason.value) for reason in Ended}
        self._ending: Mapping[Ended, int] = {}
        self._shown: Counter[Ended] = Counter()

    def watch(self, ended: Mapping[Ended, int]) -> None:
        """Show these counts of ended connections, which are incremented elsewhere."""
        self._ending = ended

    def unreadable_forwarded(self) -> None:
        """Count a request in which a declared proxy sent an unreadable client address."""
        self._counters["mailpixel_forwarded_unreadable_total"].inc()

    def replaced_agent(self) -> None:
        """Count a hit whose user agent was replaced by an equivalent one."""
        self._counters["mailpixel_agents_replaced_total"].inc()

    def refuse_key(self, reason: str) -> None:
        """Count a refused API key: `unknown` (or revoked), too small a `scope`, or `too_many` wrong ones."""
        self._counters["mailpixel_api_keys_refused_total"].labels(reason).inc()

    def sign_in(self, outcome: str) -> None:
        """Count an attempt to sign in: `key`, `link`, `wrong_key`, `wrong_link`, or `too_many` wrong keys."""
        self._counters["mailpixel_signins_total"].labels(outcome).inc()

    def count_inbound(self, esp: str, outcome: str, number: int) -> None:
        """Count reports of an ESP, or a refused post."""
        self._counters["mailpixel_inbound_total"].labels(esp, outcome).inc(number)

    def count(self, surface: Surface, outcome: HitOutcome | SiteOutcome) -> None:
        """Count one request on a surface that takes hits. A plain dict holds it until `flush`: ten times faster."""
        self._uncounted[surface][outcome] += 1

    def flush(self) -> None:
        """Move these counts into the counters that are shown. Called twice a second, and before they are shown."""
        for surface, uncounted in self._uncounted.items():
            for outcome, hits in uncounted.items():
                if hits:
                    uncounted[outcome] = 0
                    self._hits[surface, outcome].inc(hits)
        for reason, connections in tuple(self._ending.items()):
            self._ended[reason].inc(connections - self._shown[reason])
            self._shown[reason] = connections

    def on_commit(self, seconds: float, events: int) -> None:
        """Count one commit of this number of events. Called in the writing thread."""
        self._commits.observe(seconds)
        self._counters["mailpixel_committed_total"].inc(events)

    def set_state(self, pending: int, lags_s: Mapping[str, float | None], put_aside: int | None) -> None:
        """Set the gauges: hits in memory, the lag of each consumer including the fold, and messages put aside.

        None means not known.
        """
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

    def set_spool(self, state: Mapping[str, float] | None) -> None:
        """Set the gauges of the spool, from its part of what readiness says; None means not known."""
        known = state or {"bytes": math.nan, "age_s": math.inf, "damaged": math.nan}
        for name, key in (("bytes", "bytes"), ("age_seconds", "age_s"), ("damaged", "damaged")):
            self._gauges[f"mailpixel_spool_{name}"].set(known[key])

    def round_ended(self, ages_s: Mapping[str, float], listeners: int) -> None:
        """Flush the counts; set the seconds since each part of the live knowledge was read, and the open streams."""
        self.flush()
        self._gauges["mailpixel_listeners"].set(listeners)
        for part, age_s in ages_s.items():
            self._gauges["mailpixel_knowledge_age_seconds"].labels(part).set(age_s)

    def exposition(self) -> bytes:
        """All metrics in Prometheus text format, of all workers that share a folder."""
        self.flush()
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
