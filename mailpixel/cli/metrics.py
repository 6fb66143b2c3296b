"""`mailpixel metrics`."""

import click

from mailpixel.cli.context import CommandGroup, print_json, print_table


@click.group("metrics", cls=CommandGroup, example="mailpixel metrics list")
def metrics_command() -> None:
    """List what the service measures, or print a dashboard for it."""


@metrics_command.command("list", example="mailpixel metrics list")
def metrics_list() -> None:
    """List every metric with its kind, its labels and its meaning."""
    from mailpixel.server.metrics import metrics_table

    print_table(("metric", "kind", "labels", "what it says"), metrics_table())


@metrics_command.command("grafana", example="mailpixel metrics grafana > mailpixel-dashboard.json")
def metrics_grafana() -> None:
    """Print a dashboard for Grafana as JSON. In Grafana, import it under Dashboards, New, Import."""
    from mailpixel.server.grafana import dashboard

    print_json(dashboard())
