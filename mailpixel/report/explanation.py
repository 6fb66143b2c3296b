"""Explains in words why each hit of one message got its verdict."""

from functools import lru_cache

import user_agents
from msgspec.structs import astuple

from mailpixel.classify import Rules, explain
from mailpixel.model import Campaign, Judged, Message
from mailpixel.projections.message_state import fold_message
from mailpixel.report.answer import Answer, Iso
from mailpixel.report.export import EventRow, event_row
from mailpixel.report.moments import iso_ms


@lru_cache(maxsize=4_096)
def client_name(agent: str) -> str | None:
    """A user agent in words, such as `PC / Windows 10 / Chrome 153.0.0`; None if it reveals nothing.

    A description for people, from the user-agents package; no rule uses it.
    """
    described = str(user_agents.parse(agent)).split(" / ") if agent else []
    return " / ".join(part for part in described if part != "Other") or None


class HitRow(EventRow, frozen=True, kw_only=True):
    """A hit with its verdict, the `client` in words, and sentences on the evidence used and rejected."""

    client: str | None
    reasons: list[str]


class MessageRow(Answer, frozen=True):
    """Every open and click of a message in order of time, including repeats and probes."""

    campaign: str
    recipient: str
    delivered_at: Iso | None
    opted_out: bool
    rules_version: str
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
        hits=[_hit(each, addresses) for each in judged],
    )


def _hit(judged: Judged, addresses: bool) -> HitRow:
    row = astuple(event_row(judged, addresses))
    return HitRow(*row, client=client_name(judged.event.agent), reasons=list(judged.reasons))
