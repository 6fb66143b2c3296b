"""Hypothesis strategies: histories of a few messages, as odd as the log may hold, and ways to cut them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Event, Facts
from tests.support.builders import APPLE, BROWSER, GMAIL, ROBOT, an_event, an_id

# Most events fall on one message, so that histories of some twenty have neighbours to tell of.
campaigns = st.sampled_from(["spring", "spring", "spring", "autumn"])
recipients = st.sampled_from(["r-1", "r-1", "r-1", "r-2", "r-3"])
agents = st.sampled_from([APPLE, BROWSER, GMAIL, ROBOT, ""])
addresses = st.sampled_from(["", "192.0.2.10", "198.51.100.17", "2001:db8::1"])
NOTICES = (EventKind.DELIVERY, EventKind.OPTOUT, EventKind.BOUNCE, EventKind.COMPLAINT)
"""What is logged of a message beside hits. The other kinds are of visits and orders, which have no message."""
methods = st.sampled_from(["GET", "GET", "GET", "GET", "HEAD", "POST"])
facts = st.sampled_from([Facts.NONE, Facts.NONE, Facts.PREVIEW, Facts.FORGED, Facts.REFERER | Facts.ACCEPT])
seconds = st.one_of(st.integers(0, 120), st.integers(0, 200_000))


@st.composite
def hits(draw: st.DrawFn, kind: EventKind) -> Event:
    """An open or a click by anybody, at any moment of the first days."""
    click = kind is EventKind.CLICK
    link = draw(st.sampled_from([None, 1, 2, 3, 65535])) if click else None
    return an_event(
        kind,
        draw(seconds),
        campaign=draw(campaigns),
        recipient=draw(recipients),
        link=link,
        destination="https://other.example/" if click and link is None else None,
        method=draw(methods),
        address=draw(addresses),
        agent=draw(agents),
        facts=draw(facts),
    )


@st.composite
def notices(draw: st.DrawFn) -> Event:
    """A report of the ESP or an opt-out."""
    kind = draw(st.sampled_from(NOTICES))
    has_reason = kind in (EventKind.BOUNCE, EventKind.COMPLAINT)
    return an_event(
        kind,
        draw(seconds),
        campaign=draw(campaigns),
        recipient=draw(recipients),
        method="",
        agent="",
        address="",
        reason=draw(st.sampled_from(Reason)) if has_reason else None,
    )


events = st.one_of(hits(EventKind.OPEN), hits(EventKind.CLICK), notices())


@st.composite
def histories(draw: st.DrawFn, max_size: int = 25) -> tuple[Event, ...]:
    """Events of two campaigns to three recipients, in order of their ids, which are all different."""
    drawn = draw(st.lists(events, max_size=max_size))
    stamped = (
        _with_id(event, an_id(event.received_at_ms, position=position))
        for position, event in enumerate(drawn, 1)
    )
    return tuple(sorted(stamped, key=lambda event: event.id))


@st.composite
def shuffled(draw: st.DrawFn, history: Sequence[Event]) -> tuple[Event, ...]:
    """The same events in another order of arrival."""
    return tuple(draw(st.permutations(list(history))))


@st.composite
def batches(draw: st.DrawFn, history: Sequence[Event]) -> tuple[tuple[Event, ...], ...]:
    """The same events cut into batches, in any order of arrival."""
    arrived = draw(shuffled(history))
    cuts = sorted(draw(st.lists(st.integers(0, len(arrived)), max_size=5)))
    starts, ends = [0, *cuts], [*cuts, len(arrived)]
    return tuple(arrived[start:end] for start, end in zip(starts, ends, strict=True))


def _with_id(event: Event, id: bytes) -> Event:
    fields = {name: getattr(event, name) for name in Event.__match_args__}
    return Event(**(fields | {"id": id}))


__all__ = ["addresses", "agents", "batches", "events", "histories", "hits", "notices", "shuffled"]
