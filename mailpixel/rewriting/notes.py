"""Warnings about a successful rewrite, in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailpixel.links.splicing.draft import SHORT_BYTES, Note, NoteKind

NAMED = 10
"""The most links that are listed; the others are only counted."""
URL_CHARS = 200

Heed = Callable[[Sequence[Note]], object]
"""Takes the notes of one rewrite."""

_ABOUT: Mapping[NoteKind, str] = {
    NoteKind.FIELD: "{links} hold what looks like a template field; mark it with data-no-track if it is one",
    NoteKind.SHOWN: "{links} show another domain in their text, and mail programs warn of that;"
    " use a tracking host under your own domain{remedy}",
    NoteKind.SHORT: f"the HTML{{whose}} is shorter than {SHORT_BYTES:,} bytes and has no other image:"
    " SpamAssassin adds 0.6 to 2.2 points for the pixel{remedy}",
}


@dataclass(frozen=True, slots=True)
class About:
    """One kind of note: what it says, how many links it is about, and the first of these."""

    text: str
    count: int
    hrefs: tuple[str, ...]

    @property
    def line(self) -> str:
        """All of it in one line."""
        more = [f"{self.count - NAMED} more"] if self.count > NAMED else []
        return f"{self.text}: {', '.join([*self.hrefs, *more])}" if self.hrefs else self.text


def spoken(notes: Sequence[Note], remedies: Mapping[NoteKind, str]) -> Iterator[About]:
    """Each kind of note with its links. `remedies` end the sentence if an option avoids the problem."""
    for kind, text in _ABOUT.items():
        hrefs = [note.href for note in notes if note.kind is kind]
        if hrefs:
            links = f"{len(hrefs)} tracked link(s)"
            said = text.format(links=links, whose="", remedy=remedies.get(kind, ""))
            yield About(said, len(hrefs), tuple(_short(href) for href in hrefs[:NAMED] if href))


def spoken_of(campaign: str, kind: NoteKind) -> str:
    """The same for the mail of a campaign, without any link, because a URL may belong to one person."""
    whose = f" of campaign {campaign!r}"
    return _ABOUT[kind].format(links=f"tracked links{whose}", whose=whose, remedy="")


def _short(href: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in href)
    return shown if len(shown) <= URL_CHARS else shown[: URL_CHARS - 1] + "…"
