"""The normal form of django-anymail, one JSON object a line. Source: anymail's page "Tracking sent mail status", 15.2.

    {"event_type": "bounced", "timestamp": "2026-03-02T09:00:05Z", "reject_reason": "invalid",
     "metadata": {"mailpixel": TOKEN}}
    {"event_type": "delivered", "timestamp": 1772442005, "campaign": "spring-2026", "recipient": "r-1001"}

Other fields are ignored. The server checks the bearer key.
"""

from typing import Any

from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.values import MOST_REPORTS, found, iso_ms, json_of, seconds_ms, text, token_in
from mailpixel.kinds import REPORTED, USUAL_REASONS, EventKind, Reason

KINDS = {**REPORTED, "rejected": EventKind.BOUNCE, "failed": EventKind.BOUNCE}


def read(post: Post, proof: Proof) -> Found | Refusal:
    """The reports of a post. One line that cannot be read refuses the whole."""
    lines = [line for line in post.body.splitlines() if line.strip()]
    if len(lines) > MOST_REPORTS:
        return Refusal.UNREADABLE
    events = [json_of(line) for line in lines]
    if not all(isinstance(event, dict) for event in events):
        return Refusal.UNREADABLE
    return found(map(report_of, events))


def report_of(event: dict[str, Any]) -> Report | None:
    """The report in an event of the normal form; None for what is no report or has no moment."""
    kind = KINDS.get(text(event.get("event_type")))
    moment = event.get("timestamp")
    at_ms = iso_ms(moment) if isinstance(moment, str) else seconds_ms(moment)
    if kind is None or at_ms is None:
        return None
    token = token_in(event.get("metadata"))
    names = ("", "") if token else (text(event.get("campaign")), text(event.get("recipient")))
    return Report(kind, at_ms, token, *names, _reason(kind, text(event.get("reject_reason"))))


def _reason(kind: EventKind, said: str) -> Reason | None:
    usual = USUAL_REASONS.get(kind)
    return usual if usual is None or said not in {*Reason} else Reason(said)
