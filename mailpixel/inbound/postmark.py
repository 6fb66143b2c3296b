"""Postmark: basic auth.

Source: excerpts of Postmark's pages on webhooks with their examples, and for the types of bounces the code of
django-anymail 15.2; read November 2026.

Its posts carry the basic auth of the URL, which the server checks. A signature is checked as well when a secret is
set, in `X-Postmark-Signature` (HMAC-SHA256 of the body, base64). Some public code expects one, other public code says
that Postmark does not sign, and the excerpts name none.
"""

import base64
import hmac
from collections.abc import Mapping
from typing import Any

from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.values import an_object, found, iso_ms, json_of, same, text, token_in
from mailpixel.kinds import EventKind, Reason

SIGNATURE = "x-postmark-signature"

BOUNCE, COMPLAINT = EventKind.BOUNCE, EventKind.COMPLAINT
TYPES: dict[str, tuple[EventKind, Reason] | None] = {
    "HardBounce": (BOUNCE, Reason.BOUNCED),
    "SoftBounce": (BOUNCE, Reason.BOUNCED),
    "VirusNotification": (BOUNCE, Reason.OTHER),
    "BadEmailAddress": (BOUNCE, Reason.INVALID),
    "ManuallyDeactivated": (BOUNCE, Reason.BLOCKED),
    "Unconfirmed": (BOUNCE, Reason.OTHER),
    "Blocked": (BOUNCE, Reason.BLOCKED),
    "SMTPApiError": (BOUNCE, Reason.OTHER),
    "DMARCPolicy": (BOUNCE, Reason.BLOCKED),
    "TemplateRenderingFailed": (BOUNCE, Reason.OTHER),
    "SpamNotification": (COMPLAINT, Reason.SPAM),
    "SpamComplaint": (COMPLAINT, Reason.SPAM),
}
"""What a bounce's `Type` says. Others are ignored: delays, automatic answers, subscriptions."""

MOMENTS = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt"}


def read(post: Post, proof: Proof) -> Found | Refusal:
    """The report of a post; Postmark sends one at a time."""
    if proof.secret and not _is_signed(post, proof.secret):
        return Refusal.FORGED
    event = json_of(post.body)
    if not isinstance(event, dict):
        return Refusal.UNREADABLE
    record = text(event.get("RecordType"))
    if record not in MOMENTS:
        return Found(ignored=1)
    at_ms = iso_ms(event.get(MOMENTS[record]))
    return Refusal.UNREADABLE if at_ms is None else found([_report(event, record, at_ms)])


def _is_signed(post: Post, secret: str) -> bool:
    digest = hmac.digest(secret.encode(), post.body, "sha256")
    return same(post.headers.get(SIGNATURE, ""), base64.b64encode(digest).decode())


def _report(event: Mapping[str, Any], record: str, at_ms: int) -> Report | None:
    token = token_in(an_object(event.get("Metadata")))
    if record == "Delivery":
        return Report(EventKind.DELIVERY, at_ms, token)
    said = TYPES.get(text(event.get("Type")))
    return None if said is None else Report(said[0], at_ms, token, reason=said[1])
