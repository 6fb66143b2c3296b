"""How many people the summary of a cell of the matrix of privacy must count, and why others are left out."""

from collections.abc import Mapping

from tests.support.privacy_matrix import Cell, Choice
from tests.support.privacy_oracle import KINDS, ORDER

REASONS = ("mode", "refused", "unknown", "erased")


def people_of(cell: Cell, choice: Choice) -> Mapping[str, object]:
    """The expected part of `recipients`. Of all recipients of a cell only one is signed for, by commands alone.

    Where nobody counted what was signed, only those who opted out of logged mail are known to be left out.
    """
    opted_out = int(_opted_out(cell, choice))
    sent = cell.sent if _some_by_name(cell, choice) else 0
    if cell.token not in ("mode byte", "merge"):
        nobody = {"tracked_opens": None, "tracked_clicks": None, "untracked_by": None}
        return {
            "tracked": max(sent - opted_out, 0),
            "untracked": opted_out,
            "withdrawn_later": None,
            **nobody,
        }
    opens, clicks = (_reason(cell, purpose, choice) for purpose in KINDS)
    named = {
        "tracked_opens": max(sent - bool(opens), 0),
        "tracked_clicks": max(sent - bool(clicks), 0),
    }
    return {
        "tracked": min(named.values()),
        "untracked": int(bool(opens or clicks)),
        **named,
        "untracked_by": {why: int(why == (opens or clicks)) for why in REASONS},
        "withdrawn_later": opted_out,
    }


def _some_by_name(cell: Cell, choice: Choice) -> bool:
    """Whether anybody can be recorded by name, as far as is known: where a hit was, and where signers say who can."""
    kept = cell.expected(choice)
    allowed = {purpose for purpose in KINDS if ORDER.index(cell.ceiling_now(purpose)) >= 3}
    if cell.token not in ("mode byte", "merge") and "counted" in kept:
        allowed.discard(cell.purpose)
    return "event" in kept or bool(allowed)


def _reason(cell: Cell, purpose: str, choice: Choice) -> str:
    """Why a purpose is not recorded by name: whoever is erased after a hit by name counts as that."""
    moved = cell.said("opens", 3) == "erased" and cell.logged(choice)
    return "erased" if moved else cell.untracked(purpose, choice)


def _opted_out(cell: Cell, choice: Choice) -> bool:
    """Whether the person refused both after their hit was logged: mail already sent is marked then."""
    refuses = all(cell.said(purpose, 3) == "denied" for purpose in KINDS)
    return refuses and cell.logged(choice)
