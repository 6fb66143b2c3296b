"""Messages of Amazon SNS: RSA signatures, certificates, confirmations.

Source: excerpts of AWS, "Verifying the signatures of Amazon SNS messages", "Parsing message formats" and "Amazon SNS
message delivery retries"; read November 2026.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from mailpixel.errors import InvalidInput
from mailpixel.inbound.report import Post, Proof, Refusal
from mailpixel.inbound.values import check_extra, is_fresh, iso_ms, json_of, same, text
from mailpixel.times import moment_of

FRESH_S = 3_900
"""SNS sends again for at most an hour, with the same id and moment."""
HOST = r"sns\.[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
CERTIFICATE_URL = re.compile(rf"https://{HOST}/SimpleNotificationService-[0-9A-Za-z]{{1,64}}\.pem")
CONFIRM_URL = re.compile(rf"https://{HOST}/\?Action=ConfirmSubscription&[A-Za-z0-9&=:%._~-]{{1,2000}}")
TOPIC = re.compile(r"arn:aws(?:-cn|-us-gov)?:sns:[a-z0-9-]{1,32}:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")

NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
SIGNED = {
    "Notification": NOTIFICATION,
    "SubscriptionConfirmation": CONFIRMATION,
    "UnsubscribeConfirmation": CONFIRMATION,
}
"""The fields that are signed, in this order, by type of message. `Subject` may be missing."""


def read_message(post: Post, proof: Proof) -> Mapping[str, Any] | Refusal:
    """A message of the topic `proof.secret` with a good and fresh signature.

    Raises `OSError` when its certificate cannot be had now, and `MissingExtra` without `cryptography`.
    """
    message = json_of(post.body)
    if not isinstance(message, dict):
        return Refusal.UNREADABLE
    url = text(message.get("SigningCertURL"))
    if not same(text(message.get("TopicArn")), proof.secret) or not proof.secret:
        return Refusal.FORGED
    if not is_fresh(iso_ms(message.get("Timestamp")), post.now_ms, FRESH_S):
        return Refusal.STALE
    signed = signed_text(message)
    if signed is None or proof.certificate is None or not CERTIFICATE_URL.fullmatch(url):
        return Refusal.FORGED
    good = _is_signed(message, signed.encode("utf-8", "replace"), proof.certificate(url), post.now_ms)
    return message if good else Refusal.FORGED


def signed_text(message: Mapping[str, Any]) -> str | None:
    """The text that is signed: a line of the name and one of the value for each field. None without a type we know."""
    names = SIGNED.get(text(message.get("Type")))
    if names is None or not all(isinstance(message.get(name, ""), str) for name in names):
        return None
    return "".join(f"{name}\n{message[name]}\n" for name in names if name in message)


def check_topic(arn: str) -> str:
    """The ARN of a topic. Raises `InvalidInput`."""
    if not TOPIC.fullmatch(arn):
        raise InvalidInput(
            "topic", "is not the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:mail"
        )
    return arn


def _is_signed(message: Mapping[str, Any], signed: bytes, certificate: bytes, now_ms: int) -> bool:
    check_extra()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA1, SHA256
    from cryptography.x509 import load_pem_x509_certificate

    digest = {"1": SHA1(), "2": SHA256()}.get(text(message.get("SignatureVersion")))  # noqa: S303 - as SNS signs
    try:
        found = load_pem_x509_certificate(certificate)
        key = found.public_key()
        signature = base64.b64decode(text(message.get("Signature")), validate=True)
        in_time = found.not_valid_before_utc <= moment_of(now_ms) <= found.not_valid_after_utc
        if digest is None or not in_time or not isinstance(key, RSAPublicKey):
            return False
        key.verify(signature, signed, PKCS1v15(), digest)
    except (InvalidSignature, ValueError, TypeError, binascii.Error):
        return False
    return True
