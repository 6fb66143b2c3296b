"""The columns of signed links for many recipients at once, by the treatment of each."""

from collections.abc import Callable, Sequence
from typing import Protocol

from mailpixel.claims import TokenKind
from mailpixel.links.minter import Minter, names_somebody
from mailpixel.links.urls import click_url, merge_click_url, optout_url, pixel_url
from mailpixel.modes import AS_BEFORE, Mode, Modes, Treatment

Column = Callable[[Sequence[str]], list[str]]
"""Makes one column for recipients whose ids were checked."""


class Treat(Protocol):
    """Says how the mail of recipients is signed; `codes` are places in `table`. It can be pickled."""

    @property
    def table(self) -> Sequence[Treatment]:
        """The treatments there are."""

    @property
    def name(self) -> str:
        """What decides besides what people said, as text."""

    def codes(self, recipients: Sequence[str]) -> bytes:
        """For each recipient the place of the treatment."""


class AllAlike:
    """A `Treat` that names everybody, in tokens of the first form."""

    table = (AS_BEFORE,)
    name = ""

    def codes(self, recipients: Sequence[str]) -> bytes:
        """See `Treat`."""
        return bytes(len(recipients))


class LinkColumns:
    """The columns of a campaign: the pixel or token, and the links.

    `links` are (number, destination as it is written where the link is not tracked).
    """

    def __init__(self, minter: Minter, links: Sequence[tuple[int, str]], merge: bool) -> None:
        self._minter = minter
        self._links = links
        self._merge = merge
        self._made: dict[Modes | None, Sequence[Column]] = {}

    def of(self, recipients: Sequence[str], treat: Treat, codes: bytes) -> list[list[str]]:
        """The columns for these recipients, in their order."""
        different = sorted(set(codes))
        if len(different) == 1:
            return self._alike(recipients, treat.table[different[0]].modes)
        columns = [[""] * len(recipients) for _ in range(1 + len(self._links))]
        for code in different:
            places = [place for place, each in enumerate(codes) if each == code]
            made = self._alike([recipients[place] for place in places], treat.table[code].modes)
            for column, cells in zip(columns, made, strict=True):
                for place, cell in zip(places, cells, strict=True):
                    column[place] = cell
        return columns

    def choices(self, recipients: Sequence[str]) -> tuple[list[str], list[str]]:
        """(the URLs of the choice pages, their tokens)."""
        tokens = self._minter.series(TokenKind.CHOICE).tokens(recipients)
        before = optout_url(self._minter.base_url, "")
        return [before + token for token in tokens], tokens

    def _alike(self, recipients: Sequence[str], modes: Modes | None) -> list[list[str]]:
        made = self._made.get(modes)
        if made is None:
            links = [self._link(number, url, modes) for number, url in self._links]
            made = self._made[modes] = [self._lead(modes), *links]
        return [column(recipients) for column in made]

    def _lead(self, modes: Modes | None) -> Column:
        minter = self._minter
        if self._merge:
            if names_somebody(modes):
                return minter.series(TokenKind.MESSAGE, None, modes).tokens
            return _always(minter.token("", modes))
        if modes is not None and modes.opens < Mode.DELIVERABILITY:
            return _always(minter.pixel("", modes))
        return _around(pixel_url(minter.base_url, " "), minter.series(TokenKind.OPEN, None, modes).tokens)

    def _link(self, number: int, destination: str, modes: Modes | None) -> Column:
        minter = self._minter
        if modes is None or modes.clicks >= Mode.INDIVIDUAL:
            tokens = minter.series(TokenKind.CLICK, number, modes).tokens
            return _around(click_url(minter.base_url, " "), tokens)
        if modes.clicks is Mode.OFF:
            return _always(destination)
        return _always(merge_click_url(minter.base_url, minter.campaign_token(), number))


def _always(cell: str) -> Column:
    return lambda recipients: [cell] * len(recipients)


def _around(url: str, tokens: Column) -> Column:
    before, after = url.split(" ")
    if not after:
        return lambda recipients: [before + token for token in tokens(recipients)]
    return lambda recipients: [before + token + after for token in tokens(recipients)]
