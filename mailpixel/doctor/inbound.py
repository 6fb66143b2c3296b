"""Checks of the sources of delivery reports."""

from collections.abc import Iterator

from mailpixel.doctor.local import Check, Grade, failed
from mailpixel.errors import KeyringError, MissingExtra
from mailpixel.inbound.source import open_secrets
from mailpixel.links.keyring import Keyring
from mailpixel.store.inbound import InboundSource, InboundSources


def check_inbound(sources: InboundSources, keyring: Keyring) -> Iterator[Check]:
    """Check that each source can be read with these keys, and that no subscription waits. Nothing without sources."""
    for source in sources.inbounds():
        yield _of_source(source, keyring)


def _of_source(source: InboundSource, keyring: Keyring) -> Check:
    name = f"reports {source.name}"
    try:
        open_secrets(keyring, source)
    except (KeyringError, MissingExtra) as error:
        return failed(name, error)
    if source.confirm_url:
        remedy = f"mailpixel inbound confirm {source.name}"
        return Check(name, Grade.WARN, "a subscription waits to be confirmed; SNS sends no reports", remedy)
    return Check(name, Grade.OK, "its reports can be checked")
