"""A Django e-mail backend that tracks mail and hands it to any other backend.

    EMAIL_BACKEND = "mailpixel.dropins.django.TrackingBackend"
    MAILPIXEL_EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"   # the one that sends

    message = EmailMultiAlternatives(subject, text, sender, [customer.email])
    message.attach_alternative(html, "text/html")
    message.extra_headers |= {"X-Mailpixel-Campaign": "spring-2026", "X-Mailpixel-Recipient": str(customer.pk)}

A message is tracked when it carries both headers. They are taken out in any case; the message is as it was when the
backend has returned, but for what the wrapped one notes on it. The data folder and the base URL are those of the
`MAILPIXEL_*` variables. Mail that cannot be tracked goes out as it is, and the log of `mailpixel.dropins` says why.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from mailpixel.dropins.campaigns import Campaigns, open_campaigns
from mailpixel.dropins.headers import CAMPAIGN_HEADER, RECIPIENT_HEADER
from mailpixel.dropins.tracking import tell_untracked, tracked_html
from mailpixel.errors import MissingExtra
from mailpixel.rewriting import Rewriter

try:
    from django.conf import settings
    from django.core.mail import EmailMessage, get_connection
    from django.core.mail.backends.base import BaseEmailBackend
except ImportError as error:
    raise MissingExtra("the e-mail backend needs Django: pip install 'mailpixel[django]'") from error

DEFAULT_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
"""What is wrapped when MAILPIXEL_EMAIL_BACKEND is not set: Django's own default."""

_OURS = (CAMPAIGN_HEADER, RECIPIENT_HEADER)
_CHANGING = ("extra_headers", "body", "alternatives")


class TrackingBackend(BaseEmailBackend):  # type: ignore[misc]  # Django has no types
    """Tracks marked messages; all options (`fail_silently`, a user name and so on) are the wrapped backend's."""

    def __init__(
        self, fail_silently: bool = False, *, campaigns: Campaigns | None = None, **options: Any
    ) -> None:
        super().__init__(fail_silently=fail_silently)
        wrapped = getattr(settings, "MAILPIXEL_EMAIL_BACKEND", DEFAULT_BACKEND)
        self._wrapped = get_connection(wrapped, fail_silently=fail_silently, **options)
        self._campaigns = campaigns

    def open(self) -> Any:
        """Open the wrapped backend's connection."""
        return self._wrapped.open()

    def close(self) -> None:
        """Close the wrapped backend's connection."""
        self._wrapped.close()

    def send_messages(self, email_messages: Sequence[Any]) -> Any:
        """Send the messages through the wrapped backend, tracked where they ask for it; returns what it returns."""
        with ExitStack() as changes:
            for message in email_messages:
                changes.enter_context(self._changed(message))
            return self._wrapped.send_messages(email_messages)

    @contextmanager
    def _changed(self, message: Any) -> Iterator[None]:
        """The message without our headers and with tracked HTML, for as long as the block lasts.

        Not a copy: backends note on the message itself what became of it.
        """
        before = {name: getattr(message, name) for name in _CHANGING if hasattr(message, name)}
        marks = _marks(message)
        if marks:
            ours = dict(marks)
            message.extra_headers = {n: value for n, value in message.extra_headers.items() if n not in ours}
            self._track(message, marks)
        try:
            yield
        finally:
            for name, value in before.items():
                setattr(message, name, value)

    def _track(self, message: Any, marks: list[tuple[str, str]]) -> None:
        values = {name.lower(): value for name, value in marks}
        if len(marks) != len(_OURS) or len(values) != len(_OURS):
            tell_untracked(f"it needs one {CAMPAIGN_HEADER} and one {RECIPIENT_HEADER} header")
            return
        campaign, recipient = (values[name.lower()] for name in _OURS)
        track = partial(tracked_html, self._rewriter, campaign, recipient)
        if message.content_subtype == "html":
            message.body = track(str(message.body))
        if getattr(message, "alternatives", None):
            message.alternatives = [_alternative(part, track) for part in message.alternatives]

    def _rewriter(self, campaign: str) -> Rewriter:
        """The rewriter of a campaign; the data folder is opened with the first mail."""
        if self._campaigns is None:
            self._campaigns = open_campaigns()
        return self._campaigns(campaign)


def _marks(message: EmailMessage) -> list[tuple[str, str]]:
    names = [name.lower() for name in _OURS]
    return [(name, str(value)) for name, value in message.extra_headers.items() if name.lower() in names]


def _alternative(part: Any, track: Callable[[str], str]) -> Any:
    content, kind = part
    if kind != "text/html" or not isinstance(content, str):
        return part
    return part._replace(content=track(content)) if hasattr(part, "_replace") else (track(content), kind)
