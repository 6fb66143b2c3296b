"""Messages of `mailpixel rewrite` about links that it left alone, and about tracked links that need attention."""

from collections.abc import Iterator, Mapping, Sequence

from mailpixel.links.splicing.draft import Note, NoteKind
from mailpixel.links.splicing.link_policy import Reason
from mailpixel.rewriting.notes import NAMED, spoken
from mailpixel.rewriting.reasons import LINK_WORDS, PART_WORDS

_MSO = "; add --mso to track it"

WHY: Mapping[str, str] = {
    "already-tracked": LINK_WORDS[Reason.TRACKED],
    "empty": "empty",
    **{
        str(reason): f"{reason} ({words}{_MSO if reason is Reason.CONDITIONAL else ''})"
        for reason, words in LINK_WORDS.items()
        if reason not in (Reason.TRACKED, Reason.EMPTY)
    },
}
"""Reasons why a link was left alone, by their names in `Plan.report`."""

WHY_PART: Mapping[str, str] = {str(cause): f"{cause} ({words})" for cause, words in PART_WORDS.items()}
"""Reasons why a part of a message, or the whole message, was left alone."""

_REMEDIES: Mapping[NoteKind, str] = {
    NoteKind.SHOWN: ", or --shown leave",
    NoteKind.SHORT: "; --pixel none leaves it out",
}


def left_alone(counts: Mapping[str, int]) -> Iterator[str]:
    """One line for links left alone and one for parts left alone. `counts` is `Rewritten.report`."""
    parts = {key.removeprefix("left-"): number for key, number in counts.items() if key.startswith("left-")}
    links = {key: number for key, number in counts.items() if not key.startswith("left-")}
    for begin, why, numbers in (("left alone", WHY, links), ("parts left alone", WHY_PART, parts)):
        if numbers:
            yield f"{begin}: " + ", ".join(f"{number} {why.get(key, key)}" for key, number in numbers.items())


def worth_knowing(notes: Sequence[Note]) -> Iterator[str]:
    """Notes for the sender, each kind followed by its links."""
    for about in spoken(notes, _REMEDIES):
        yield f"{about.text}:" if about.hrefs else about.text
        yield from (f"  {href}" for href in about.hrefs)
        if about.count > NAMED:
            yield f"  and {about.count - NAMED} more"
