"""The matrix of privacy: cells of mode, purpose, consent, change, token and number of workers, tried on a real service.

Each cell has a campaign, a recipient, an agent and an address of its own. So what stands on disk of a cell is found by
searching the bytes of all files. The hit's purpose has the mode of the cell; the other purpose has another mode and
another statement, so that taking one for the other shows.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import NamedTuple

from tests.support.privacy_oracle import (
    KINDS,
    ORDER,
    STATES,
    Rules,
    in_force,
    least,
    signed,
    untracked,
    written,
)

CHANGES = ("none", "before signing", "before the hit", "after the hit")
TOKENS = ("old", "mode byte", "campaign", "merge")
WORKERS = (1, 2)
DIMENSIONS = (ORDER, KINDS, STATES, CHANGES, TOKENS, WORKERS)
CASES = ("lowered", "gpc", "dnt", "few", "withdraws")
"""What else may happen: the ceiling is lowered after signing; a header refuses; the campaign has fewer than five
recipients; the person refuses both on their page, where that erases."""
FURTHER = (ORDER, KINDS, ("granted", "unknown"), ("none",), ("old", "mode byte"), WORKERS, CASES)
TURN = 2
"""How many modes further the ceiling of clicks is than that of opens."""


class Choice(NamedTuple):
    """What the operator chose besides ceilings, for both purposes. `headers`: what GPC and DNT mean."""

    unknown: str = "individual"
    refused: str = "off"
    headers: str = "refuse"


class Cell(NamedTuple):
    """One cell. Its `consent` comes by a `change`; before, the person said the opposite. `case` is one of `CASES`."""

    number: int
    mode: str
    purpose: str
    consent: str
    change: str
    token: str
    workers: int
    case: str = ""

    @property
    def name(self) -> str:
        """For the eye."""
        return " / ".join(map(str, self))

    @property
    def campaign(self) -> str:
        return f"c{self.number:05d}x"

    @property
    def recipient(self) -> str:
        return f"who-{self.number:05d}x"

    @property
    def agent(self) -> str:
        return f"Cell{self.number:05d}x"

    @property
    def address(self) -> str:
        """IPv4 and IPv6 by turns; none of a cloud or a mailbox's proxy."""
        if self.number % 2:
            return f"2001:db8:{self._block}:7::c7"
        return f"11.{self.number // 250 + 100}.{self.number % 250}.199"

    @property
    def network(self) -> str:
        """The first address of its /24 or /48."""
        if self.number % 2:
            return f"2001:db8:{self._block}::"
        return f"{self.address.rpartition('.')[0]}.0"

    @property
    def _block(self) -> str:
        return f"{0x1000 + self.number:x}"

    @property
    def hits(self) -> int:
        """With two workers a few, so that both answer some."""
        return 1 if self.workers == 1 else 4

    def ceiling(self, purpose: str) -> str:
        """The ceiling of a purpose."""
        if purpose == self.purpose:
            return self.mode
        turn = TURN if purpose == "clicks" else -TURN
        return ORDER[(ORDER.index(self.mode) + turn) % len(ORDER)]

    def ceiling_now(self, purpose: str) -> str:
        """The ceiling at the hit."""
        ceiling = self.ceiling(purpose)
        if self.case != "lowered" or ceiling == "off":
            return ceiling
        return ORDER[ORDER.index(ceiling) // 2]

    @property
    def is_few(self) -> bool:
        """Whether the campaign is too small for counts that name nobody."""
        return self.case == "few"

    @property
    def sent(self) -> int:
        """How many recipients the campaign has."""
        return 4 if self.is_few else 100

    def said(self, purpose: str, moment: int) -> str:
        """What holds of the person at the signing (1), at the hit (2) or afterwards (3); first of all (0)."""
        if self.case == "withdraws" and moment == 3:
            return "erased"
        changed = moment >= CHANGES.index(self.change)
        if self.consent == "erased" and changed:
            return "erased"
        if purpose != self.purpose:
            return "unknown" if self._is_silent else ("granted", "denied")[self.number % 2]
        return self.consent if changed else ("denied" if self.consent == "granted" else "granted")

    @property
    def _is_silent(self) -> bool:
        """Whether the person never said anything."""
        return self.change == "none" and self.consent in ("unknown", "erased")

    def rules(self, purpose: str, choice: Choice) -> Rules:
        return Rules(self.ceiling(purpose), choice.unknown, choice.refused)

    def signed(self, purpose: str, choice: Choice) -> str:
        """The mode that the mail is signed with."""
        return self._enough(signed(self.rules(purpose, choice), self.said(purpose, 1)))

    def _enough(self, mode: str) -> str:
        return "off" if self.is_few and mode == "aggregate" else mode

    def untracked(self, purpose: str, choice: Choice) -> str:
        """Why the person is not recorded by name, by what the mail was signed with; empty where they are."""
        return untracked(self.signed(purpose, choice), self.ceiling(purpose), self.said(purpose, 1))

    def token_of(self, choice: Choice) -> tuple[str, dict[str, str] | None, bool]:
        """The token's kind, the modes that it says, and whether it is that of a preview."""
        modes = {purpose: self.signed(purpose, choice) for purpose in KINDS}
        own = {"opens": "open", "clicks": "click"}[self.purpose]
        if self.token == "campaign":
            return "campaign", None, False
        if self.token == "merge":
            if (
                least("deliverability", modes["opens"]) == "deliverability"
                or ORDER.index(modes["clicks"]) > 2
            ):
                return "message", modes, False
            return "campaign", None, "off" in modes.values()
        if self.token == "old":
            return own, None, False
        return (
            own,
            {purpose: modes[purpose] if purpose == self.purpose else "off" for purpose in KINDS},
            False,
        )

    def in_force(self, purpose: str, choice: Choice) -> str:
        """The mode at the hit."""
        kind, said, preview = self.token_of(choice)
        if kind == "campaign":
            return "off" if preview else self._enough(least("aggregate", self.ceiling_now(purpose)))
        limits = said if said and (purpose == self.purpose or kind == "message") else {}
        rules = Rules(self.ceiling_now(purpose), choice.unknown, choice.refused)
        mode = in_force(rules, limits.get(purpose, "full"), self.said(purpose, 2))
        if self.case in ("gpc", "dnt") and choice.headers == "refuse":
            mode = least(mode, choice.refused)
        return self._enough(mode)

    def logged(self, choice: Choice) -> bool:
        """Whether the hit was logged, whatever came afterwards."""
        return "event" in written(self.in_force(self.purpose, choice), self.purpose)

    def expected(self, choice: Choice) -> frozenset[str]:
        """What stands on disk in the end."""
        mode = self.in_force(self.purpose, choice)
        return written(mode, self.purpose, self.said(self.purpose, 3), self.is_few)


def all_cells() -> Sequence[Cell]:
    """The whole matrix."""
    return [Cell(number, *values) for number, values in enumerate(product(*DIMENSIONS))]


def further_cells() -> Sequence[Cell]:
    """What else may happen, in every mode."""
    first = len(all_cells())
    return [Cell(first + number, *values) for number, values in enumerate(product(*FURTHER))]


def pairwise_sample(seed: int = 1, cells: Sequence[Cell] | None = None) -> Sequence[Cell]:
    """Few cells in which any two values of two dimensions meet."""
    left, chosen = list(all_cells() if cells is None else cells), []
    random.Random(seed).shuffle(left)
    missing = {pair for cell in left for pair in _pairs(cell)}
    while missing:
        best = max(left, key=lambda cell: len(missing & _pairs(cell)))
        chosen.append(best)
        missing -= _pairs(best)
    return chosen


def _pairs(cell: Cell) -> frozenset[tuple[tuple[int, object], ...]]:
    return frozenset(combinations(enumerate(cell[1:]), 2))


def groups_of(cells: Sequence[Cell]) -> Iterator[tuple[tuple[str, str, int], Sequence[Cell]]]:
    """Cells that can share a service whose setting is the ceiling: (opens, clicks, workers) and the cells."""
    keys = {cell: (cell.ceiling("opens"), cell.ceiling("clicks"), cell.workers) for cell in cells}
    for key in sorted(set(keys.values())):
        yield key, [cell for cell in cells if keys[cell] == key]
