"""Erases people: they are left out first, then each owner of personal data forgets them, then bytes are overwritten.

1. They are left out from now on, and the list beside the key file says so.
2. Every worker has said that it knows, or five seconds have passed.
3. A hundred people a transaction: events, states, their visits and orders, letters; then files.
4. Files of hits on their way into the log are waited for: whoever is left out does not get there, and they are
   overwritten and removed within some two seconds.
5. What remains of them in the database file and its log is overwritten.
6. All files are searched.

A process that is killed leaves a row; `finish_all` continues where it ended. So does a running `mailpixel work`.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import Protocol

from mailpixel.errors import ErasureUnfinished
from mailpixel.folder.suppressed import join_suppressed
from mailpixel.privacy.resolve import SURE_FOR_S
from mailpixel.store.consents import ERASURE, Consents
from mailpixel.store.erasure import NO_CASES, Erased, Erasure, Scanned, TheirCases
from mailpixel.store.erasures import ErasureRecord, Erasures, ErasureState, Workers
from mailpixel.store.leases import Leases
from mailpixel.store.registry import RegistryFeed
from mailpixel.store.tombstones import person8

AT_ONCE = 100
"""People of one transaction. It holds the write lock for some 50 ms."""
PAUSE_S = 0.02
"""The least pause between two transactions. Each pause is as long as the transaction before it."""
WORKERS_WITHIN_MS = round(SURE_FOR_S * 1000) + 2_000
"""How long to wait until every worker knows. One that did not look for so long records nobody by name."""
WORKER_ALIVE_MS = 120_000
"""A worker that said nothing for so long has died."""
LOOK_S = 0.05
EMPTIED_WITHIN_S = 10.0
"""How long to wait for hits on their way into the log, and for the removal of their files: these are closed after a
second."""
NOT_EMPTIED = (
    "files in `spool/` may still hold hits of these people; see that `mailpixel work` runs, and nothing hangs"
)
LATEST_REVISION = (1 << 63) - 1
LEASE = "erasures"
LEASE_MS = 60_000
"""Whoever erases renews the lease with each transaction. Nobody else continues the erasure meanwhile."""


class ErasureRegistry(Erasures, Workers, Consents, Leases, RegistryFeed, Protocol):
    """The part of a registry that erasing needs."""


class Files(Protocol):
    """Files that may name people, beside those of the store."""

    def forget(self, recipients: Sequence[str]) -> None:
        """Remove the files that name these people."""
        ...

    def scan(self, texts: Sequence[str]) -> Scanned:
        """Search the files for these texts."""
        ...


def notify_nobody(record: ErasureRecord, recipients: Sequence[str]) -> None:
    """Nobody else has anything of these people."""


class Cases(Protocol):
    """Finds the visits and orders of people."""

    def settle(self) -> None:
        """Fold what was logged up to now, as far as some seconds allow.

        What is received of people is no longer folded once they are left out, so this comes before.
        """
        ...

    def of(self, recipients: Sequence[str]) -> TheirCases:
        """The visits and orders of these people. It must be asked before their clicks are deleted."""
        ...


class Incoming(Protocol):
    """Hits that were answered and are on their way into the log."""

    def settle(self, within_s: float, emptied: bool = False) -> bool:
        """Wait until all of them are in the log; with `emptied`, until nothing else holds them either.

        Returns False when that took longer. Raises `StoreUnavailable`.
        """
        ...


class NothingIncoming:
    """Where hits go straight into the log."""

    def settle(self, within_s: float, emptied: bool = False) -> bool:
        """Nothing waits."""
        return True


class NoCases:
    """Where nobody has visits or orders."""

    def settle(self) -> None:
        """Nothing waits."""

    def of(self, recipients: Sequence[str]) -> TheirCases:
        """None."""
        return NO_CASES


@dataclass(frozen=True, slots=True)
class Erasing:
    """What erasing works with. `clock` gives milliseconds since 1970, and `sleep` takes seconds.

    `listed` is the list of suppressions beside the key file, `holder` names who works with this. `notify` is called
    once before anything is deleted, with who is erased; it raises nothing. `cases` finds their visits and orders, and
    `incoming` are the hits that are not in the log yet.
    """

    store: Erasure
    registry: ErasureRegistry
    files: Files
    listed: Path
    clock: Callable[[], int]
    sleep: Callable[[float], None]
    notify: Callable[[ErasureRecord, Sequence[str]], None] = notify_nobody
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    cases: Cases = NoCases()
    incoming: Incoming = NothingIncoming()

    def take_lease(self) -> bool:
        """Take or renew the lease. Returns False while another has it."""
        return self.registry.take_lease(LEASE, self.holder, self.clock(), LEASE_MS)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an erasure. `problem` says what holds it up, or where something was found; else it is empty."""

    record: ErasureRecord
    problem: str = ""


