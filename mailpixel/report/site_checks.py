"""What would become of an envelope of a web site, for the people who install the site."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from mailpixel.report.answer import Answer
from mailpixel.site.outcomes import Outcome, ReadEvent, Reading
from mailpixel.site_model import Step


class CheckedEventRow(Answer, frozen=True):
    """One event of an envelope: whether it would be logged, the problems with it, and what would be kept of it."""

    name: str
    logged: bool
    problems: Annotated[
        tuple[str, ...],
        Meta(description="Those that begin with `refused` refuse the event, the others keep it."),
    ]
    event: Annotated[dict[str, Any], Meta(description="What would be kept; empty when nothing would.")]


class CheckedEnvelopeRow(Answer, frozen=True):
    """What would become of an envelope, if it were sent now. Nothing is logged."""

    outcome: Outcome
    problems: tuple[str, ...]
    events: tuple[CheckedEventRow, ...]


def checked(reading: Reading) -> CheckedEnvelopeRow:
    """A reading as it is shown."""
    return CheckedEnvelopeRow(reading.outcome, reading.problems, tuple(map(_event, reading.events)))


def _event(read: ReadEvent) -> CheckedEventRow:
    kept = {} if read.step is None else kept_of(read.step)
    return CheckedEventRow(read.name, read.logged, read.problems, kept)


def kept_of(step: Step) -> dict[str, Any]:
    """Every field of what the log keeps of an event, also those that are empty."""
    fields = {name: getattr(step, name) for name in step.__struct_fields__}
    found: dict[str, Any] = msgspec.to_builtins(fields)
    return found
