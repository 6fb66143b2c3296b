"""`mailpixel serve` and `mailpixel work`."""

import signal
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from mailpixel.cli.context import Command, begun, say, settings, unsettled_stores
from mailpixel.links.urls import check_base_url
from mailpixel.pool import end_with_input
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import now_ms
from mailpixel.tracing import traces

LOOK_S = 0.1
"""How often `work` checks whether it should end."""


@click.command("serve", cls=Command, example="mailpixel serve --port 8025 --workers 2")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port",
    default=8025,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Listen on this port; 0 picks a free one.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Run this many web processes."
)
def serve_command(host: str, port: int, workers: int) -> None:
    """Serve pixels, redirects and the API, and run one `mailpixel work`."""
    from mailpixel.server.supervisor import serve

    _replay_erasures(*begun())
    check_base_url(settings().base_url, "MAILPIXEL_BASE_URL")
    serve(settings(), host, port, workers, lambda port: _say_where(host, port, workers))


def _replay_erasures(store: Store, registry: Registry) -> None:
    """Erase again whoever was erased since the backup that this database may be."""
    from mailpixel.erasing import erasing_in
    from mailpixel.privacy.replayed_erasures import replay_erasures

    replayed = replay_erasures(erasing_in(settings(), store, registry))
    if replayed.entries:
        say(f"{replayed.entries:,} erasure(s) were not known to this database, and are repeated")


def _say_where(host: str, port: int, workers: int) -> None:
    """Print the address it listens on. Warn when signed URLs point elsewhere on this machine."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    base_url = settings().base_url
    say(f"mailpixel serves {base_url} on {address} with {workers} worker(s), data in {settings().data}")
    if base_url == Settings().base_url and port != urlsplit(base_url).port:
        say(
            f"warning: signed URLs begin with {base_url}, but this server listens elsewhere; "
            f"set MAILPIXEL_BASE_URL to the public address, or to http://{address} for a test"
        )


@click.command("work", cls=Command, example="mailpixel work")
@click.option("--while-input-lasts", is_flag=True, hidden=True, help="End when standard input ends.")
def work_command(while_input_lasts: bool) -> None:
    """Classify logged hits and update reports continuously. `serve` starts this itself."""
    from mailpixel.work.consumers import consumers_of, webhooks_of
    from mailpixel.work.side_by_side import SideBySide
    from mailpixel.work.traced import Traced, traced_wanted

    asked_to_end = _signals_to_end()
    if while_input_lasts:
        end_with_input()
    with traces() as record:
        consumers = consumers_of(settings(), *unsettled_stores())
        webhooks = webhooks_of(settings(), *unsettled_stores(), record)
        traced = [Traced(each, record, time.time_ns) for each in consumers]
        with SideBySide(traced, now_ms, wanted=traced_wanted(webhooks.wanted, record, time.time_ns)):
            while not asked_to_end:
                time.sleep(LOOK_S)


def _signals_to_end() -> Sequence[int]:
    """The signals that end this process, as they arrive: SIGINT and SIGTERM."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: received.append(number))
    return received