def erase_people(erasing: Erasing, recipients: Sequence[str], also: Sequence[str] = ()) -> Outcome:
    """Erase people everywhere. Somebody of whom nothing is stored gets the same answer.

    `also` are texts to search for afterwards, such as the address that a recipient stands for. They are not stored.
    """
    people = sorted(set(recipients))
    record = ErasureRecord(secrets.token_hex(8), erasing.clock(), len(people))
    with _lease(erasing):
        erasing.registry.begin_erasure(record, people)
        return _continued(erasing, record, also)


def finish_all(erasing: Erasing) -> Sequence[Outcome]:
    """Continue every erasure that is not done, the first one first; none while another process erases."""
    unfinished = erasing.registry.unfinished_erasures()
    if not unfinished or not erasing.take_lease():
        return ()
    with _lease(erasing):
        return [_continued(erasing, record) for record in unfinished]


@contextmanager
def _lease(erasing: Erasing) -> Iterator[None]:
    """A block in which nobody else continues these erasures, unless another process erases already."""
    taken = erasing.take_lease()
    try:
        yield
    finally:
        if taken:
            erasing.registry.forget_lease(LEASE)


def leave_out(erasing: Erasing, recipients: Sequence[str], at_ms: int) -> None:
    """Leave these people out from now on, and add them to the list beside the key file."""
    for start in range(0, len(recipients), 10 * AT_ONCE):
        erasing.registry.note_erased(recipients[start : start + 10 * AT_ONCE], at_ms)
    note_listed(erasing, recipients)


def note_listed(erasing: Erasing, recipients: Sequence[str]) -> None:
    """Add what is noted of the erasure of these people to the list beside the key file."""
    secret = erasing.store.person_secret()
    mine = {person8(secret, recipient) for recipient in recipients}
    noted = [each for each in erasing.store.suppressions() if each.person8 in mine]
    join_suppressed(erasing.listed, secret, noted)


def _continued(erasing: Erasing, record: ErasureRecord, also: Sequence[str] = ()) -> Outcome:
    if record.state is ErasureState.ASKED:
        record = _deleted(erasing, record)
    if not erasing.incoming.settle(EMPTIED_WITHIN_S, emptied=True):
        return Outcome(record, NOT_EMPTIED)
    waiting = _waiting(erasing, record)
    texts = [*(text for text in erasing.store.traces() if text not in waiting), *also]
    returned = _returned(erasing, texts, 0)
    texts = [text for text in texts if text not in returned]
    try:
        erasing.store.sweep()
    except ErasureUnfinished as error:
        return Outcome(record, str(error))
    return _searched(erasing, record, sorted(set(texts)))


def _waiting(erasing: Erasing, record: ErasureRecord) -> frozenset[str]:
    """The people of other erasures that are not deleted for good yet: these search for them when they are."""
    others = [each for each in erasing.registry.unfinished_erasures() if each.id != record.id]
    return frozenset(person for other in others for person in erasing.registry.erasing(other.id))


