"""Recipients by what they did, and everything that happened to the mail of one of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailpixel.kinds import EventKind
from mailpixel.model import Event, Judged, Verdict, Via
from mailpixel.pages.addresses import campaign_url, recipient_url
from mailpixel.pages.definitions import DEFINITIONS, STANDING_DEFINITIONS, STANDING_NAMES
from mailpixel.pages.numbers import NONE, day_text, grouped, moment_text
from mailpixel.report.explanation import REASONS, client_name
from mailpixel.report.parts import DIRECT, MACHINE, PRIVACY, PROXIED
from mailpixel.report.summary import Summary
from mailpixel.store.projections import MessageState
from mailpixel.store.standing import Standing
from mailpixel.times import moment_of

DOWNLOADS = {"csv": "CSV", "ndjson": "NDJSON", "parquet": "Parquet"}


@dataclass(frozen=True, slots=True)
class Tab:
    """One group of recipients: its name, what is known of who is in it, its number and list."""

    name: str
    definition: str
    number: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """One recipient of the list, as text."""

    recipient: str
    url: str
    standing: str
    kind: str
    delivered: str
    opened: str
    clicked: str
    last: str


def tabs(summary: Summary, standing: Standing | None) -> list[Tab]:
    """All recipients with an event, then each standing."""
    numbers, campaign = summary.recipients.standing, summary.campaign.id
    everyone = Tab(
        "all",
        DEFINITIONS["What is known of recipients"],
        grouped(sum(numbers.values())),
        campaign_url(campaign, "recipients"),
        standing is None,
    )
    return [everyone] + [
        Tab(
            name,
            STANDING_DEFINITIONS[each],
            grouped(numbers[each]),
            campaign_url(campaign, "recipients", standing=each),
            each is standing,
        )
        for each, name in STANDING_NAMES.items()
    ]


def recipient_line(state: MessageState) -> RecipientLine:
    """One message of the list."""
    return RecipientLine(
        recipient=state.recipient,
        url=recipient_url(state.campaign, state.recipient),
        standing=STANDING_NAMES[state.standing],
        kind=str(state.standing),
        delivered=_moment(state.delivered_at_ms),
        opened=_moment(state.first_human_open_at_ms),
        clicked=_moment(state.first_human_click_at_ms),
        last=_moment(state.last_event_at_ms),
    )


def downloads(campaign: str, standing: Standing | None, link: int | None) -> dict[str, str]:
    """The files of a list of recipients: the name of each format, and its address."""
    return {
        name: campaign_url(campaign, f"download/recipients.{ending}", standing=standing, link=link)
        for ending, name in DOWNLOADS.items()
    }


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a message. `kind` is the class of its colour; `reasons` is empty for what is not judged."""

    clock: str
    what: str
    kind: str
    tags: Sequence[str]
    client: str
    agent: str
    destination: str
    why: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Day:
    """What happened on one day (UTC)."""

    name: str
    happenings: Sequence[Happening]


def days(events: Iterable[Judged | Event]) -> list[Day]:
    """Events in order of time, by day."""
    found: dict[str, list[Happening]] = {}
    for each in events:
        event = each.event if isinstance(each, Judged) else each
        at = moment_of(event.received_at_ms)
        found.setdefault(_day_name(at), []).append(_happening(each, at))
    return [Day(name, happenings) for name, happenings in found.items()]


def _day_name(at: datetime) -> str:
    return f"{at:%A} {day_text(at)}"


def _happening(found: Judged | Event, at: datetime) -> Happening:
    clock = f"{at:%H:%M:%S}"
    if isinstance(found, Judged):
        return _hit(found, clock)
    what = REPORTED.get(found.kind, str(found.kind))
    if found.kind is EventKind.BOUNCE and found.reason is not None:
        what += f": {REASONS[found.reason]}"
    return Happening(clock, what, "report", (), "", "", "", "", ())


REPORTED = {
    EventKind.DELIVERY: "delivered",
    EventKind.OPTOUT: "asked not to be tracked",
    EventKind.BOUNCE: "bounced",
    EventKind.COMPLAINT: "reported as spam",
    EventKind.OPEN: "open",
    EventKind.CLICK: "click",
}


def _hit(judged: Judged, clock: str) -> Happening:
    event = judged.event
    counted = judged.verdict is Verdict.HUMAN and not judged.dup and event.method == "GET"
    return Happening(
        clock=clock,
        what=_what(event),
        kind=_kind(judged),
        tags=tuple(_tags(judged)),
        client=_client(judged),
        agent=event.agent,
        destination=event.destination or "",
        why="Why was this counted?" if counted else "Why was this not counted?",
        reasons=judged.reasons,
    )


def _client(judged: Judged) -> str:
    """Who fetched, in words. A mail proxy says nothing of the program and the device behind it."""
    if judged.via:
        return f"the mail proxy of {VIAS[judged.via]}"
    agent = judged.event.agent
    return client_name(agent) or ("no known program" if agent else "no user agent")


def _what(event: Event) -> str:
    """`open`, `click of link 2`; for another method than GET also the method."""
    what = REPORTED[event.kind]
    if event.kind is EventKind.CLICK:
        what += f" of link {event.link}" if event.link else " of a link of this mail alone"
    return what if event.method == "GET" else f"{event.method} request, {what}"


def _tags(judged: Judged) -> Iterator[str]:
    verdict = judged.verdict.replace("_", " ")
    yield f"{verdict} via {VIAS.get(judged.via, judged.via)}" if judged.via else verdict
    yield judged.rule
    if judged.dup:
        yield "repeat"


VIAS = {
    Via.GMAIL: "Gmail",
    Via.YAHOO: "Yahoo",
    Via.APPLE: "Apple",
    Via.MICROSOFT: "Microsoft",
    Via.SEZNAM: "Seznam",
}


def _kind(judged: Judged) -> str:
    if judged.verdict is Verdict.HUMAN:
        return PROXIED if judged.via else DIRECT
    return PRIVACY if judged.verdict is Verdict.PRIVACY_PREFETCH else MACHINE


def _moment(milliseconds: int | None) -> str:
    return NONE if milliseconds is None else moment_text(moment_of(milliseconds))
