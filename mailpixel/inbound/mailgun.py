"""Mailgun: HMAC signatures.

Source: Mailgun's pages "Securing Webhooks" and "Automatic Retries", and for the names of fields the code of
django-anymail 15.2; read November 2026.

The signature is HMAC-SHA256 (hex) of timestamp and token. It does not cover the body: so the basic auth of the URL is
asked for besides, and a token that was seen with another report is refused.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.values import an_object, found, is_fresh, json_of, same, seconds_ms, text, token_in
from mailpixel.kinds import EventKind, Reason

FRESH_S = 9 * 3_600
"""Mailgun sends again for 8 hours, first after 5 minutes, and its pages do not say that it signs anew."""

KINDS = {
    "delivered": EventKind.DELIVERY,
    "failed": EventKind.BOUNCE,
    "rejected": EventKind.BOUNCE,
    "complained": EventKind.COMPLAINT,
}
REASONS = {"bounce": Reason.BOUNCED, "suppress-bounce": Reason.BOUNCED}
"""The `reason` of a failure. These are what anymail knows; no list was found in Mailgun's pages."""


def read(post: Post, proof: Proof) -> Found | Refusal:
    """The report of a post; Mailgun sends one at a time."""
    body = json_of(post.body)
    if not isinstance(body, dict):
        return Refusal.UNREADABLE
    signature = an_object(body.get("signature"))
    timestamp, token = text(signature.get("timestamp")), text(signature.get("token"))
    proved = hmac.digest(
        proof.secret.encode(), (timestamp + token).encode("utf-8", "replace"), "sha256"
    ).hex()
    if not token or not proof.secret or not same(text(signature.get("signature")), proved):
        return Refusal.FORGED
    if not is_fresh(seconds_ms(timestamp), post.now_ms, FRESH_S):
        return Refusal.STALE
    return found([_report(an_object(body.get("event-data")))], once=token)


def _report(event: Mapping[str, Any]) -> Report | None:
    kind = KINDS.get(text(event.get("event")))
    at_ms = seconds_ms(event.get("timestamp"))
    deferred = event.get("event") == "failed" and event.get("severity") == "temporary"
    if kind is None or at_ms is None or deferred:
        return None
    return Report(kind, at_ms, token_in(event.get("user-variables")), reason=_reason(kind, event))


def _reason(kind: EventKind, event: Mapping[str, Any]) -> Reason | None:
    if kind is EventKind.DELIVERY:
        return None
    if kind is EventKind.COMPLAINT:
        return Reason.SPAM
    return REASONS.get(text(event.get("reason")), Reason.OTHER)
