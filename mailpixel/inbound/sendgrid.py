"""SendGrid's Event Webhook: ECDSA signatures.

Source: excerpts of Twilio's "Event Webhook Reference" and "Getting Started with the Event Webhook Security Features",
and the code of django-anymail 15.2; read November 2026.

The signature is ECDSA (P-256, SHA-256, base64 of DER) of the timestamp header and the raw body.
The URL holds basic auth besides, which SendGrid's former page on the event webhook allows and anymail asks for.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from mailpixel.errors import InvalidInput
from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.values import check_extra, found, is_fresh, json_of, seconds_ms, text, token_in
from mailpixel.kinds import EventKind, Reason

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
FRESH_S = 25 * 3_600
"""SendGrid sends again for 24 hours, and its pages do not say that it signs anew. What comes twice counts once."""

KINDS = {
    "delivered": EventKind.DELIVERY,
    "bounce": EventKind.BOUNCE,
    "dropped": EventKind.BOUNCE,
    "spamreport": EventKind.COMPLAINT,
}
REASONS = {
    "invalid": Reason.INVALID,
    "unsubscribed address": Reason.UNSUBSCRIBED,
    "bounce": Reason.BOUNCED,
    "bounced address": Reason.BOUNCED,
    "blocked": Reason.BLOCKED,
    "expired": Reason.TIMED_OUT,
    "spam reporting address": Reason.SPAM,
    "spam content (if spam checker app enabled)": Reason.SPAM,
}
"""The `type` or `reason` of a bounce or drop, in lower case."""


def read(post: Post, proof: Proof) -> Found | Refusal:
    """The reports of a post. Raises `MissingExtra` without `cryptography`."""
    timestamp = post.headers.get(TIMESTAMP, "")
    if not _is_signed(post.headers.get(SIGNATURE, ""), timestamp.encode() + post.body, proof.secret):
        return Refusal.FORGED
    if not is_fresh(seconds_ms(timestamp), post.now_ms, FRESH_S):
        return Refusal.STALE
    events = json_of(post.body)
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        return Refusal.UNREADABLE
    return found(map(_report, events))


def check_key(key: str) -> str:
    """The verification key as the ESP shows it: base64 of a P-256 public key. Raises `InvalidInput`, `MissingExtra`."""
    _public_key(key)
    return key


def _is_signed(signature: str, signed: bytes, key: str) -> bool:
    check_extra()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        _public_key(key).verify(base64.b64decode(signature, validate=True), signed, ECDSA(SHA256()))
    except (InvalidSignature, InvalidInput, binascii.Error, ValueError):
        return False
    return True


def _public_key(key: str) -> Any:
    check_extra()
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        found = load_der_public_key(base64.b64decode("".join(key.split()), validate=True))
    except (ValueError, TypeError, binascii.Error):
        found = None
    if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
        raise InvalidInput(
            "secret", "is not SendGrid's verification key; copy it from the Event Webhook settings"
        )
    return found


def _report(event: Mapping[str, Any]) -> Report | None:
    kind = KINDS.get(text(event.get("event")))
    at_ms = seconds_ms(event.get("timestamp"))
    if kind is None or at_ms is None:
        return None
    return Report(kind, at_ms, token_in(event), reason=_reason(kind, event))


def _reason(kind: EventKind, event: Mapping[str, Any]) -> Reason | None:
    if kind is EventKind.DELIVERY:
        return None
    if kind is EventKind.COMPLAINT:
        return Reason.SPAM
    dropped = event.get("event") == "dropped"
    said = text(event.get("type") or event.get("reason")) if dropped else text(event.get("type"))
    return REASONS.get(said.lower(), Reason.OTHER if dropped else Reason.BOUNCED)
