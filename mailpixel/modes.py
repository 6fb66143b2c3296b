"""How much is recorded of a reader, one mode for opens and one for clicks; and what a person said about it.

Modes are ordered: `off` < `aggregate` < `deliverability` < `individual` < `full`. Whatever several sides
allow, the lesser holds: `lesser` is the only way in which modes are combined.
"""

from enum import IntEnum, StrEnum
from typing import NamedTuple

from mailpixel.errors import InvalidInput

CLICKS_SHIFT = 3
"""In the byte of two modes, opens have the lowest three bits and clicks the next three."""


class Mode(IntEnum):
    """How much is recorded, from nothing to everything. Tokens and the database hold these numbers."""

    OFF = 0
    """Nothing."""
    AGGREGATE = 1
    """Counts of the campaign, of nobody in particular."""
    DELIVERABILITY = 2
    """Those counts, and the day of a recipient's last open."""
    INDIVIDUAL = 3
    """Events of the recipient, without any part of an address."""
    FULL = 4
    """Such events with the network (/24 or /48)."""

    @property
    def word(self) -> str:
        """The name in settings, options and JSON."""
        return self.name.lower()


WORDS = {mode.word: mode for mode in Mode}
"""The modes by their names, from the least to the most."""


class Modes(NamedTuple):
    """One mode for opens and one for clicks."""

    opens: Mode
    clicks: Mode

    @property
    def byte(self) -> int:
        """Both as one byte, 0 to 36, as tokens hold them: opens in bits 0 to 2, clicks in bits 3 to 5."""
        return self.opens | self.clicks << CLICKS_SHIFT

    @property
    def text(self) -> str:
        """As written in settings and options: `individual`, or `opens=aggregate,clicks=individual`."""
        if self.opens == self.clicks:
            return self.opens.word
        return f"opens={self.opens.word},clicks={self.clicks.word}"


_WORD = f"({'|'.join(WORDS)})"
MODES_PATTERN = f"^(opens={_WORD}, *clicks={_WORD}|clicks={_WORD}, *opens={_WORD}|{_WORD})$"
"""A regular expression of modes as text, for the JSON schemas of the API."""
MODES_OF_BYTE = {modes.byte: modes for modes in (Modes(opens, clicks) for opens in Mode for clicks in Mode)}
"""All pairs by their byte. Any other byte is none."""
OFF = Modes(Mode.OFF, Mode.OFF)
FULL = Modes(Mode.FULL, Mode.FULL)


def both(mode: Mode) -> Modes:
    """The same mode for opens and clicks."""
    return Modes(mode, mode)


def lesser(*modes: Modes) -> Modes:
    """The least of these for opens, and the least for clicks. Without any: `full` for both."""
    return Modes(
        min((each.opens for each in modes), default=Mode.FULL),
        min((each.clicks for each in modes), default=Mode.FULL),
    )


def parse_modes(text: str, field: str = "mode") -> Modes:
    """The modes in `individual` or `opens=aggregate,clicks=individual`. Raises `InvalidInput`."""
    words = {"opens": text, "clicks": text}
    if "=" in text:
        pairs = [part.split("=", 1) for part in text.split(",") if "=" in part]
        words = {name.strip(): word for name, word in pairs}
        if len(pairs) != 2 or text.count(",") != 1:
            raise _no_modes(field)
    named = {name: WORDS.get(word.strip()) for name, word in words.items()}
    opens, clicks = named.get("opens"), named.get("clicks")
    if opens is None or clicks is None:
        raise _no_modes(field)
    return Modes(opens, clicks)


def _no_modes(field: str) -> InvalidInput:
    return InvalidInput(
        field,
        f"must be one of {', '.join(WORDS)}, or one for each, like `opens=aggregate,clicks=individual`",
    )


class Statement(StrEnum):
    """What a person said about being measured."""

    UNKNOWN = "unknown"
    """Nothing: never asked, or not answered."""
    GRANTED = "granted"
    DENIED = "denied"


class Consent(NamedTuple):
    """What holds for a person now, by purpose. `erased`: the person was erased and did not return since."""

    opens: Statement = Statement.UNKNOWN
    clicks: Statement = Statement.UNKNOWN
    erased: bool = False


UNASKED = Consent()
"""Of whom nothing is known."""


class Untracked(StrEnum):
    """Why a recipient's opens or clicks are not recorded by name."""

    MODE = "mode"
    """The installation or the campaign records less of everybody."""
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """Nothing was said, and less is recorded of those who said nothing."""
    ERASED = "erased"


class Treatment(NamedTuple):
    """How the mail of a recipient is signed: with these modes, or in the first form of tokens where they are None.

    `opens` and `clicks` say why that purpose is not recorded by name; None where it is.
    """

    modes: Modes | None = None
    opens: Untracked | None = None
    clicks: Untracked | None = None

    @property
    def has_any(self) -> bool:
        """Whether a mail may have a pixel or tracked links at all."""
        return self.modes is None or self.modes != OFF

    @property
    def has_links(self) -> bool:
        """Whether links may be tracked at all, by name or not."""
        return self.modes is None or self.modes.clicks is not Mode.OFF

    @property
    def text(self) -> str:
        """As one word, which `treatment_of` reads: `3.3.-.-`, `1.0.mode.refused`, or `-.-.-.-`."""
        numbers = ("-", "-") if self.modes is None else (int(self.modes.opens), int(self.modes.clicks))
        return ".".join(map(str, (*numbers, self.opens or "-", self.clicks or "-")))


def treatment_of(text: str) -> Treatment:
    """The treatment of such a word. Raises `ValueError`."""
    opens, clicks, why_opens, why_clicks = text.split(".")
    modes = None if opens == "-" else Modes(Mode(int(opens)), Mode(int(clicks)))
    return Treatment(modes, *(None if why == "-" else Untracked(why) for why in (why_opens, why_clicks)))


AS_BEFORE = Treatment()
"""Recorded by name, in tokens of the first form."""
