"""Sources of delivery reports as programs see them."""

from mailpixel.report.answer import Answer, Iso
from mailpixel.report.moments import iso
from mailpixel.store.inbound import InboundSource


class InboundRow(Answer, frozen=True):
    """A source of delivery reports. `waits` says that a subscription waits to be confirmed. Secrets are never shown."""

    name: str
    esp: str
    created_at: Iso
    waits: bool


class AddedInboundRow(InboundRow, frozen=True):
    """A source just added.

    `url` is for the ESP, with its password where there is one. `key` is the bearer key, null where none is used.
    Both are shown only once. `setup` are the steps at the ESP.
    """

    url: str
    key: str | None
    setup: list[str]


def inbound_row(source: InboundSource) -> InboundRow:
    """A source for programs."""
    return InboundRow(source.name, source.esp, iso(source.created_at), bool(source.confirm_url))