def _returned(erasing: Erasing, recipients: Sequence[str], asked_at_ms: int) -> frozenset[str]:
    """Which of these people agreed to something after they were erased: the later word holds, not the erasure."""
    registry = erasing.registry
    present = [each for each in recipients if not registry.consent_of(each).erased]
    return frozenset(
        person
        for person in present
        if any(kept.method == ERASURE and kept.at_ms >= asked_at_ms for kept in registry.history(person))
    )


def _deleted(erasing: Erasing, record: ErasureRecord) -> ErasureRecord:
    """Delete everything of the people of an erasure, and forget who they are."""
    people = erasing.registry.erasing(record.id)
    erasing.incoming.settle(EMPTIED_WITHIN_S)
    erasing.cases.settle()
    returned = _returned(erasing, people, record.asked_at_ms)
    leave_out(erasing, [each for each in people if each not in returned], record.asked_at_ms)
    wait_for_workers(erasing)
    erasing.notify(record, people)
    for start in range(0, len(people), AT_ONCE):
        erasing.take_lease()
        began_ms = erasing.clock()
        record = _deleted_part(erasing, record, people[start : start + AT_ONCE])
        if start + AT_ONCE < len(people):
            erasing.sleep(max(PAUSE_S, (erasing.clock() - began_ms) / 1000))
    erasing.files.forget(people)
    note_listed(erasing, people)
    record = replace(record, state=ErasureState.ERASED)
    erasing.registry.note_erasure(record)
    return record


def _deleted_part(erasing: Erasing, record: ErasureRecord, part: Sequence[str]) -> ErasureRecord:
    erased = _erased(erasing, record, part)
    letters = erasing.registry.forget_people(part)
    record = replace(
        record,
        events=record.events + erased.events,
        states=record.states + erased.states,
        visits=record.visits + erased.visits,
        orders=record.orders + erased.orders,
        letters=record.letters + letters,
        consents_kept=record.consents_kept + sum(len(erasing.registry.history(each)) for each in part),
    )
    erasing.registry.note_erasure(record)
    return record


def _erased(erasing: Erasing, record: ErasureRecord, part: Sequence[str]) -> Erased:
    """Delete what is stored of these people. Who returned since they asked is left out up to then alone."""
    returned = _returned(erasing, part, record.asked_at_ms)
    stay_out = [each for each in part if each not in returned]
    erased = erasing.store.erase_all(stay_out, erasing.clock(), erasing.cases.of(stay_out))
    if not returned:
        return erased
    people = sorted(returned)
    also = erasing.store.erase_all(people, record.asked_at_ms, erasing.cases.of(people))
    return Erased(*(one + other for one, other in zip(astuple(erased), astuple(also), strict=True)))


def wait_for_workers(erasing: Erasing) -> bool:
    """Wait until every worker knows what the registry says now. Returns False when one did not say so in time."""
    revision = erasing.registry.news(LATEST_REVISION).revision
    until_ms = erasing.clock() + WORKERS_WITHIN_MS
    while any(
        worker.revision < revision and worker.at_ms > erasing.clock() - WORKER_ALIVE_MS
        for worker in erasing.registry.workers()
    ):
        if erasing.clock() > until_ms:
            return False
        erasing.sleep(LOOK_S)
    return True


def _searched(erasing: Erasing, record: ErasureRecord, texts: Sequence[str]) -> Outcome:
    """Search all files, and note that the erasure is done. Whoever set up what was found has to change it."""
    scans = [erasing.store.scan(texts), erasing.files.scan(texts)]
    found = tuple(place for scanned in scans for place in scanned.found)
    record = replace(
        record,
        state=ErasureState.DONE,
        done_at_ms=erasing.clock(),
        files_scanned=sum(each.files for each in scans),
        bytes_found=len(found),
    )
    erasing.registry.note_erasure(record)
    return Outcome(record, _where(found))


def _where(found: Sequence[str]) -> str:
    if not found:
        return ""
    return (
        f"erased, but something of these people is still in {', '.join(found)}; correct what you or a sender set up"
        " there, and erase them again"
    )
