"""The dashboard of `mailpixel metrics grafana`: a table of panels, and Grafana's JSON made of it.

A metric that no row of the table shows gets a panel of its own at the end, so that none is left out. Schema 39 of
Grafana 10 and later (docs of Grafana 11, 2026-11); the data source is chosen on import.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailpixel.server.metrics import COMMIT_SECONDS, COUNTERS, GAUGES
from mailpixel.server.stored_metrics import STORED_COUNTERS, STORED_GAUGES

SCHEMA = 39
WIDTH, HEIGHT, COLUMNS = 8, 8, 24
"""The size of a panel, and of the whole, in Grafana's units."""
METRIC = re.compile(r"\bmailpixel_\w+")
SUFFIXES = ("_bucket", "_sum", "_count")
"""What Prometheus adds to the name of a histogram."""
SOURCE = {"type": "prometheus", "uid": "${source}"}


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph. `queries` are pairs of a PromQL expression and the legend of its lines. `unit` is one of Grafana's."""

    title: str
    unit: str
    queries: Sequence[tuple[str, str]]
    help: str = ""


def _rate(metric: str, label: str = "") -> tuple[str, str]:
    by = f" by ({label})" if label else ""
    return f"sum{by} (rate({metric}[$__rate_interval]))", f"{{{{{label}}}}}" if label else "all"


def _quantile(quantile: float) -> tuple[str, str]:
    inside = f"sum by (le) (rate({COMMIT_SECONDS}_bucket[$__rate_interval]))"
    return f"histogram_quantile({quantile}, {inside})", f"{quantile:.0%}"


PANELS: tuple[Panel, ...] = (
    Panel("Hits by outcome", "reqps", [_rate("mailpixel_hits_total", "outcome")]),
    Panel("Hits by surface", "reqps", [_rate("mailpixel_hits_total", "surface")]),
    Panel(
        "Hits answered before they were on disk, or lost",
        "reqps",
        [
            (
                'sum by (outcome) (rate(mailpixel_hits_total{outcome=~"late|queue_full"}[$__rate_interval]))',
                "{{outcome}}",
            )
        ],
        "`late`: still queued. `queue_full`: lost. Both should be zero.",
    ),
    Panel("Commits", "s", [_quantile(0.5), _quantile(0.99)], "How long one group commit takes."),
    Panel("Events written", "ops", [_rate("mailpixel_committed_total")]),
    Panel("Hits in memory", "short", [("sum (mailpixel_pending_hits)", "waiting")]),
    Panel(
        "Behind the log",
        "s",
        [("max (mailpixel_fold_lag_seconds)", "figures"), ("mailpixel_consumer_lag_seconds", "{{consumer}}")],
        "How old the figures are, and how far each consumer is behind.",
    ),
    Panel(
        "Messages that could not be judged", "short", [("max (mailpixel_put_aside_messages)", "put aside")]
    ),
    Panel("Age of what the service knows", "s", [("mailpixel_knowledge_age_seconds", "{{part}}")]),
    Panel("Connections ended", "cps", [_rate("mailpixel_connections_ended_total", "reason")]),
    Panel("API keys refused", "cps", [_rate("mailpixel_api_keys_refused_total", "reason")]),
)
"""The panels, in the order in which they are shown."""


def metrics_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression asks for, without the suffixes of histograms."""
    known = {*COUNTERS, *GAUGES, *STORED_COUNTERS, *STORED_GAUGES}
    return {name if name in known else _without_suffix(name) for name in METRIC.findall(expression)}


def _without_suffix(name: str) -> str:
    return next((name.removesuffix(each) for each in SUFFIXES if name.endswith(each)), name)


def all_panels() -> list[Panel]:
    """The panels of the table, then one for each metric that none of them shows."""
    shown = {name for panel in PANELS for expression, _ in panel.queries for name in metrics_in(expression)}
    return [*PANELS, *_others(shown)]


def _others(shown: set[str]) -> Iterator[Panel]:
    for name, (help, labels) in {**COUNTERS, **STORED_COUNTERS}.items():
        if name not in shown:
            yield Panel(_title(help), "cps", [_rate(name, labels[0] if labels else "")], help)
    gauges = {name: (help, labels) for name, (help, labels, _) in GAUGES.items()}
    for name, (help, labels) in {**gauges, **STORED_GAUGES}.items():
        if name not in shown:
            unit = "s" if name.endswith("_seconds") else "short"
            yield Panel(_title(help), unit, [(name, f"{{{{{labels[0]}}}}}" if labels else "now")], help)


def _title(help: str) -> str:
    return re.split(r"[.;,:]", help, maxsplit=1)[0]


def dashboard() -> Mapping[str, Any]:
    """The dashboard as Grafana imports it."""
    return {
        "title": "mailpixel",
        "uid": "mailpixel",
        "tags": ["mailpixel"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [{"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"}]
        },
        "panels": [_panel(place, panel) for place, panel in enumerate(all_panels())],
    }


def _panel(place: int, panel: Panel) -> Mapping[str, Any]:
    row, column = divmod(place * WIDTH, COLUMNS)
    return {
        "id": place + 1,
        "type": "timeseries",
        "title": panel.title,
        "description": panel.help,
        "datasource": SOURCE,
        "gridPos": {"x": column, "y": row * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": expression,
                "legendFormat": legend,
            }
            for number, (expression, legend) in enumerate(panel.queries)
        ],
    }
