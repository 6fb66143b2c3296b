"""The console of a site: the last requests of its pages, live, filtered, and each with its problems in words."""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from msgspec import Meta
from starlette.responses import Response

from mailpixel.folder.consoles import Consoles
from mailpixel.ingest.site_seen import seen_now
from mailpixel.measure.console import console_figures
from mailpixel.pages.addresses import site_url, with_query
from mailpixel.reading.shapes import Shape
from mailpixel.report.site_console import SeenEnvelopeRow
from mailpixel.report.site_words import outcome_text, problem_text
from mailpixel.server.web.page import PageCall
from mailpixel.site_model import Visit

MOST_SHOWN = 100
"""How many requests are listed."""
MOST_CHOICES = 200
Word = Annotated[str, Meta(max_length=100)]


class ConsoleOptions(Shape, frozen=True):
    """Which requests are listed, which one is shown in full, and whether the page stands still."""

    outcome: Word = ""
    problem: Word = ""
    name: Word = ""
    seen: Word = ""
    paused: bool = False

    def takes(self, row: SeenEnvelopeRow) -> bool:
        """Whether a request is listed."""
        return (
            self.outcome in ("", row.outcome)
            and (not self.problem or self.problem in problems_of(row))
            and (not self.name or any(event.name == self.name for event in row.events))
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A request in the list. `visit` is its visit as it was folded so far, if it was."""

    row: SeenEnvelopeRow
    problems: Sequence[str]
    visit: Visit | None
    url: str


def show_console(call: PageCall) -> Awaitable[Response]:
    """The last requests of a site, of all web processes. Raises `NotFound`."""
    services, asked = call.services, call.query
    site = services.registry.site(call.path["id"])
    figures = console_figures(site, seen_now(services.settings.data, site.id))

    async def page() -> Response:
        seen = await envelopes_seen(Consoles(services.settings.data, site.id))
        listed = [row for row in seen if asked.takes(row)][:MOST_SHOWN]
        chosen = next((row for row in seen if asked.seen and row.id == asked.seen), None)
        wanted = {row.visitor for row in (*listed, *([chosen] if chosen else ())) if row.visitor}
        visits = await services.threads.page_reads.run(_visits, call, site.id, wanted)
        return call.page(
            "site_console.html",
            title=f"Console of {site.id}",
            live="" if asked.paused else f"/api/sites/{quote(site.id, safe='')}/console?",
            site=site,
            url=site_url(site.id),
            asked=asked,
            total=len(seen),
            figures=figures,
            lines=[
                Line(row, list(dict.fromkeys(problems_of(row))), visits.get(row.visitor), _here(call, row.id))
                for row in listed
            ],
            chosen=chosen and _in_full(chosen, visits.get(chosen.visitor)),
            choices=_choices(seen, asked),
            toggled=_here(call, asked.seen, paused="" if asked.paused else "true"),
            closed=_here(call, ""),
        )

    return page()


async def envelopes_seen(consoles: Consoles) -> list[SeenEnvelopeRow]:
    """What the web processes remember of a site, newest first."""
    try:
        lines = await consoles.begin()
    finally:
        consoles.close()
    return [msgspec.json.decode(line, type=SeenEnvelopeRow) for line in reversed(lines)]


def problems_of(row: SeenEnvelopeRow) -> list[str]:
    """The problems of a request and of its events."""
    return [*row.problems, *(problem for event in row.events for problem in event.problems)]


def _visits(call: PageCall, site: str, visitors: set[str]) -> Mapping[str, Visit]:
    """The visits of these visitors that were folded so far."""
    found = ((visitor, call.services.store.visit(site, visitor)) for visitor in visitors)
    return {visitor: visit for visitor, visit in found if visit is not None}


def _here(call: PageCall, seen: str, **other: str) -> str:
    asked: ConsoleOptions = call.query
    kept = {"outcome": asked.outcome, "problem": asked.problem, "name": asked.name}
    paused = other.get("paused", "true" if asked.paused else "")
    return with_query(site_url(call.path["id"], "console"), **kept, paused=paused, seen=seen)


def _in_full(row: SeenEnvelopeRow, visit: Visit | None) -> Mapping[str, Any]:
    """A request with everything that is remembered of it, in words."""
    return {
        "row": row,
        "outcome": outcome_text(row.outcome),
        "problems": [(problem, problem_text(problem)) for problem in row.problems],
        "events": [
            (event, [(problem, problem_text(problem)) for problem in event.problems]) for event in row.events
        ],
        "visit": visit,
    }


def _choices(seen: Sequence[SeenEnvelopeRow], asked: ConsoleOptions) -> Mapping[str, list[str]]:
    """What each filter can be set to: what was seen, and what is set."""
    of: Mapping[str, Iterator[str]] = {
        "outcome": (row.outcome for row in seen),
        "problem": (problem for row in seen for problem in problems_of(row)),
        "name": (event.name for row in seen for event in row.events),
    }
    chosen = msgspec.to_builtins(asked)
    return {
        filter: sorted({each for each in (*values, chosen[filter]) if each})[:MOST_CHOICES]
        for filter, values in of.items()
    }
