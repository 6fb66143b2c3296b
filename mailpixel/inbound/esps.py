"""The ESPs: what proves their posts, how they are refused, and what to set up. To add one, add a row."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from mailpixel.inbound import anymail, mailgun, postmark, sendgrid, ses, sns
from mailpixel.inbound.report import Reader


class Access(StrEnum):
    """What the headers of a post must prove before its body is read, so that strangers cannot keep us reading."""

    BASIC = "basic"
    """The password in the URL that was printed when the source was added."""
    BEARER = "bearer"
    """The key that was printed when the source was added."""


class Key(StrEnum):
    """Whether a source needs the key of the ESP's signature."""

    NEVER = "never"
    MAY = "may"
    MUST = "must"


class Esp(Struct, frozen=True):
    """One ESP.

    `refused` is the status that makes it give up: sending again is of no use when a post is forged, stale or
    unreadable. `key_name` says what the key is, `check` refuses a wrong one. `setup` are the steps for people.
    """

    title: str
    read: Reader
    access: Access
    key: Key
    key_name: str
    setup: tuple[str, ...]
    refused: int = 403


def check_nothing(key: str) -> str:
    """Any text is a key."""
    return key


ESPS: Mapping[str, Esp] = {
    "postmark": Esp(
        "Postmark",
        postmark.read,
        Access.BASIC,
        Key.MAY,
        "the secret of the webhook's signature, where Postmark shows one",
        (
            "In Postmark, open your server, its message stream, Webhooks, Add webhook, and paste the URL.",
            "Choose Delivery, Bounce and Spam complaint. The content of messages is not needed.",
            "Put the message token of each mail into its metadata, under the name `mailpixel`.",
        ),
    ),
    "sendgrid": Esp(
        "SendGrid",
        sendgrid.read,
        Access.BASIC,
        Key.MUST,
        "the verification key that SendGrid shows under Signed Event Webhook",
        (
            "In SendGrid, open Settings, Mail Settings, Event Webhook, and paste the URL.",
            "Choose Delivered, Bounced, Dropped and Spam Reports, and enable the Signed Event Webhook.",
            "Put the message token of each mail into its custom argument `mailpixel`.",
        ),
    ),
    "mailgun": Esp(
        "Mailgun",
        mailgun.read,
        Access.BASIC,
        Key.MUST,
        "the HTTP webhook signing key that Mailgun shows under API Security",
        (
            "In Mailgun, open Send, Sending, Webhooks, and paste the URL for delivered messages, permanent failures"
            " and spam complaints.",
            "Put the message token of each mail into its variable `v:mailpixel`.",
        ),
        406,
    ),
    "ses": Esp(
        "Amazon SES",
        ses.read,
        Access.BASIC,
        Key.MUST,
        "the ARN of the SNS topic",
        (
            "In SNS, subscribe the URL to the topic over HTTPS. Leave raw message delivery off.",
            "In SES, publish deliveries, bounces and complaints to the topic. Include the original headers.",
            "Put the message token of each mail into its header `X-Mailpixel`.",
            "Then confirm the subscription: `mailpixel inbound confirm NAME`",
        ),
    ),
    "anymail": Esp(
        "django-anymail",
        anymail.read,
        Access.BEARER,
        Key.NEVER,
        "",
        (
            "Post anymail's tracking events to the URL, one JSON object per line, with `Authorization: Bearer KEY`.",
            "Put the message token of each mail into its metadata, under the name `mailpixel`.",
        ),
    ),
}
"""The ESPs by the name used in commands."""

CHECKS = {"sendgrid": sendgrid.check_key, "ses": sns.check_topic}
"""Raises `InvalidInput` for a wrong key."""
