"""A Django e-mail backend that tracks mail and hands it to any other backend.

    EMAIL_BACKEND = "mailpixel.dropins.django.TrackingBackend"
    MAILPIXEL_EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"   # the one that sends
    MAILPIXEL_PIXEL = "none"                                             # or "top"; else "bottom"
    MAILPIXEL_SPLIT = True                                               # one copy for each address

    message = EmailMultiAlternatives(subject, text, sender, [customer.email])
    message.attach_alternative(html, "text/html")
    message.extra_headers |= {"X-Mailpixel-Campaign": "spring-2026", "X-Mailpixel-Recipient": str(customer.pk)}

A message to one address is tracked when it carries both headers. One token is for one person, so a message to several
addresses (`to`, `cc` and `bcc` together) goes out untracked, but for two cases; both need `X-Mailpixel-Campaign` alone,
and the recipient ids are `message.mailpixel_recipients` (address to id), or the keyed pseudonyms of the addresses:

- A batch of anymail's (`merge_data` and its kin) without cc and bcc, through a service whose merge fields are filled
  into the HTML (`mailpixel.dropins.merge_fields`): each recipient's token goes into the merge data.
- `X-Mailpixel-Split: yes`, or the setting, with a backend of Django's own: one copy for each address, with the same
  To, Cc and Message-ID. All copies are tried. When one fails, the error is raised after the last,
  `message.mailpixel_unsent` lists the addresses without their copy, and the log says how many have one.

`X-Mailpixel-Pixel: none`, `top` or `bottom` says where the pixel of one message goes. Our headers are taken out in any
case; the message is as it was when the backend has returned, but for what the wrapped one notes on it. The data folder
and the base URL are those of the `MAILPIXEL_*` variables. Mail that cannot be tracked goes out as it is, and the log of
`mailpixel.dropins` says why.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from mailpixel.dropins.campaigns import LOG, Campaigns, open_campaigns, tell_untracked, tracked_html
from mailpixel.dropins.headers import RECIPIENT_HEADER
from mailpixel.dropins.merge_fields import defaults_of, is_batch, with_tokens
from mailpixel.dropins.people import people
from mailpixel.errors import InvalidInput, MissingExtra, safe_message
from mailpixel.rewriting import Rewriter

try:
    from django.conf import settings
    from django.core.mail import get_connection
    from django.core.mail.backends.base import BaseEmailBackend

    from mailpixel.dropins.asked import (
        Asked,
        all_addresses,
        asked_by,
        field_of_batch,
        ids_of,
        marks_of,
    )
    from mailpixel.dropins.copies import can_split, copies_of
except ImportError as error:
    raise MissingExtra(
        "the e-mail backend needs Django: pip install '.[django]' in the clone of mailpixel"
    ) from error

DEFAULT_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
"""What is wrapped when MAILPIXEL_EMAIL_BACKEND is not set: Django's own default."""

