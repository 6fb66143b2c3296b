"""The same bodies through our readers and through django-anymail give the same normal form."""

import json
import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from mailpixel.inbound import anymail as anymail_form
from mailpixel.inbound import mailgun, postmark, sendgrid
from mailpixel.inbound.report import Found, Post, Proof, Reader, Report
from mailpixel.inbound.ses import report_of
from tests.support import esp_posts as posts
from tests.support.django_settings import configure
from tests.support.esp_posts import MAILGUN_KEY, NOW_MS, iso, mailgun_post, sendgrid_post, sendgrid_public

configure()


def by_anymail(view: str, module: str, event: Mapping[str, Any], *more: object) -> Report | None:
    """What anymail makes of one event, in our form. Its view is made without its settings, which ask for boto3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = getattr(__import__(f"anymail.webhooks.{module}", fromlist=[view]), view)
    made = found.__new__(found)
    parse = getattr(made, "esp_to_anymail_events", None) or (
        lambda *given: [made.esp_to_anymail_event(*given)]
    )
    (one,) = parse(event, *more)
    form = {
        "event_type": one.event_type,
        "timestamp": one.timestamp.isoformat() if one.timestamp else None,
        "reject_reason": one.reject_reason,
        "metadata": one.metadata,
    }
    return anymail_form.report_of(form)


def reported(read: Reader, post: Post, proof: Proof) -> Report | None:
    found = read(post, proof)
    assert isinstance(found, Found)
    return next(iter(found.reports), None)


@pytest.mark.parametrize(
    "type", [*postmark.TYPES, "Transient", "DnsError", "AutoResponder", "Subscribe", "Unsubscribe", "Unknown"]
)
def test_postmark_bounces(type: str) -> None:
    event = posts.postmark("Bounce", "token", Type=type, ID=42)
    ours = reported(postmark.read, Post({}, json.dumps(event).encode(), NOW_MS), Proof())
    assert ours == by_anymail("PostmarkTrackingWebhookView", "postmark", event)


@pytest.mark.parametrize("record", ["Delivery", "SpamComplaint", "Open", "Click", "SubscriptionChange"])
def test_postmark_records(record: str) -> None:
    event = posts.postmark(record, "token", **({"Type": record} if record == "SpamComplaint" else {}))
    ours = reported(postmark.read, Post({}, json.dumps(event).encode(), NOW_MS), Proof())
    assert ours == by_anymail("PostmarkTrackingWebhookView", "postmark", event)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("delivered", {}),
        ("dropped", {"reason": "Bounced Address"}),
        ("dropped", {"reason": "Invalid"}),
        ("dropped", {"reason": "Unsubscribed Address"}),
        ("dropped", {"type": "blocked"}),
        ("dropped", {"type": "expired"}),
        ("processed", {}),
        ("deferred", {}),
        ("open", {}),
        ("unsubscribe", {}),
    ],
)
def test_sendgrid_events(event: str, fields: dict[str, str]) -> None:
    one = posts.sendgrid(event, "token", **fields)
    ours = reported(sendgrid.read, sendgrid_post([one]), Proof(sendgrid_public()))
    assert ours == by_anymail("SendGridTrackingWebhookView", "sendgrid", one)


@pytest.mark.parametrize("event", ["bounce", "spamreport"])
def test_sendgrid_bounces_and_complaints_where_anymail_names_no_reason(event: str) -> None:
    one = posts.sendgrid(event, "token", type="bounce")
    ours = reported(sendgrid.read, sendgrid_post([one]), Proof(sendgrid_public()))
    theirs = by_anymail("SendGridTrackingWebhookView", "sendgrid", one)
    assert ours is not None
    assert theirs is not None
    assert (ours.kind, ours.at_ms, ours.token) == (theirs.kind, theirs.at_ms, theirs.token)


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("delivered", {}),
        ("failed", {"severity": "permanent", "reason": "bounce"}),
        ("failed", {"severity": "permanent", "reason": "suppress-bounce"}),
        ("failed", {"severity": "permanent", "reason": "old"}),
        ("failed", {"severity": "temporary", "reason": "generic"}),
        ("rejected", {"reject": {"reason": "virus"}}),
        ("complained", {}),
        ("opened", {}),
        ("accepted", {}),
    ],
)
def test_mailgun_events(event: str, fields: dict[str, object]) -> None:
    post = mailgun_post(posts.mailgun(event, "token", **fields))
    ours = reported(mailgun.read, post, Proof(MAILGUN_KEY))
    assert ours == by_anymail("MailgunTrackingWebhookView", "mailgun", json.loads(post.body))


@pytest.mark.parametrize("kind", ["Delivery", "Bounce", "Complaint", "Reject", "Send", "Open"])
def test_ses_events(kind: str) -> None:
    event = posts.ses(kind, "token", bounceType="Permanent", bounceSubType="General")
    event["mail"]["headers"] = [{"name": "X-Metadata", "value": '{"mailpixel": "token"}'}]
    sns = {"MessageId": "1", "Timestamp": iso()}
    assert report_of(event, NOW_MS) == by_anymail("AmazonSESTrackingWebhookView", "amazon_ses", event, sns)
