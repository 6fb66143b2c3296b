"""What the registry offers for consent: an append-only ledger of what people said, and what holds of it now.

A person stands in it by a key of eight bytes, `person8` of the tombstones, so that the proof stays when the
recipient's id is erased. Of several statements on one purpose the one with the latest time holds, whatever the order
in which they arrive. At equal times the stricter one holds: denied, then unknown, then granted.

One contract suite (`tests/integration/test_consents_contract.py`) runs on every registry.
"""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from msgspec import Struct

from mailpixel.modes import Consent, Statement
from mailpixel.store.tombstones import person8

PURPOSES = ("opens", "clicks", "measure", "identify", "share", "personalise")
"""What a person may agree to or refuse: `opens` and `clicks` for mail, the others for web sites.

A set of purposes is a number: bit 0 for the first, bit 1 for the second, and so on.
"""
OPENS, CLICKS = 1, 2
MAIL = OPENS | CLICKS
EVERY_PURPOSE = (1 << len(PURPOSES)) - 1
CODES = {Statement.UNKNOWN: 0, Statement.GRANTED: 1, Statement.DENIED: 2}
"""How a statement is stored: two bits for each purpose, the first purpose in the lowest."""
STATEMENTS = tuple(CODES)
STRICTNESS = {CODES[Statement.GRANTED]: 0, CODES[Statement.UNKNOWN]: 1, CODES[Statement.DENIED]: 2}
"""Which statement holds of those of one moment: the highest."""
OWN_METHODS = frozenset({"page", "optout"})
"""How a person speaks here and now; other methods report what was said elsewhere."""
MOST_OWN = 100
"""Most statements of a person's own that are kept beside those that hold. Whoever has a mail can send any number."""
ERASURE = "erasure"
"""The source and the method of the refusal that an ended erasure leaves."""
ERASED = 16
"""The bit beside the states of `opens` and `clicks` in the byte of a person."""
_SPREAD = tuple(
    sum(1 << 2 * place for place in range(len(PURPOSES)) if mask >> place & 1)
    for mask in range(EVERY_PURPOSE + 1)
)
"""For each set of purposes the lower of the two bits of each."""


class Taken(StrEnum):
    """What became of a statement."""

    TAKEN = "taken"
    """It holds now, at least for one of its purposes."""
    OLDER = "older"
    """It is kept, but a later statement holds."""
    KNOWN = "known"
    """It was recorded before. Nothing changed."""
    SUPPRESSED = "suppressed"
    """The person was erased and did not return since. Nothing was kept."""


class Said(Struct, frozen=True, gc=False):
    """What a person said, to be recorded.

    `purposes` is a set of purposes as a number. `at_ms` is when the person said it, in milliseconds since 1970.
    `source` names the form, file or system that it comes from, `wording` the text that was shown, and `method` how
    it came here: `import`, `api`, `page`, `optout` or `erasure`. None of these names the person.
    """

    recipient: str
    purposes: int
    state: Statement
    at_ms: int
    source: str
    wording: str = ""
    method: str = "import"


@dataclass(frozen=True, slots=True)
class Kept:
    """A recorded statement. `recipient` is None once the person was erased. `position` grows with every record."""

    position: int
    recipient: str | None
    purposes: int
    state: Statement
    at_ms: int
    recorded_ms: int
    source: str
    wording: str
    method: str


class Line(NamedTuple):
    """The part of a recorded statement that decides what holds. `state` is a code; `own`: said here and then."""

    purposes: int
    state: int
    at_ms: int
    source: str
    own: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """Of two statements on one purpose, the one with the higher rank holds."""
        return self.at_ms, STRICTNESS[self.state]


@dataclass(frozen=True, slots=True)
class ConsentNews:
    """Whose consent changed after a revision: keys in ascending order, and a byte for each (`byte_of`)."""

    revision: int
    keys: "array[int]"
    states: bytes


