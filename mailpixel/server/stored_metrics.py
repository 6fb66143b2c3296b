"""Metrics of what other processes do, read from the store when they are asked for: posts of webhooks, retention."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from mailpixel.store.webhooks import PostOutcome, WebhookRegistry, WebhookState

POSTS = "mailpixel_webhook_posts_total"
LAG = "mailpixel_webhook_lag_seconds"
LETTERS = "mailpixel_webhook_letters"
RETENTION_AGE = "mailpixel_retention_age_seconds"
STORED_COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    POSTS: ("Posts to webhooks that exist, by outcome.", ("outcome",)),
}
STORED_GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    LAG: ("How far the slowest running webhook is behind the log; +Inf while unknown.", ()),
    LETTERS: (
        "Events that receivers of webhooks refused, by state: waiting for another try, or dead (given up).",
        ("state",),
    ),
    RETENTION_AGE: (
        "How long ago all that is kept for a time was last gone through; +Inf if it never was.",
        (),
    ),
}
"""Help and labels, by name."""


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """All webhooks together: posts by outcome, refused events by state, and how far behind the slowest is.

    `retention_age_s` is how long ago retention ran.
    """

    posts: Mapping[PostOutcome, int]
    letters: Mapping[str, int]
    lag_s: float
    retention_age_s: float = float("inf")


def webhook_figures(registry: WebhookRegistry, lags_s: Mapping[str, float | None]) -> StoredFigures:
    """The figures of all webhooks. `lags_s` are the lags of consumers by name. Raises `StoreUnavailable`."""
    posts, letters = Counter(dict.fromkeys(PostOutcome, 0)), Counter(waiting=0, dead=0)
    lags = [0.0]
    for webhook in registry.webhooks():
        posts.update(registry.posting(webhook.name).posts)
        found = registry.count_letters(webhook.name)
        letters.update(waiting=found.waiting, dead=found.dead)
        if webhook.state is WebhookState.RUNNING and webhook.consumer in lags_s:
            lag_s = lags_s[webhook.consumer]
            lags.append(float("inf") if lag_s is None else lag_s)
    return StoredFigures(posts, letters, max(lags))


def stored_exposition(figures: StoredFigures) -> bytes:
    """These figures in Prometheus text format."""
    registry = CollectorRegistry()
    registry.register(_Stored(figures))
    return generate_latest(registry)


class _Stored(Collector):
    def __init__(self, figures: StoredFigures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """The metrics, in the order of the tables."""
        help, labels = STORED_COUNTERS[POSTS]
        posts = CounterMetricFamily(POSTS, help, labels=labels)
        for outcome, number in self._figures.posts.items():
            posts.add_metric([outcome], number)
        yield posts
        yield GaugeMetricFamily(LAG, STORED_GAUGES[LAG][0], value=self._figures.lag_s)
        help, labels = STORED_GAUGES[LETTERS]
        letters = GaugeMetricFamily(LETTERS, help, labels=labels)
        for state, number in self._figures.letters.items():
            letters.add_metric([state], number)
        yield letters
        yield GaugeMetricFamily(
            RETENTION_AGE, STORED_GAUGES[RETENTION_AGE][0], value=self._figures.retention_age_s
        )
