"""The dashboard: it asks for metrics that exist, by labels and values that they have, and shows every one."""

import json
import re

from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from mailpixel.cli import cli
from mailpixel.ingest.intake import HitOutcome
from mailpixel.server.grafana import COLUMNS, all_panels, dashboard, metrics_in
from mailpixel.server.metrics import COUNTERS, GAUGES, Metrics, metrics_table
from mailpixel.server.stored_metrics import STORED_COUNTERS, STORED_GAUGES

LABELS = {name: {*labels.split(", ")} - {""} for name, _, labels, _ in metrics_table()}
EXPRESSIONS = [(expression, legend) for panel in all_panels() for expression, legend in panel.queries]
VALUES = {"outcome": {each.value for each in HitOutcome}}
"""The closed sets of the labels that an expression compares."""


def test_every_metric_that_is_asked_for_is_one_of_the_service() -> None:
    service = {family.name for family in text_string_to_metric_families(Metrics().exposition().decode())} | {
        *GAUGES,
        *STORED_GAUGES,
        *(name.removesuffix("_total") for name in STORED_COUNTERS),
    }
    for expression, _ in EXPRESSIONS:
        assert metrics_in(expression)
        assert {name.removesuffix("_total") for name in metrics_in(expression)} <= service


def test_every_metric_of_the_service_is_shown() -> None:
    assert {name for expression, _ in EXPRESSIONS for name in metrics_in(expression)} == set(LABELS)


def test_labels_are_those_of_the_metric_and_values_are_of_their_closed_sets() -> None:
    for expression, legend in EXPRESSIONS:
        known = set.union(*(LABELS[name] for name in metrics_in(expression)))
        grouped = {each for by in re.findall(r"by \((\w+)\)", expression) for each in (by,)} - {"le"}
        assert grouped | set(re.findall(r"\{\{(\w+)\}\}", legend)) <= known, expression
        for label, values in re.findall(r'[{,](\w+)=~?"([^"]*)"', expression):
            assert set(values.split("|")) <= VALUES[label], expression


def test_the_panels_fill_rows_without_overlap_and_have_words() -> None:
    panels = dashboard()["panels"]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(panels) == len({panel["id"] for panel in panels})
    assert all(x + panel["gridPos"]["w"] <= COLUMNS for (x, _), panel in zip(places, panels, strict=True))
    assert all(panel["title"] and panel["targets"] for panel in panels)


def test_the_commands_print_it_and_the_list() -> None:
    runner = CliRunner(env={"COLUMNS": "300"})
    assert json.loads(runner.invoke(cli, ["metrics", "grafana"]).stdout) == json.loads(
        json.dumps(dashboard())
    )
    listed = runner.invoke(cli, ["metrics", "list"]).stdout
    assert [name for name in (*COUNTERS, *GAUGES) if name not in listed] == []