@dataclass(frozen=True, slots=True)
class Wording:
    """A text of the choice page in one language: `body` is JSON, `version` its SHA-256 in hexadecimal digits.

    `chosen_ms` is when it was put in force; None for one that is kept only as proof of what was shown.
    """

    version: str
    language: str
    body: str
    chosen_ms: int | None


class Consents(Protocol):
    """The ledger of consent."""

    def record_consents(
        self, said: Sequence[Said], now_ms: int, *, lift: bool = False, own: bool = False, dry: bool = False
    ) -> Sequence[Taken]:
        """Record statements, and return what became of each, in order. With `dry`, record nothing.

        Statements of an erased person are suppressed. With `lift`, one that grants, and was said after the erasure,
        brings the person back. `own` is for what people say here and now: it holds over everything recorded so far,
        even if some clock was ahead; a grant brings an erased person back, and a refusal is recorded without the id.
        A large number is recorded in several transactions: repeat the call if it fails, as a repeat changes nothing.
        """
        ...

    def consent_of(self, recipient: str) -> Consent:
        """What holds for a person now for mail."""
        ...

    def states_of(self, recipient: str) -> Sequence[Statement]:
        """What holds for a person now, for each of `PURPOSES`."""
        ...

    def history(self, recipient: str) -> Sequence[Kept]:
        """All statements of a person in the order of their times; also of an erased person."""
        ...

    def consents(self, after: int = 0, limit: int = 1_000) -> Sequence[Kept]:
        """Recorded statements of all people, in order of position."""
        ...

    def consent_news(self, since: int) -> ConsentNews:
        """Whose consent changed after a revision (0: everybody of whom something is known)."""
        ...

    def person_secret(self) -> bytes:
        """The key of `person8`. It never changes and must not leave this machine."""
        ...

    def note_erased(self, recipients: Sequence[str], at_ms: int) -> None:
        """Suppress people from now on: their id leaves the ledger, and nothing is recorded of them any more."""
        ...

    def note_lifted(self, recipients: Sequence[str], now_ms: int) -> None:
        """End the suppression of people. They refuse everything until they agree again, whatever they said before."""
        ...


class Wordings(Protocol):
    """The texts of the choice page that were put in force or shown."""

    def choose_wording(self, wording: Wording) -> None:
        """Put a text in force for its language. Choosing an earlier one again brings it back."""
        ...

    def keep_wording(self, wording: Wording) -> None:
        """Keep a text as proof of what was shown, unless it is there."""
        ...

    def wordings(self) -> Sequence[Wording]:
        """All texts by language; within a language, those in force or once in force by that moment, proofs first."""
        ...


def key_of(secret: bytes, recipient: str) -> int:
    """The key of a person as a number with a sign, of 64 bits."""
    return number_of(person8(secret, recipient))


def number_of(person: bytes) -> int:
    """Eight bytes as a number with a sign."""
    return int.from_bytes(person, "big", signed=True)


def states_in(lines: Iterable[Line]) -> int:
    """What holds of these statements: two bits for each purpose."""
    states = 0
    for line in sorted(lines, key=lambda line: line.rank):
        spread = _SPREAD[line.purposes]
        states = states & ~(3 * spread) | line.state * spread
    return states


def statements_in(states: int) -> tuple[Statement, ...]:
    """The statement on each of `PURPOSES`."""
    return tuple(STATEMENTS[states >> 2 * place & 3] for place in range(len(PURPOSES)))


def byte_of(states: int, erased: bool) -> int:
    """What holds for mail as one byte: opens in bits 0 and 1, clicks in bits 2 and 3, erased in bit 4."""
    return states & 15 | (ERASED if erased else 0)


CONSENTS = tuple(
    Consent(STATEMENTS[byte & 3], STATEMENTS[byte >> 2 & 3], bool(byte & ERASED))
    if byte & 3 < len(STATEMENTS) and byte >> 2 & 3 < len(STATEMENTS)
    else Consent(Statement.DENIED, Statement.DENIED, bool(byte & ERASED))
    for byte in range(2 * ERASED)
)
"""What each byte of `byte_of` means. A byte that is never written means the strictest."""


