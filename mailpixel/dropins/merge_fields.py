"""Where an e-mail service fills in a field for each recipient of one batch: its merge tag, and the data behind it.

For `django-anymail`, whose backends hand `merge_data` to the service. Only services that fill fields into the message's
own HTML are here, as the documentation of django-anymail 15.2 says under "Batch sending/merge and ESP templates" (read
2026-11). Amazon SES, Brevo, Mailjet, Mailtrap and Postmark fill stored templates alone; Postal, Resend and Scaleway
have no merge data.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

BATCH = ("merge_data", "merge_metadata", "merge_headers")
"""Attributes that make a message a batch, one letter for each address in `to`; an empty one does so too."""
KEY = "mailpixel"
"""The key of the token in each recipient's merge data."""
_DELIMITED = f"-{KEY}-"
"""The same where the service replaces the bare key: it must not stand elsewhere in a mail."""


class MergeField(NamedTuple):
    """A key of each recipient's merge data, and the tag that the service replaces by its value."""

    key: str
    tag: str


_Extra = Mapping[str, Any]


def _braces(extra: _Extra) -> MergeField | None:
    return MergeField(KEY, f"{{{{{KEY}}}}}")


def _mailgun(extra: _Extra) -> MergeField | None:
    return MergeField(KEY, f"%recipient.{KEY}%")


def _mailersend(extra: _Extra) -> MergeField | None:
    return MergeField(KEY, f"{{{{ {KEY} }}}}")


def _mandrill(extra: _Extra) -> MergeField | None:
    """An account chooses its language, so the message must say which it is."""
    tags = {"mailchimp": f"*|{KEY}|*", "handlebars": f"{{{{{KEY}}}}}"}
    language = extra.get("message", {}).get("merge_language")
    return MergeField(KEY, tags[language]) if language in tags else None


def _sendgrid(extra: _Extra) -> MergeField | None:
    if extra.get("use_dynamic_template"):
        return None
    shape = extra.get("merge_field_format") or "{}"
    key = _DELIMITED if shape == "{}" else KEY
    return MergeField(key, shape.format(key))


def _unisender(extra: _Extra) -> MergeField | None:
    return _braces(extra) if extra.get("template_engine", "simple") == "simple" else None


_SERVICES: Mapping[str, Callable[[_Extra], MergeField | None]] = {
    "Mailgun": _mailgun,
    "MailerSend": _mailersend,
    "Mandrill": _mandrill,
    "SendGrid": _sendgrid,
    "SparkPost": _braces,
    "Unisender Go": _unisender,
}


def defaults_of(backend: Any) -> Mapping[str, Any]:
    """What an anymail backend adds to every message (`ANYMAIL["SEND_DEFAULTS"]`); nothing for another backend."""
    return getattr(backend, "send_defaults", None) or {}


def is_batch(message: Any, backend: Any) -> bool:
    """Whether the message goes out as one letter for each address in `to`, none of whom sees the others."""
    if getattr(backend, "esp_name", None) is None:
        return False
    return any(_value(message, backend, name) is not None for name in BATCH)


def merge_field(message: Any, backend: Any) -> MergeField | None:
    """The field that this backend fills in the HTML of this batch; None where that is not certain."""
    make = _SERVICES.get(getattr(backend, "esp_name", ""))
    if make is None or _value(message, backend, "template_id") is not None:
        return None
    shape = getattr(backend, "merge_field_format", None)
    extra = {"merge_field_format": shape} | dict(_value(message, backend, "esp_extra") or {})
    field = make(extra)
    if field is None or _is_taken(field.key, message, backend):
        return None
    return field


def _value(message: Any, backend: Any, name: str) -> Any:
    value = getattr(message, name, None)
    return defaults_of(backend).get(name) if value is None else value


def _is_taken(key: str, message: Any, backend: Any) -> bool:
    each = (_value(message, backend, "merge_data") or {}).values()
    shared = _value(message, backend, "merge_global_data") or {}
    return any(key in data for data in (*each, shared))


def with_tokens(merge_data: Mapping[str, Any] | None, key: str, tokens: Mapping[str, str]) -> dict[str, Any]:
    """The merge data of a batch with each address's token beside what is there; the given data stays as it is."""
    data = dict(merge_data or {})
    for address, token in tokens.items():
        data[address] = {**data.get(address, {}), key: token}
    return data
