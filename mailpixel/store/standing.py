"""Standing: what is known of a recipient of one campaign, in one word."""

from enum import StrEnum

from mailpixel.store.shown import (
    BOUNCED,
    CLICKED,
    CLICKED_HUMAN,
    OPENED,
    OPENED_HUMAN,
    OPTED_OUT,
    PRIVACY,
    SEEN,
    SHOWN_BITS,
)


class Standing(StrEnum):
    """What is known of a recipient.

    No one can say who did not open: nothing is known of some, and others are hidden by their mail program.
    """

    # Stored by position: add new members at the end.
    NOTHING = "nothing"
    """No open and no click; perhaps a delivery, or hits that do not count."""
    MACHINES = "machines"
    """Only machines fetched the image or followed links."""
    HIDDEN = "hidden"
    """Apple's privacy prefetch fetched the image, which it does whether or not the mail is read."""
    READ = "read"
    """A human open."""
    CLICKED = "clicked"
    """A human click."""
    OPTED_OUT = "opted_out"
    """The recipient asked not to be tracked, whatever was known before."""
    BOUNCED = "bounced"
    """The mail bounced without a later delivery, and no person opened or clicked it."""


STANDINGS = tuple(Standing)

_FIRST_THAT_SHOWS = (
    (OPTED_OUT, Standing.OPTED_OUT),
    (CLICKED_HUMAN, Standing.CLICKED),
    (OPENED_HUMAN, Standing.READ),
    (BOUNCED, Standing.BOUNCED),
    (PRIVACY, Standing.HIDDEN),
    (OPENED | CLICKED, Standing.MACHINES),
)


def standing_of(shown: int) -> Standing:
    """The standing of a message that showed these bits; see `mailpixel.store.shown`."""
    return next((standing for bits, standing in _FIRST_THAT_SHOWS if shown & bits), Standing.NOTHING)


UNSEEN = -1
"""The code for no standing. Only hits with a broken signature are known of this
message, and anyone can send those."""

CODES = tuple(
    STANDINGS.index(standing_of(shown)) if shown & SEEN else UNSEEN for shown in range(1 << SHOWN_BITS)
)
"""The place of a standing among `STANDINGS`, or `UNSEEN`, by what a message showed."""
