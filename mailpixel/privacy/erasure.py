"""Erases a person: each owner of personal data forgets them, then the bytes are overwritten."""

from typing import Protocol

from mailpixel.store.campaigns import LinkRegister
from mailpixel.store.erasure import Erasure
from mailpixel.store.webhooks import Letters


class Forgetful(LinkRegister, Letters, Protocol):
    """The part of a registry that holds something about people."""


def erase_person(store: Erasure, registry: Forgetful, recipient: str, now_ms: int) -> int:
    """Erase a person everywhere. Returns the number of events erased.

    The store forgets the person's events, states and counts, and rejects everything received up to now. The
    registry forgets destinations remembered from any mail, and which events of the person a webhook refused.
    The sweep removes user agents that no one else has and overwrites the bytes that remain in files. Opt-outs
    stay in the registry and in the memory of running processes, because they keep the person out.

    Raises `ErasureUnfinished` when the person is erased but traces remain on disk; call this again then.
    """
    events = store.erase(recipient, now_ms)
    registry.forget_sightings()
    registry.forget_letters(recipient)
    store.sweep()
    return events
