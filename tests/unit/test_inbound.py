"""The readers of ESPs: what their posts report, and what they refuse."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpixel.claims import Claims, TokenKind
from mailpixel.errors import InvalidInput
from mailpixel.inbound import anymail, mailgun, postmark, sendgrid, ses
from mailpixel.inbound.esps import ESPS, Access, Key
from mailpixel.inbound.report import Found, Post, Proof, Refusal, Report
from mailpixel.inbound.sns import CERTIFICATE_URL as CERTIFICATE_PATTERN
from mailpixel.inbound.source import (
    CHANCE_BYTES,
    NewSource,
    digest_of,
    has_access,
    new_source,
    open_secrets,
    url_of,
)
from mailpixel.inbound.values import MOST_REPORTS
from mailpixel.kinds import EventKind, Reason
from mailpixel.links.token import TokenSigner
from tests.support.builders import KEYRING, SENT_AT, at_ms
from tests.support.esp_posts import (
    CERTIFICATE_URL,
    CONFIRM_URL,
    MAILGUN_KEY,
    NOW_MS,
    TOPIC,
    certificate,
    iso,
    mailgun_post,
    sendgrid_post,
    sendgrid_public,
    sns_message,
    sns_post,
)
from tests.support.esp_posts import (
    mailgun as mailgun_event,
)
from tests.support.esp_posts import (
    postmark as postmark_event,
)
from tests.support.esp_posts import (
    sendgrid as sendgrid_event,
)
from tests.support.esp_posts import (
    ses as ses_event,
)

BOUNCE, COMPLAINT, DELIVERY = EventKind.BOUNCE, EventKind.COMPLAINT, EventKind.DELIVERY
MONTH_MS = 30 * 86_400_000
SENDGRID = Proof(sendgrid_public())
MAILGUN = Proof(MAILGUN_KEY)
SNS = Proof(TOPIC, lambda url: certificate())


def a_post(event: object) -> Post:
    return Post({}, json.dumps(event).encode(), NOW_MS)


def one(kind: EventKind, reason: Reason | None = None) -> Found:
    return Found((Report(kind, at_ms(1), "token", reason=reason),))


@pytest.mark.parametrize(
    ("record", "type", "expected"),
    [
        ("Delivery", None, one(DELIVERY)),
        ("Bounce", "HardBounce", one(BOUNCE, Reason.BOUNCED)),
        ("Bounce", "BadEmailAddress", one(BOUNCE, Reason.INVALID)),
        ("Bounce", "Blocked", one(BOUNCE, Reason.BLOCKED)),
        ("Bounce", "SpamNotification", one(COMPLAINT, Reason.SPAM)),
        ("SpamComplaint", "SpamComplaint", one(COMPLAINT, Reason.SPAM)),
        ("Bounce", "Transient", Found(ignored=1)),
        ("Bounce", "AutoResponder", Found(ignored=1)),
        ("Open", None, Found(ignored=1)),
    ],
)
def test_postmark(record: str, type: str | None, expected: Found) -> None:
    assert postmark.read(a_post(postmark_event(record, "token", Type=type)), Proof()) == expected


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        ("delivered", {}, one(DELIVERY)),
        ("bounce", {"type": "bounce"}, one(BOUNCE, Reason.BOUNCED)),
        ("bounce", {"type": "blocked"}, one(BOUNCE, Reason.BLOCKED)),
        ("dropped", {"reason": "Invalid"}, one(BOUNCE, Reason.INVALID)),
        ("dropped", {"reason": "Unsubscribed Address"}, one(BOUNCE, Reason.UNSUBSCRIBED)),
        ("spamreport", {}, one(COMPLAINT, Reason.SPAM)),
        ("deferred", {}, Found(ignored=1)),
        ("open", {}, Found(ignored=1)),
    ],
)
def test_sendgrid(event: str, fields: dict[str, str], expected: Found) -> None:
    assert sendgrid.read(sendgrid_post([sendgrid_event(event, "token", **fields)]), SENDGRID) == expected


@pytest.mark.parametrize(
    ("event", "fields", "expected"),
    [
        ("delivered", {}, one(DELIVERY)),
        ("failed", {"severity": "permanent", "reason": "bounce"}, one(BOUNCE, Reason.BOUNCED)),
        ("failed", {"severity": "permanent", "reason": "old"}, one(BOUNCE, Reason.OTHER)),
        ("complained", {}, one(COMPLAINT, Reason.SPAM)),
        ("failed", {"severity": "temporary", "reason": "generic"}, Found(ignored=1)),
        ("opened", {}, Found(ignored=1)),
    ],
)
def test_mailgun(event: str, fields: dict[str, str], expected: Found) -> None:
    found = mailgun.read(mailgun_post(mailgun_event(event, "token", **fields)), MAILGUN)
    assert found == replace(expected, once="t" * 50)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    ("kind", "details", "expected"),
    [
        ("Delivery", {}, one(DELIVERY)),
        ("Bounce", {"bounceType": "Permanent"}, one(BOUNCE, Reason.BOUNCED)),
        ("Complaint", {"complaintFeedbackType": "abuse"}, one(COMPLAINT, Reason.SPAM)),
        ("Complaint", {"complaintFeedbackType": "not-spam"}, Found(ignored=1)),
        ("Reject", {}, one(BOUNCE, Reason.BLOCKED)),
        ("Open", {}, Found(ignored=1)),
    ],
)
def test_ses(version: str, kind: str, details: dict[str, str], expected: Found) -> None:
    post = sns_post(sns_message(ses_event(kind, "token", **details), version))
    assert ses.read(post, SNS) == expected


def test_ses_names_the_message_by_header_metadata_or_tag() -> None:
    def token(mail: object) -> str:
        report = ses.report_of({"eventType": "Delivery", "mail": mail}, NOW_MS)
        assert report is not None
        return report.token

    assert token({"headers": [{"name": "X-Metadata", "value": '{"mailpixel": "token"}'}]}) == "token"
    assert token({"headers": [{"name": "x-mailpixel", "value": "to\r\n ken"}]}) == "token"
    assert token({"tags": {"mailpixel": ["token"]}}) == "token"
    assert token({}) == token({"headers": 5, "tags": []}) == token(None) == ""


def test_anymails_form_names_a_message_by_token_or_by_campaign_and_recipient() -> None:
    lines = [
        {"event_type": "delivered", "timestamp": iso(), "metadata": {"mailpixel": "token"}},
        {"event_type": "bounced", "timestamp": at_ms(1) / 1000, "campaign": "spring", "recipient": "r-1"},
        {"event_type": "rejected", "timestamp": iso(), "reject_reason": "invalid"},
        {"event_type": "complained", "timestamp": iso(), "reject_reason": None},
        {"event_type": "deferred", "timestamp": iso()},
        {"event_type": "bounced"},
    ]
    post = Post({}, b"\n".join(json.dumps(line).encode() for line in lines) + b"\n\n", NOW_MS)
    assert anymail.read(post, Proof()) == Found(
        (
            Report(DELIVERY, at_ms(1), "token"),
            Report(BOUNCE, at_ms(1), "", "spring", "r-1", Reason.OTHER),
            Report(BOUNCE, at_ms(1), reason=Reason.INVALID),
            Report(COMPLAINT, at_ms(1), reason=Reason.SPAM),
        ),
        ignored=2,
    )


def test_a_subscription_is_handed_on_and_not_confirmed() -> None:
    message = sns_message("hello", Type="SubscriptionConfirmation", SubscribeURL=CONFIRM_URL, Token="0123abc")
    assert ses.read(sns_post(message), SNS) == Found(confirm_url=CONFIRM_URL)
    elsewhere = sns_message(
        "hello", Type="SubscriptionConfirmation", SubscribeURL="https://evil.example/?Action=x", Token="1"
    )
    assert ses.read(sns_post(elsewhere), SNS) is Refusal.UNREADABLE


def edited(post: Post) -> Post:
    return replace(post, body=post.body.replace(b"token", b"other"))


def without_headers(post: Post) -> Post:
    return replace(post, headers={})


SIGNED_SENDGRID = sendgrid_post([sendgrid_event("delivered", "token")])
SIGNED_SNS = sns_message(ses_event("Delivery", "token"))


@pytest.mark.parametrize(
    ("read", "post", "proof", "why"),
    [
        (sendgrid.read, edited(SIGNED_SENDGRID), SENDGRID, Refusal.FORGED),
        (sendgrid.read, without_headers(SIGNED_SENDGRID), SENDGRID, Refusal.FORGED),
        (sendgrid.read, SIGNED_SENDGRID, Proof(sendgrid_public("other")), Refusal.FORGED),
        (sendgrid.read, SIGNED_SENDGRID, Proof(""), Refusal.FORGED),
        (sendgrid.read, sendgrid_post([], NOW_MS - MONTH_MS), SENDGRID, Refusal.STALE),
        (sendgrid.read, sendgrid_post([], NOW_MS - 90_001_000), SENDGRID, Refusal.STALE),
        (sendgrid.read, sendgrid_post([], NOW_MS + 400_000), SENDGRID, Refusal.STALE),
        (sendgrid.read, sendgrid_post({"event": "open"}), SENDGRID, Refusal.UNREADABLE),
        (sendgrid.read, sendgrid_post([{}] * (MOST_REPORTS + 1)), SENDGRID, Refusal.UNREADABLE),
        (mailgun.read, mailgun_post({}, key="other"), MAILGUN, Refusal.FORGED),
        (mailgun.read, mailgun_post({}, key=""), Proof(""), Refusal.FORGED),
        (mailgun.read, mailgun_post({}, NOW_MS - MONTH_MS), MAILGUN, Refusal.STALE),
        (mailgun.read, a_post({"event-data": {"event": "delivered"}}), MAILGUN, Refusal.FORGED),
        (mailgun.read, a_post([]), MAILGUN, Refusal.UNREADABLE),
        (ses.read, edited(sns_post(SIGNED_SNS)), SNS, Refusal.FORGED),
        (ses.read, sns_post(sns_message("x", which="other")), SNS, Refusal.FORGED),
        (ses.read, sns_post(SIGNED_SNS), replace(SNS, secret=TOPIC + "2"), Refusal.FORGED),
        (ses.read, sns_post(sns_message("x", TopicArn=TOPIC + "2")), SNS, Refusal.FORGED),
        (ses.read, sns_post(SIGNED_SNS | {"SignatureVersion": "1"}), SNS, Refusal.FORGED),
        (ses.read, sns_post(SIGNED_SNS | {"SignatureVersion": "3"}), SNS, Refusal.FORGED),
        (ses.read, sns_post(SIGNED_SNS), replace(SNS, certificate=lambda url: b"junk"), Refusal.FORGED),
        (ses.read, sns_post(sns_message("x", Timestamp=iso(-MONTH_MS / 1000))), SNS, Refusal.STALE),
        (ses.read, sns_post(sns_message("x", Type="Other")), SNS, Refusal.FORGED),
        (postmark.read, a_post(postmark_event("Delivery", "token")), Proof("secret"), Refusal.FORGED),
        (postmark.read, a_post([]), Proof(), Refusal.UNREADABLE),
        (
            postmark.read,
            a_post(postmark_event("Delivery", "t", DeliveredAt="soon")),
            Proof(),
            Refusal.UNREADABLE,
        ),
        (anymail.read, Post({}, b"{}\nno\n", NOW_MS), Proof(), Refusal.UNREADABLE),
    ],
)
def test_what_is_not_proved_fresh_and_readable_is_refused(
    read: Callable[[Post, Proof], object], post: Post, proof: Proof, why: Refusal
) -> None:
    assert read(post, proof) is why


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("read", "post", "proof"),
    [
        (sendgrid.read, sendgrid_post([], NOW_MS - 24 * HOUR_MS), SENDGRID),
        (mailgun.read, mailgun_post({}, NOW_MS - 8 * HOUR_MS), MAILGUN),
        (ses.read, sns_post(sns_message("x", Timestamp=iso(-HOUR_MS / 1000))), SNS),
    ],
)
def test_what_an_esp_sends_again_for_hours_with_its_first_signature_is_fresh(
    read: Callable[[Post, Proof], object], post: Post, proof: Proof
) -> None:
    assert isinstance(read(post, proof), Found)


def test_a_token_longer_than_a_value_may_be_comes_in_pieces() -> None:
    claims = Claims(TokenKind.MESSAGE, "spring-2026", "0b6f1f0e-8e0a-4f51-b0b0-3f1c6f0e7f11")
    token = TokenSigner(KEYRING).sign(claims)
    assert 80 < len(token) < 160
    pieces = {"mailpixel": token[:80], "mailpixel2": token[80:], "mailpixel10": "x"}
    event = postmark_event("Delivery", "") | {"Metadata": pieces}
    assert postmark.read(a_post(event), Proof()) == Found((Report(DELIVERY, at_ms(1), token),))


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-01.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://me@sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.eu-west-1.amazonaws.com:444/SimpleNotificationService-01.pem",
        "https://sns.eu-west-1.amazonaws.com/../x/SimpleNotificationService-01.pem",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem?x",
        "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem\n",
        "https://bucket.s3.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem",
        "https://sns.amazonaws.com.s3.amazonaws.com/SimpleNotificationService-01.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str) -> None:
    def fetched(url: str) -> bytes:
        raise AssertionError(url)

    message = sns_message("x", SigningCertURL=url)
    assert ses.read(sns_post(message), Proof(TOPIC, fetched)) is Refusal.FORGED


def test_certificates_of_all_regions_are_known() -> None:
    for region in ("us-east-1", "ap-southeast-2", "us-gov-west-1"):
        assert CERTIFICATE_PATTERN.fullmatch(CERTIFICATE_URL.replace("eu-west-1", region))
    china = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-a.pem"
    assert CERTIFICATE_PATTERN.fullmatch(china)


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)


@given(st.sampled_from(["postmark", "sendgrid", "mailgun", "ses", "anymail"]), st.binary(max_size=300))
def test_no_bytes_break_a_reader(esp: str, body: bytes) -> None:
    proof = {"sendgrid": SENDGRID, "ses": SNS, "mailgun": MAILGUN}.get(esp, Proof())
    assert isinstance(ESPS[esp].read(Post({}, body, NOW_MS), proof), Found | Refusal)


@given(st.dictionaries(st.sampled_from([
    "RecordType", "DeliveredAt", "BouncedAt", "Type", "Metadata", "event", "timestamp", "mailpixel", "type", "reason",
    "user-variables", "severity", "eventType", "mail", "delivery", "bounce", "event_type", "metadata", "recipient",
]), values | st.sampled_from(["Delivery", "Bounce", "delivered", "failed", "bounce", "dropped", iso()])))  # fmt: skip
def test_no_proved_event_breaks_a_reader(event: dict[str, object]) -> None:
    text = json.dumps(event)
    for read, post, proof in (
        (postmark.read, a_post(event), Proof()),
        (sendgrid.read, sendgrid_post([event]), SENDGRID),
        (mailgun.read, mailgun_post(event), MAILGUN),
        (ses.read, sns_post(sns_message(text)), SNS),
        (anymail.read, a_post(event), Proof()),
    ):
        assert isinstance(read(post, proof), Found | Refusal)


@pytest.mark.parametrize("esp", list(ESPS))
def test_a_body_nested_too_deep_is_refused(esp: str) -> None:
    body = b"[" * 200_000 + b"]" * 200_000
    proof = {"sendgrid": SENDGRID, "ses": SNS, "mailgun": MAILGUN}.get(esp, Proof())
    assert isinstance(ESPS[esp].read(Post({}, body, NOW_MS), proof), Refusal)


def test_a_new_source_keeps_no_password_and_opens_with_the_keyring() -> None:
    source, password = new_source(NewSource("mg", "mailgun", " key "), KEYRING, b"c" * CHANCE_BYTES, SENT_AT)
    assert password not in repr(source)
    secrets = open_secrets(KEYRING, source)
    assert (secrets.key, secrets.digest) == ("key", digest_of(password))
    assert url_of("https://t.example/", "mg", Access.BASIC, "pw") == "https://mailpixel:pw@t.example/in/mg"
    assert url_of("https://t.example", "mg", Access.BEARER, "pw") == "https://t.example/in/mg"


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (NewSource("Bad Name", "postmark"), "name: needs 1 to 32"),
        (NewSource("a", "sparrow"), "esp: must be one of postmark"),
        (NewSource("a", "mailgun"), "secret: is missing"),
        (NewSource("a", "sendgrid", "bm8="), "secret: is not SendGrid's verification key"),
        (NewSource("a", "sendgrid", "no"), "secret: is not SendGrid's verification key"),
        (NewSource("a", "ses", "arn:aws:sqs:eu-west-1:1:x"), "topic: is not the ARN"),
        (NewSource("a", "anymail", "key"), "secret: is not used"),
        (NewSource("a", "mailgun", "k" * 4_097), "secret: must be at most"),
    ],
)
def test_a_wrong_source_is_refused_with_its_remedy(asked: NewSource, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem):
        new_source(asked, KEYRING, b"c" * CHANCE_BYTES, SENT_AT)


BASIC = "Basic bWFpbHBpeGVsOnB3"


@pytest.mark.parametrize(
    ("access", "header", "good"),
    [
        (Access.BASIC, BASIC, True),
        (Access.BASIC, BASIC.lower(), False),
        (Access.BASIC, "Basic cm9vdDpwdw==", False),
        (Access.BASIC, "Basic !!", False),
        (Access.BASIC, "Bearer pw", False),
        (Access.BASIC, "", False),
        (Access.BEARER, "Bearer pw", True),
        (Access.BEARER, "bearer  pw ", True),
        (Access.BEARER, "Bearer pw2", False),
        (Access.BEARER, BASIC, False),
    ],
)
def test_the_password_or_key_is_asked_for(access: Access, header: str, good: bool) -> None:
    assert has_access(access, header, digest_of("pw")) is good


def test_no_header_opens_a_source_without_a_password() -> None:
    assert not has_access(Access.BASIC, "Basic bWFpbHBpeGVsOg==", digest_of(""))
    assert not has_access(Access.BEARER, "Bearer", digest_of(""))


def test_every_esp_says_what_to_set_up_and_what_its_key_is() -> None:
    for esp in ESPS.values():
        assert esp.setup
        assert bool(esp.key_name) is (esp.key is not Key.NEVER)
