"""Explains in words why each hit of one message got its verdict."""

from functools import lru_cache

from msgspec.structs import astuple

from mailpixel.classify import Rules, explain
from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Campaign, Event, Judged, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.report.answer import Answer, Iso
from mailpixel.report.export import EventRow, event_row
from mailpixel.report.moments import iso_ms


@lru_cache(maxsize=4_096)
def client_name(agent: str) -> str | None:
    """A user agent in words, such as `PC / Windows 10 / Chrome 153.0.0`; None if it reveals nothing.

    A description for people, from the user-agents package; no rule uses it.
    """
    from user_agents import parse  # slow to load, and most processes describe no program

    described = str(parse(agent)).split(" / ") if agent else []
    return " / ".join(part for part in described if part != "Other") or None


REASONS = {
    Reason.INVALID: "mailbox unknown",
    Reason.BOUNCED: "refused by the receiving server",
    Reason.TIMED_OUT: "no answer in time",
    Reason.BLOCKED: "blocked by the receiving server or the ESP",
    Reason.SPAM: "taken for spam",
    Reason.UNSUBSCRIBED: "unsubscribed at the ESP",
    Reason.OTHER: "for another reason",
}
"""Why a message bounced, in words."""


class ReportRow(Answer, frozen=True):
    """What the ESP reported about a message, in words too. `reason` is of a bounce or a complaint."""

    at: Iso
    kind: EventKind
    reason: Reason | None
    text: str


class HitRow(EventRow, frozen=True, kw_only=True):
    """A hit with its verdict, the `client` in words, and sentences on the evidence used and rejected."""

    client: str | None
    reasons: list[str]


class MessageRow(Answer, frozen=True):
    """Every report, open and click of a message in order of time, including repeats and probes."""

    campaign: str
    recipient: str
    delivered_at: Iso | None
    opted_out: bool
    rules_version: str
    reports: list[ReportRow]
    hits: list[HitRow]


def explanation(message: Message, campaign: Campaign, rules: Rules, addresses: bool = False) -> MessageRow:
    """Explain the hits of a message. `addresses` adds the stored client addresses."""
    judged = explain(message, campaign, rules)
    state = fold_message(message, judged)
    return MessageRow(
        campaign=message.campaign,
        recipient=message.recipient,
        delivered_at=iso_ms(state.delivered_at_ms),
        opted_out=state.opted_out,
        rules_version=rules.version,
        reports=[_report(event) for event in message.events if event.kind in _REPORTED],
        hits=[_hit(each, addresses) for each in judged],
    )


_REPORTED = {
    EventKind.DELIVERY: "delivered",
    EventKind.BOUNCE: "bounced",
    EventKind.COMPLAINT: "reported as spam",
}


def _report(event: Event) -> ReportRow:
    text = _REPORTED[event.kind]
    if event.kind is EventKind.BOUNCE and event.reason is not None:
        text += f": {REASONS[event.reason]}"
    return ReportRow(iso_ms(event.received_at_ms), event.kind, event.reason, text)


def _hit(judged: Judged, addresses: bool) -> HitRow:
    row = astuple(event_row(judged, addresses))
    return HitRow(*row, client=client_name(judged.event.agent), reasons=list(judged.reasons))
