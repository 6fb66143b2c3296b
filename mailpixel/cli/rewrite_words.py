"""Messages of `mailpixel rewrite` about links that it left alone, and about tracked links that need attention."""

from collections.abc import Iterator, Mapping, Sequence

from mailpixel.links.splicing.draft import Note, NoteKind
from mailpixel.rewriting.notes import NAMED, spoken

WHY: Mapping[str, str] = {
    "already-tracked": "already tracked",
    "conditional": "conditional (only classic Outlook reads it; add --mso to track it)",
    "empty": "empty",
    "foreign": "foreign (in SVG or MathML)",
    "fragment": "fragment (a place in the mail itself)",
    "malformed": "malformed (a browser would refuse it)",
    "no-track": "no-track (marked in the template)",
    "relative": "relative (no http:// or https:// in front)",
    "scheme": "scheme (mailto, tel and others)",
    "shown": "shown (the text shows another domain)",
    "template": "template (a field to be filled in later)",
    "unsafe": "unsafe (a user name, a backslash or a control character)",
    "unsubscribe": "unsubscribe (an unsubscribe link)",
}
"""Reasons why a link was left alone, by their names in `Plan.report`."""

WHY_PART: Mapping[str, str] = {
    "amp": "amp (AMP for e-mail)",
    "attachment": "attachment",
    "calendar": "calendar",
    "dkim": "dkim (already signed; sign after tracking instead)",
    "encoding": "encoding (unknown, or the content does not match it)",
    "encrypted": "encrypted",
    "failed": "failed (the change would have altered other bytes too)",
    "flowed": "flowed (spaces break its URLs)",
    "list_post": "list_post (mail of a discussion list)",
    "malformed": "malformed (programs disagree on where its parts are)",
    "message": "message (a forwarded mail)",
    "no_body": "no_body",
    "no_html": "no_html (no HTML part, so no pixel)",
    "pgp": "pgp (signed or encrypted text)",
    "resource": "resource (another part refers to it; readers see that one)",
    "signed": "signed",
}
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
