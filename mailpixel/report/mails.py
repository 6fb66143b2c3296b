"""What is kept of a campaign's mail."""

from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso
from mailpixel.store.mails import KeptMail


class MailLink(Answer, frozen=True):
    """A tracked link of a kept mail. The number is null where its destination is no link of the campaign."""

    number: Count | None
    url: str


class MailSkip(Answer, frozen=True):
    """A link of a kept mail that is left alone, and the reason."""

    href: str
    reason: str


class KeptMailRow(Answer, frozen=True):
    """A kept mail, with its links in the order of their places. `sha256` is in hex."""

    campaign: str
    size_bytes: Count
    sha256: str
    by_place: bool
    registered_at: Iso
    registered_by: str
    links: list[MailLink]
    skipped: list[MailSkip]


def mail_row(mail: KeptMail) -> KeptMailRow:
    """A kept mail for programs."""
    return KeptMailRow(
        campaign=mail.campaign,
        size_bytes=len(mail.html),
        sha256=mail.sha256.hex(),
        by_place=mail.by_place,
        registered_at=iso(mail.registered_at),
        registered_by=mail.registered_by,
        links=[MailLink(place.number, place.url) for place in mail.places],
        skipped=[MailSkip(*skip) for skip in mail.left_alone],
    )
