"""A person erased: each owner of what is kept of people forgets them, and then the bytes are overwritten."""

from mailpixel.store.campaigns import LinkRegister
from mailpixel.store.erasure import Erasure


def erase_person(store: Erasure, links: LinkRegister, recipient: str, now_ms: int) -> int:
    """Erase a person everywhere; returns how many events went.

    The store forgets their events, states and counts, and keeps out what was received up to now; the registry forgets
    the destinations it remembers of anybody's mail; the sweep takes the agents that nobody else has and overwrites what
    files still hold. Opt-outs stay, in the registry and in the memory of those who read it: they keep the person out.

    Raises `ErasureUnfinished` when the person is erased, and traces are left on disk until this is called again.
    """
    events = store.erase(recipient, now_ms)
    links.forget_sightings()
    store.sweep()
    return events
