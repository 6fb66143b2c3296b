"""`mailpixel metrics`."""

import click

from mailpixel.cli.context import CommandGroup, print_json, print_table


@click.group("metrics", cls=CommandGroup, example="mailpixel metrics list")
def metrics_command() -> None:
    """Show what the service measures, and make a dashboard of it."""


@metrics_command.command("list", example="mailpixel metrics list")
def metrics_list() -> None:
    """List every metric with its kind, its labels and what it says."""
    from mailpixel.server.metrics import metrics_table

    print_table(("metric", "kind", "labels", "what it says"), metrics_table())


@metrics_command.command("grafana", example="mailpixel metrics grafana > mailpixel-dashboard.json")
def metrics_grafana() -> None:
    """Print a dashboard for Grafana as JSON. Import it there under Dashboards, New, Import."""
    from mailpixel.server.grafana import dashboard

    print_json(dashboard())
