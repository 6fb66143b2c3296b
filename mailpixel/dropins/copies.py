"""One message of Django's as copies, one for each address: the same headers, and a recipient of its own."""

from collections.abc import Callable, Sequence
from copy import copy
from email.utils import formatdate
from typing import Any

from django.core.mail import make_msgid
from django.core.mail.backends import console, filebased, locmem, smtp
from django.core.mail.utils import DNS_NAME

_BY_MESSAGE = (smtp.EmailBackend, locmem.EmailBackend, console.EmailBackend, filebased.EmailBackend)
"""Backends that send the message's own headers to whom its `recipients()` names. Others read the addresses
elsewhere, and would send every copy to everybody."""


def can_split(backend: Any) -> bool:
    """Whether a backend can send a copy to one address while its headers name all."""
    return isinstance(backend, _BY_MESSAGE)


def copies_of(message: Any, addresses: Sequence[str]) -> list[Any]:
    """One copy for each address: `To` and `Cc` as they are, one Message-ID and date for all, Bcc in none."""
    headers = {name: value for name, value in message.extra_headers.items() if name.lower() != "bcc"}
    names = {name.lower() for name in headers}
    if "message-id" not in names:
        headers["Message-ID"] = make_msgid(domain=DNS_NAME)
    if "date" not in names:
        headers["Date"] = formatdate(localtime=True)
    return [_copy(message, address, headers) for address in addresses]


def _copy(message: Any, address: str, headers: dict[str, str]) -> Any:
    made = copy(message)
    made.extra_headers = dict(headers)
    made.recipients = _only(address)
    return made


def _only(address: str) -> Callable[[], list[str]]:
    return lambda: [address]
