"""The ledger of consent and the texts of the choice page in memory."""

import threading
from abc import abstractmethod
from array import array
from collections import defaultdict
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from secrets import token_bytes

from mailpixel.modes import Consent, Statement
from mailpixel.store.consents import (
    CODES,
    CONSENTS,
    ERASURE,
    OWN_METHODS,
    STATEMENTS,
    ConsentNews,
    Decision,
    Kept,
    Line,
    Said,
    Taken,
    Wording,
    byte_of,
    decide,
    key_of,
    line_of,
    not_known,
    refusal_at,
    spare,
    statements_in,
    states_in,
)
from mailpixel.store.tombstones import SECRET_BYTES


@dataclass(slots=True)
class Person:
    """What is known of one person: the statements kept, when they were erased, and what holds now."""

    kept: list[Kept] = field(default_factory=list)
    erased_ms: int | None = None
    states: int = 0

    @property
    def lines(self) -> list[Line]:
        """What the statements say."""
        return [
            Line(each.purposes, CODES[each.state], each.at_ms, each.source, each.method in OWN_METHODS)
            for each in self.kept
        ]

    @property
    def statements(self) -> Sequence[Statement]:
        """What holds now, for each of `PURPOSES`."""
        return statements_in(self.states)

    @property
    def byte(self) -> int:
        """What holds for mail."""
        return byte_of(self.states, self.erased_ms is not None)


class MemoryConsents:
    """`Consents` and `Wordings` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._consent_lock = threading.RLock()
        self._secret = token_bytes(SECRET_BYTES)
        self._people: defaultdict[int, Person] = defaultdict(Person)
        self._recorded = 0
        self._wordings: dict[str, Wording] = {}
        self._changed_people: dict[int, int] = {}

    @abstractmethod
    def _next_revision(self) -> int:
        """Raise the revision of the registry and return it."""

    def record_consents(
        self, said: Sequence[Said], now_ms: int, *, lift: bool = False, own: bool = False, dry: bool = False
    ) -> Sequence[Taken]:
        """See `Consents`."""
        with self._consent_lock:
            before = self._recorded, deepcopy(self._people), dict(self._changed_people)
            taken = [self._record(each, now_ms, lift, own) for each in said]
            if dry:
                self._recorded, self._people, self._changed_people = before
            return taken

    def _record(self, said: Said, now_ms: int, lift: bool, own: bool) -> Taken:
        key = key_of(self._secret, said.recipient)
        person = self._people[key]
        before = person.byte, person.states
        decision = decide(line_of(said), person.lines, person.erased_ms, lift=lift, own=own)
        if decision.refusal is not None:
            self._lift(person, now_ms)
        self._add(person, said, decision, now_ms)
        person.states = states_in(person.lines)
        if (person.byte, person.states) != before:
            self._changed_people[key] = self._next_revision()
        return decision.taken

    def _add(self, person: Person, said: Said, decision: Decision, now_ms: int) -> None:
        line = decision.line
        if line is None:
            return
        self._recorded += 1
        recipient = said.recipient if decision.named else None
        statement = (line.purposes, STATEMENTS[line.state], line.at_ms, now_ms)
        person.kept.append(
            Kept(self._recorded, recipient, *statement, said.source, said.wording, said.method)
        )
        gone = set(spare(person.lines))
        person.kept = [each for place, each in enumerate(person.kept) if place not in gone]

    def consent_of(self, recipient: str) -> Consent:
        """See `Consents`."""
        return CONSENTS[self._person(recipient).byte]

    def states_of(self, recipient: str) -> Sequence[Statement]:
        """See `Consents`."""
        return statements_in(self._person(recipient).states)

    def _person(self, recipient: str) -> Person:
        return self._people.get(key_of(self._secret, recipient)) or Person()

    def history(self, recipient: str) -> Sequence[Kept]:
        """See `Consents`."""
        return sorted(self._person(recipient).kept, key=lambda each: (each.at_ms, each.position))

    def consents(self, after: int = 0, limit: int = 1_000) -> Sequence[Kept]:
        """See `Consents`."""
        with self._consent_lock:
            kept = [each for person in self._people.values() for each in person.kept if each.position > after]
        return sorted(kept, key=lambda each: each.position)[:limit]

    def consent_news(self, since: int) -> ConsentNews:
        """See `Consents`."""
        with self._consent_lock:
            keys = sorted(key for key, revision in self._changed_people.items() if revision > since)
            states = bytes(self._people[key].byte for key in keys)
            revision = max(self._changed_people.values(), default=0)
            return ConsentNews(max(revision, since), array("q", keys), states)

    def person_secret(self) -> bytes:
        """See `Consents`."""
        return self._secret

    def note_erased(self, recipients: Sequence[str], at_ms: int) -> None:
        """See `Consents`."""
        with self._consent_lock:
            for recipient in recipients:
                key = key_of(self._secret, recipient)
                person = self._people[key]
                person.kept = [replace(each, recipient=None) for each in person.kept]
                person.erased_ms = max(at_ms, person.erased_ms or at_ms)
                self._changed_people[key] = self._next_revision()

    def note_lifted(self, recipients: Sequence[str], now_ms: int) -> None:
        """See `Consents`."""
        with self._consent_lock:
            for recipient in recipients:
                key = key_of(self._secret, recipient)
                person = self._people[key]
                self._lift(person, now_ms)
                person.states = states_in(person.lines)
                self._changed_people[key] = self._next_revision()

    def _lift(self, person: Person, now_ms: int) -> None:
        if person.erased_ms is None:
            return
        line, person.erased_ms = refusal_at(person.erased_ms), None
        if not_known(line, person.lines):
            self._recorded += 1
            statement = (line.purposes, STATEMENTS[line.state], line.at_ms, now_ms)
            person.kept.append(Kept(self._recorded, None, *statement, ERASURE, "", ERASURE))

    def _forget_consent(self, key: int) -> None:
        """Forget what a person said, but for a refusal, which loses the id."""
        with self._consent_lock:
            person = self._people[key]
            refuses = Statement.DENIED in person.statements
            stay = [each for each in person.kept if refuses and each.state is Statement.DENIED]
            person.kept = [replace(each, recipient=None) for each in stay]
            before, person.states = person.states, states_in(person.lines)
            if person.states != before:
                self._changed_people[key] = self._next_revision()

    def choose_wording(self, wording: Wording) -> None:
        """See `Wordings`."""
        with self._consent_lock:
            self._wordings[wording.version] = wording

    def keep_wording(self, wording: Wording) -> None:
        """See `Wordings`."""
        with self._consent_lock:
            self._wordings.setdefault(wording.version, wording)

    def wordings(self) -> Sequence[Wording]:
        """See `Wordings`."""
        with self._consent_lock:
            found = list(self._wordings.values())
        return sorted(found, key=lambda each: (each.language, each.chosen_ms or -1, each.version))
