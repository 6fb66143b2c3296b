"""Standing: what is known of a recipient of one campaign, in one word."""

from enum import StrEnum

from mailpixel.store.shown import CLICKED, CLICKED_HUMAN, OPENED, OPENED_HUMAN, OPTED_OUT, PRIVACY


class Standing(StrEnum):
    """What is known of a recipient. Stored by place: new ones go to the end.

    Nobody can say who did not open: of some nothing is known, and others are hidden by their mail program.
    """

    NOTHING = "nothing"
    """No open and no click: a delivery, perhaps, or what does not count."""
    MACHINES = "machines"
    """Machines fetched the image or followed links, and nobody else did."""
    HIDDEN = "hidden"
    """Apple's privacy prefetch fetched the image, whether or not anyone looked."""
    READ = "read"
    """A human open."""
    CLICKED = "clicked"
    """A human click."""
    OPTED_OUT = "opted_out"
    """The recipient asked not to be tracked, whatever was known before."""
    BOUNCED = "bounced"
    """The mail came back, and nothing human is known. No event says so yet."""


STANDINGS = tuple(Standing)

_FIRST_THAT_SHOWS = (
    (OPTED_OUT, Standing.OPTED_OUT),
    (CLICKED_HUMAN, Standing.CLICKED),
    (OPENED_HUMAN, Standing.READ),
    (PRIVACY, Standing.HIDDEN),
    (OPENED | CLICKED, Standing.MACHINES),
)


def standing_of(shown: int) -> Standing:
    """The standing of a message that showed this; bits as in `mailpixel.store.shown`."""
    return next((standing for bits, standing in _FIRST_THAT_SHOWS if shown & bits), Standing.NOTHING)


CODES = tuple(STANDINGS.index(standing_of(shown)) for shown in range(1 << 8))
"""The place of a standing among `STANDINGS`, by what a message showed."""
