"""Posts as ESPs document them (November 2026), signed with keys made for the tests."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from mailpixel.inbound.report import Post
from mailpixel.inbound.sns import signed_text
from tests.support.builders import SENT_AT_MS

NOW_MS = SENT_AT_MS + 60_000
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail-events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM_URL = (
    "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=arn:aws:sns&Token=0123abc"
)
MAILGUN_KEY = "key-of-the-tests"


def iso(second: float = 1.0) -> str:
    """The moment so many seconds after sending, as ISO 8601."""
    moment = datetime.fromtimestamp(SENT_AT_MS / 1000 + second, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def postmark(record: str, token: str, **fields: Any) -> dict[str, Any]:
    """A webhook of Postmark."""
    moment = {"Delivery": "DeliveredAt"}.get(record, "BouncedAt")
    event = {"RecordType": record, "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483", "Tag": "welcome"}
    event |= {"Recipient": "john@example.com", "Metadata": {"mailpixel": token}, moment: iso()}  # type: ignore[dict-item]
    return event | fields


def sendgrid(event: str, token: str, **fields: Any) -> dict[str, Any]:
    """One event of SendGrid."""
    given = {"email": "example@test.com", "timestamp": SENT_AT_MS // 1000 + 1, "event": event}
    return given | {"sg_event_id": "sg_event_id", "smtp-id": "<14c5d75@ismtpd>", "mailpixel": token} | fields


def mailgun(event: str, token: str, **fields: Any) -> dict[str, Any]:
    """The event-data of Mailgun."""
    given = {"event": event, "id": "CPgfbmQMTCKtHW6uIWtuVe", "timestamp": SENT_AT_MS / 1000 + 1}
    return given | {"recipient": "alice@example.com", "user-variables": {"mailpixel": token}} | fields


def ses(kind: str, token: str, **details: Any) -> dict[str, Any]:
    """An event of SES."""
    headers = [{"name": "X-Mailpixel", "value": token}, {"name": "From", "value": "a@example.com"}]
    people: Mapping[str, dict[str, Any]] = {
        "Bounce": {"bouncedRecipients": [{"emailAddress": "b@example.com"}], "bounceSubType": "General"},
        "Complaint": {"complainedRecipients": [{"emailAddress": "b@example.com"}]},
        "Delivery": {"recipients": ["b@example.com"]},
        "Reject": {"reason": "Bad content"},
    }
    mail = {"messageId": "EXAMPLE7c191be45", "destination": ["b@example.com"], "headers": headers}
    return {
        "eventType": kind,
        "mail": mail,
        kind.lower(): {"timestamp": iso()} | people.get(kind, {}) | details,
    }


@cache
def sendgrid_key(which: str = "ours") -> ec.EllipticCurvePrivateKey:
    """A signing key; each name has its own."""
    return ec.generate_private_key(ec.SECP256R1())


def sendgrid_public(which: str = "ours") -> str:
    """The verification key as SendGrid shows it."""
    der = (
        sendgrid_key(which)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return base64.b64encode(der).decode()


def sendgrid_post(events: object, signed_ms: int = NOW_MS, which: str = "ours") -> Post:
    """A signed post of SendGrid."""
    body, timestamp = json.dumps(events).encode() + b"\r\n", str(signed_ms // 1000)
    signature = sendgrid_key(which).sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "x-twilio-email-event-webhook-signature": base64.b64encode(signature).decode(),
        "x-twilio-email-event-webhook-timestamp": timestamp,
    }
    return Post(headers, body, NOW_MS)


def mailgun_post(
    event: object, signed_ms: int = NOW_MS, key: str = MAILGUN_KEY, token: str = "t" * 50
) -> Post:
    """A signed post of Mailgun."""
    timestamp = str(signed_ms // 1000)
    signature = hmac.digest(key.encode(), (timestamp + token).encode(), "sha256").hex()
    signed = {"timestamp": timestamp, "token": token, "signature": signature}
    return Post({}, json.dumps({"signature": signed, "event-data": event}).encode(), NOW_MS)


@cache
def sns_key(which: str = "ours") -> rsa.RSAPrivateKey:
    """A key of SNS."""
    return rsa.generate_private_key(65537, 2048)


@cache
def certificate(which: str = "ours") -> bytes:
    """Its certificate, good for a year around sending."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    middle = datetime.fromtimestamp(SENT_AT_MS / 1000, UTC)
    key = sns_key(which)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(middle - timedelta(days=180))
    signed = made.not_valid_after(middle + timedelta(days=180)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM)


def sns_message(message: object, version: str = "2", which: str = "ours", **fields: str) -> dict[str, str]:
    """A signed message of SNS."""
    text = message if isinstance(message, str) else json.dumps(message)
    given = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d",
        "TopicArn": TOPIC,
        "Message": text,
    }
    given |= {"Timestamp": iso(60), "SignatureVersion": version, "SigningCertURL": CERTIFICATE_URL} | fields
    digest = hashes.SHA1() if version == "1" else hashes.SHA256()
    signed = (signed_text(given) or "").encode()
    signature = sns_key(which).sign(signed, padding.PKCS1v15(), digest)
    return given | {"Signature": base64.b64encode(signature).decode()}


def sns_post(message: Mapping[str, str]) -> Post:
    """The post of a message of SNS."""
    return Post({"x-amz-sns-message-type": message["Type"]}, json.dumps(message).encode(), NOW_MS)
