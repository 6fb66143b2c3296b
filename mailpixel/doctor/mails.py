"""Which campaigns keep a mail: others' text, which no erasure of a person changes."""

from mailpixel.doctor.local import Check, Grade
from mailpixel.store.mails import Mails

NAMED = 10
"""The most campaigns that are named; the others are counted."""


def check_mails(mails: Mails) -> Check:
    """Name the campaigns whose mail is kept for the click map. It is never a fault."""
    kept = mails.campaigns_with_mail()
    if not kept:
        return Check("kept mail", Grade.OK, "no campaign keeps its mail for the click map")
    more = [f"{len(kept) - NAMED:,} more"] if len(kept) > NAMED else []
    return Check("kept mail", Grade.OK, f"for the click map of {', '.join([*kept[:NAMED], *more])}")
