"""Amazon SES through SNS.

Source: excerpts of AWS, "Contents of event data that Amazon SES publishes to Amazon SNS" and its examples, and the
code of django-anymail 15.2; read November 2026.

The message is named by the header `X-Mailpixel`, by `mailpixel` in anymail's header `X-Metadata`, or by the SES tag
`mailpixel`. Headers are reported when SES is asked to include the original ones.
"""

from collections.abc import Mapping
from typing import Any

from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.sns import CONFIRM_URL, read_message
from mailpixel.inbound.values import TOKEN_FIELD, an_object, found, iso_ms, json_of, text, token_in
from mailpixel.kinds import EventKind, Reason

MOST_HEADERS = 1_000
KINDS: dict[str, tuple[EventKind, Reason | None, str]] = {
    "Delivery": (EventKind.DELIVERY, None, "delivery"),
    "Bounce": (EventKind.BOUNCE, Reason.BOUNCED, "bounce"),
    "Reject": (EventKind.BOUNCE, Reason.BLOCKED, "reject"),
    "Rendering Failure": (EventKind.BOUNCE, Reason.OTHER, "failure"),
    "Complaint": (EventKind.COMPLAINT, Reason.SPAM, "complaint"),
}
"""Kind, reason and the object with the details, by type of event."""


def read(post: Post, proof: Proof) -> Found | Refusal:
    """The report of a post, or the address that confirms the subscription.

    Raises `OSError` when the certificate cannot be had now, and `MissingExtra` without `cryptography`.
    """
    message = read_message(post, proof)
    if isinstance(message, Refusal):
        return message
    kind = message["Type"]
    if kind == "SubscriptionConfirmation":
        url = text(message.get("SubscribeURL"))
        return Found(confirm_url=url) if CONFIRM_URL.fullmatch(url) else Refusal.UNREADABLE
    if kind != "Notification":
        return Found(ignored=1)
    return found([report_of(json_of(message["Message"]), iso_ms(message["Timestamp"]))])


def report_of(event: object, published_ms: int | None) -> Report | None:
    """The report in an SES event; None for what is no report. `published_ms` stands in for a missing moment."""
    event = an_object(event)
    said = KINDS.get(text(event.get("eventType") or event.get("notificationType")))
    if said is None:
        return None
    kind, reason, name = said
    details = an_object(event.get(name))
    at_ms = iso_ms(details.get("timestamp")) or published_ms
    if at_ms is None or details.get("complaintFeedbackType") == "not-spam":
        return None
    return Report(kind, at_ms, _token(an_object(event.get("mail"))), reason=reason)


def _token(mail: Mapping[str, Any]) -> str:
    headers = mail.get("headers")
    values = {
        text(header.get("name")).lower(): text(header.get("value"))
        for header in (headers[:MOST_HEADERS] if isinstance(headers, list) else ())
        if isinstance(header, dict)
    }
    tags = an_object(mail.get("tags")).get(TOKEN_FIELD)
    tag = text(tags[0]) if isinstance(tags, list) and tags else ""
    written = "".join(values.get("x-mailpixel", "").split())
    return written or token_in(json_of(values.get("x-metadata", ""))) or tag
