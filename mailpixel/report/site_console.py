"""An envelope of a web site as people see it while they install the site, and one line of text of it."""

from typing import Annotated, Literal

from msgspec import Meta

from mailpixel.report.answer import Answer, Count, Iso


class SeenEventRow(Answer, frozen=True):
    """One event of an envelope: its name as it came, whether it is logged, and the problems with it."""

    name: str
    logged: bool
    problems: tuple[str, ...]


class SeenEnvelopeRow(Answer, frozen=True):
    """One envelope, and what became of it."""

    at: Iso
    method: Annotated[Literal["POST", "GET", "HEAD"], Meta(description="GET and HEAD are of the image.")]
    outcome: str
    problems: tuple[str, ...]
    consent: Annotated[tuple[str, ...], Meta(description="The purposes in force.")]
    source: Annotated[str, Meta(description="Where the consent came from.")]
    network: Annotated[str, Meta(description="The first address of the client's /24 or /48, or empty.")]
    agent: str
    events: tuple[SeenEventRow, ...]
    id: Annotated[str, Meta(description="Names it among those that are remembered.")] = ""
    visitor: Annotated[
        str, Meta(description="The visit that its events belong to; empty where nothing was logged.")
    ] = ""
    clock_ms: Annotated[
        int | None,
        Meta(description="When it was received less when the browser says that it was sent, milliseconds."),
    ] = None
    size_bytes: Annotated[Count, Meta(description="The size of what was sent.")] = 0


def line_of(row: SeenEnvelopeRow) -> str:
    """An envelope as a line of text: time, outcome, way, events with their problems, consent, network, visitor."""
    consent = ",".join(row.consent) or "none"
    parts = [
        row.at[11:19],
        row.outcome,
        row.method,
        ", ".join(_event_text(event) for event in row.events) or "no events",
        *row.problems,
        f"consent {consent}" + (f" ({row.source})" if row.source else ""),
        row.network,
        row.visitor and f"visitor {row.visitor}",
    ]
    return "  ".join(part for part in parts if part)


def _event_text(event: SeenEventRow) -> str:
    state = "" if event.logged else "not logged"
    said = ", ".join(filter(None, (state, *event.problems)))
    return f"{event.name} [{said}]" if said else event.name