_CHANGING = ("extra_headers", "body", "alternatives", "merge_data")
_ABSENT = object()
_Track = Callable[[str], str]


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
        """Send the messages through the wrapped backend, tracked where they ask for it; returns what it returns.

        A message that is split counts as one when all its copies went out, and as none otherwise.
        """
        with ExitStack() as changes:
            letters = [changes.enter_context(self._changed(message)) for message in email_messages]
            whole = [message for message, copies in letters if copies is None]
            split = [(message, copies) for message, copies in letters if copies is not None]
            if not split:
                return self._wrapped.send_messages(whole)
            sent = (self._wrapped.send_messages(whole) or 0) if whole else 0
            return sent + sum(self._send_copies(message, copies) for message, copies in split)

    def _send_copies(self, message: Any, copies: Sequence[Any]) -> int:
        """Try every copy over one connection. Raises the first error when all were tried."""
        opened = self._wrapped.open()
        unsent: list[str] = []
        errors: list[Exception] = []
        try:
            for each in copies:
                try:
                    went = bool(self._wrapped.send_messages([each]))
                except Exception as error:
                    went = False
                    errors.append(error)
                if not went:
                    unsent += each.recipients()
        finally:
            if opened:
                self._wrapped.close()
        message.mailpixel_unsent = unsent
        if unsent:
            LOG.warning(
                "%d of %d copies of a mail were sent; sending the whole mail again repeats these",
                len(copies) - len(unsent),
                len(copies),
            )
        if errors:
            raise errors[0]
        return int(not unsent)

    @contextmanager
    def _changed(self, message: Any) -> Iterator[tuple[Any, list[Any] | None]]:
        """The message without our headers and with tracked HTML, and its copies if it is split, while the block lasts.

        Not a copy where it goes out whole: backends note on the message itself what became of it.
        """
        before = {name: getattr(message, name, _ABSENT) for name in _CHANGING}
        marks = marks_of(message)
        copies = None
        if marks:
            ours = dict(marks)
            message.extra_headers = {n: value for n, value in message.extra_headers.items() if n not in ours}
            copies = self._track(message, marks)
        try:
            yield message, copies
        finally:
            for name, value in before.items():
                if value is not _ABSENT:
                    setattr(message, name, value)
                elif hasattr(message, name):
                    delattr(message, name)

    def _track(self, message: Any, marks: list[tuple[str, str]]) -> list[Any] | None:
        """Track the message, or give its tracked copies. Never raises: a tracker must never stop a mailing."""
        try:
            asked = asked_by(marks)
            addresses = all_addresses(message, self._wrapped)
            if len(addresses) <= 1:
                self._track_one(message, asked, addresses)
            elif asked.split and can_split(self._wrapped):
                return self._tracked_copies(message, asked, addresses)
            else:
                self._track_batch(message, asked)
        except Exception as error:
            tell_untracked(safe_message(error))
        return None

    def _track_one(self, message: Any, asked: Asked, addresses: Sequence[str]) -> None:
        recipient = asked.recipient
        if not recipient and (asked.split or is_batch(message, self._wrapped)):
            [recipient] = ids_of(self._rewriter(asked).minter, message, addresses).values()
        if not recipient:
            raise InvalidInput(RECIPIENT_HEADER, "is missing; it names the recipient by your own id")
        _rewrite(message, self._tracker(asked, recipient))

    def _track_batch(self, message: Any, asked: Asked) -> None:
        """Track a batch through the service's merge field. Raises `InvalidInput` where that cannot be done."""
        field = field_of_batch(message, asked, self._wrapped)
        rewriter = self._rewriter(asked)
        ids = ids_of(rewriter.minter, message, people(message.to))
        tokens = {address: rewriter.token(id) for address, id in ids.items()}
        _rewrite(message, partial(_templated, rewriter, field.tag))
        theirs = getattr(message, "merge_data", None)
        shared = defaults_of(self._wrapped).get("merge_data") if theirs is None else theirs
        message.merge_data = with_tokens(shared, field.key, tokens)

    def _tracked_copies(self, message: Any, asked: Asked, addresses: Sequence[str]) -> list[Any]:
        ids = ids_of(self._rewriter(asked).minter, message, addresses)
        first = people(message.to)
        if asked.recipient and len(first) == 1:
            ids[first[0]] = asked.recipient
        elif asked.recipient:
            LOG.warning("%s names one of several people and was not used", RECIPIENT_HEADER)
        copies = copies_of(message, addresses)
        for address, each in zip(addresses, copies, strict=True):
            _rewrite(each, self._tracker(asked, ids[address]))
        return copies

    def _tracker(self, asked: Asked, recipient: str) -> _Track:
        return partial(tracked_html, lambda _: self._rewriter(asked), asked.campaign, recipient)

    def _rewriter(self, asked: Asked) -> Rewriter:
        """The rewriter of a campaign; the data folder is opened with the first mail."""
        if self._campaigns is None:
            self._campaigns = open_campaigns()
        return self._campaigns(asked.campaign).with_style(asked.pixel)


def _templated(rewriter: Rewriter, tag: str, html: str) -> str:
    rewritten = rewriter.template(html, tag)
    if rewritten.failure is not None:
        raise rewritten.failure
    return rewritten.output


def _rewrite(message: Any, track: _Track) -> None:
    """Track every HTML part; raises what `track` raises, with the message as it was."""
    body = track(str(message.body)) if message.content_subtype == "html" else message.body
    parts = getattr(message, "alternatives", None)
    alternatives = [_alternative(part, track) for part in parts] if parts else parts
    message.body = body
    if parts:
        message.alternatives = alternatives


def _alternative(part: Any, track: _Track) -> Any:
    content, kind = part
    if kind != "text/html" or not isinstance(content, str):
        return part
    return part._replace(content=track(content)) if hasattr(part, "_replace") else (track(content), kind)
