"""`mailpixel serve` and `mailpixel work`."""

import signal
import time
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import click

from mailpixel.cli.context import Command, begun, say, settings, stores
from mailpixel.cli.folding import LEASE_MS
from mailpixel.errors import StoreUnavailable
from mailpixel.links.urls import check_base_url
from mailpixel.model import Campaign, Judged, Message
from mailpixel.pool import end_with_input
from mailpixel.projections.lease import Stop
from mailpixel.settings import Settings
from mailpixel.times import now_ms

if TYPE_CHECKING:
    from mailpixel.folder.operator_file import RulesInForce
    from mailpixel.projections.fold import Fold

POLL_S = 0.2
"""How often the fold looks for news when it has caught up."""


@click.command("serve", cls=Command, example="mailpixel serve --port 8025 --workers 2")
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port",
    default=8025,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Listen on this port; 0 takes a free one.",
)
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Run this many web processes."
)
def serve_command(host: str, port: int, workers: int) -> None:
    """Serve pixels, redirects and the API; also runs one `mailpixel work`."""
    from mailpixel.server.supervisor import serve

    begun()
    check_base_url(settings().base_url, "MAILPIXEL_BASE_URL")
    serve(settings(), host, port, workers, lambda port: _say_where(host, port, workers))


def _say_where(host: str, port: int, workers: int) -> None:
    """Say where it listens, and what signed URLs begin with where that is somewhere else."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    base_url = settings().base_url
    say(f"mailpixel serves {base_url} on {address} with {workers} worker(s), data in {settings().data}")
    if base_url == Settings().base_url and port != urlsplit(base_url).port:
        say(
            f"warning: signed URLs begin with {base_url}, where nobody listens; "
            f"set MAILPIXEL_BASE_URL to the public address, or to http://{address} for a trial"
        )


@click.command("work", cls=Command, example="mailpixel work")
@click.option("--while-input-lasts", is_flag=True, hidden=True, help="End when standard input ends.")
def work_command(while_input_lasts: bool) -> None:
    """Classify logged hits and update reports continuously. `serve` starts this itself."""
    from mailpixel.classify import judge
    from mailpixel.folder.operator_file import RulesInForce
    from mailpixel.projections.fold import NOTE_EVERY_MS, Fold, FoldOptions

    clock = _clock_until_asked_to_end()
    if while_input_lasts:
        end_with_input()
    store, registry = stores()
    in_force = RulesInForce(settings())

    def judge_now(message: Message, campaign: Campaign) -> Sequence[Judged]:
        return judge(message, campaign, in_force.now)

    options = FoldOptions(
        note_every_ms=min(settings().ready_lag_s * 1000 // 3, NOTE_EVERY_MS),
        edition=lambda: in_force.now.version,
    )
    fold = Fold(store, registry, judge_now, uuid.uuid4().hex, options)
    with suppress(_Ended):
        _fold_for_ever(fold, in_force, clock)
    with suppress(StoreUnavailable):
        fold.leave()


def _clock_until_asked_to_end() -> Callable[[], int]:
    """A clock that raises `_Ended` after SIGINT or SIGTERM: the fold asks for the time between its steps."""
    ending: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: ending.append(number))

    def clock() -> int:
        if ending:
            raise _Ended
        return now_ms()

    return clock


def _fold_for_ever(fold: "Fold", in_force: "RulesInForce", clock: Callable[[], int]) -> NoReturn:
    """Fold again and again, by the newest rules. A store that does not answer is named once."""
    from mailpixel.ingest.live import Part

    rules = Part("rules", in_force.look, time.monotonic)
    problem = None
    while True:
        version = in_force.now.version
        rules.refresh()
        if in_force.now.version != version:
            fold.rules_changed()
        try:
            fold.catch_up(clock, LEASE_MS)
            problem = None
        except StoreUnavailable as error:
            if str(error) != problem:
                say(f"the store does not answer, the fold waits: {error}")
            problem = str(error)
        time.sleep(POLL_S)


class _Ended(Stop):
    """The process is asked to end."""