def purposes_in(purposes: int) -> tuple[str, ...]:
    """The names of a set of purposes."""
    return tuple(name for place, name in enumerate(PURPOSES) if purposes >> place & 1)


def line_of(said: Said) -> Line:
    """The part of a statement that decides what holds."""
    return Line(said.purposes, CODES[said.state], said.at_ms, said.source, said.method in OWN_METHODS)


def not_known(line: Line, known: Iterable[Line]) -> int:
    """The purposes for which this statement is not recorded yet with its time and source."""
    purposes = line.purposes
    for each in known:
        if each[1:4] == line[1:4]:
            purposes &= ~each.purposes
    return purposes


def holds_over(line: Line, known: Iterable[Line]) -> bool:
    """Whether a statement holds for at least one of its purposes, beside those known."""
    purposes, rank = line.purposes, line.rank
    for each in known:
        if each.purposes & purposes and each.rank > rank:
            purposes &= ~each.purposes
    return bool(purposes)


def after_all(line: Line, known: Iterable[Line]) -> Line:
    """The statement with a time at which it holds over all that are known on its purposes."""
    latest_ms = max((each.at_ms for each in known if each.purposes & line.purposes), default=-1)
    return line._replace(at_ms=max(line.at_ms, latest_ms + 1))


def spare(known: Sequence[Line]) -> Sequence[int]:
    """The places of a person's own statements that need not be kept: the oldest of too many that no longer hold."""
    if len(known) <= MOST_OWN:
        return ()
    own = sorted((place for place, line in enumerate(known) if line.own), key=lambda place: known[place].rank)
    former = [place for place in own if not holds_over(known[place], known)]
    return former[: max(len(own) - MOST_OWN, 0)]


class Decision(NamedTuple):
    """What recording a statement of a person does.

    `line` is what to add (None: nothing), and `named` whether with the recipient's id. `refusal` is there when the
    statement ends the suppression of the person: what the erasure said, to be added before it.
    """

    taken: Taken
    line: Line | None = None
    named: bool = True
    refusal: Line | None = None


def decide(line: Line, known: Sequence[Line], erased_ms: int | None, *, lift: bool, own: bool) -> Decision:
    """What to do with a statement of a person who was erased at `erased_ms` (None: was not, or returned)."""
    if erased_ms is None and not known:
        return Decision(Taken.TAKEN, line)
    grants = line.state == CODES[Statement.GRANTED]
    refusal = None
    if erased_ms is not None and grants and (own or (lift and line.at_ms > erased_ms)):
        refusal = refusal_at(erased_ms)
        known = [*known, refusal]
    if erased_ms is not None and refusal is None and not own:
        return Decision(Taken.SUPPRESSED)
    if own:
        line = after_all(line, known)
        if refusal is None and _says_it_again(line, known):
            return Decision(Taken.KNOWN)
    purposes = not_known(line, known)
    if not purposes:
        return Decision(Taken.KNOWN, refusal=refusal)
    if purposes != line.purposes:
        line = line._replace(purposes=purposes)
    taken = Taken.TAKEN if holds_over(line, known) else Taken.OLDER
    return Decision(taken, line, erased_ms is None or refusal is not None, refusal)


def refusal_at(erased_ms: int) -> Line:
    """What an erasure says when it ends: the person refuses everything until they agree to something again."""
    return Line(EVERY_PURPOSE, CODES[Statement.DENIED], erased_ms, ERASURE)


def _says_it_again(line: Line, known: Sequence[Line]) -> bool:
    """Whether this is what the person said here last, and holds."""
    said_here = [each for each in known if each.own]
    return all(states_in([*lines, line]) == states_in(lines) for lines in (known, said_here))
