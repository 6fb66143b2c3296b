"""What the pages of a site send at the moment: figures about the requests that web processes remember.

They are kept in memory alone, so they begin again with each process. Each figure has its formula.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated

from msgspec import Meta

from mailpixel.ingest.site_tally import MINUTES, SAMPLES, SiteTally
from mailpixel.measure.figures import Figure, FigureRow, FigureValue, figure_rows, quantiles
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site_model import Site


class ConsoleFigures(Answer, frozen=True):
    """Figures about what pages of a site send now. `workers` web processes remember it, since `since`.

    `refused_names` are names of events that the site does not have, the most frequent first.
    """

    site: str
    workers: Annotated[Count, Meta(description="Web processes that answered; 0 where none runs.")]
    since: Iso | None
    figures: list[Figure]
    refused_names: dict[str, int]


def _loads(seen: SiteTally) -> Iterator[FigureValue]:
    value = round(seen.envelopes / seen.loads, 2) if seen.loads else None
    yield FigureValue("", value, seen.envelopes, seen.loads)


def _speed(seen: SiteTally) -> Iterator[FigureValue]:
    yield FigureValue("", round(seen.events / MINUTES, 1), seen.events, MINUTES)


def _clocks(seen: SiteTally) -> Iterator[FigureValue]:
    yield from quantiles(seen.clocks_ms)


def _answers(seen: SiteTally) -> Iterator[FigureValue]:
    yield from quantiles(seen.answers_us, 1_000)


def _sizes(seen: SiteTally) -> Iterator[FigureValue]:
    yield from quantiles(seen.bytes)
    if seen.script_bytes:
        yield FigureValue("script", float(seen.script_bytes), seen.script_bytes, 1)


LAST = f"of the last {SAMPLES} in each web process"
# fmt: off
ROWS: Sequence[FigureRow[SiteTally]] = (
    FigureRow("requests per load of the script",
              "requests with events / loads of the script, in 24 hours. A browser keeps the script for an hour",
              "always", "number", _loads),
    FigureRow("events a minute", f"events of the last {MINUTES} minutes / {MINUTES}", "always", "number", _speed),
    FigureRow("clock", f"milliseconds from sending, by the browser's clock, to arrival, {LAST}", "always", "ms",
              _clocks),
    FigureRow("answer", f"milliseconds from reading a request to its answer, after the commit, {LAST}", "always", "ms",
              _answers),
    FigureRow("size", f"bytes of what a page sent, {LAST}, and of the script", "always", "bytes", _sizes),
)
# fmt: on


def console_figures(site: Site, seen: SiteTally) -> ConsoleFigures:
    """The figures of a tally. Without a web process there are none."""
    names = sorted(seen.refused.items(), key=lambda each: (-each[1], each[0]))
    return ConsoleFigures(
        site=site.id,
        workers=seen.workers,
        since=iso_ms(seen.since_ms) if seen.workers else None,
        figures=list(figure_rows(ROWS, seen)) if seen.workers else [],
        refused_names=dict(names),
    )
