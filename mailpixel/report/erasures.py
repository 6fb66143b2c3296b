"""The proof of an erasure, for programs. Nothing in it says who was erased."""

from mailpixel import __version__
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.store.erasures import ErasureRecord, ErasureState


class ErasureRow(Answer, frozen=True):
    """The proof of an erasure of one or more people.

    It has the events, states, visits and orders (of web sites; their events are among `events`) and refused webhook
    events that were deleted, the statements on consent that are kept
    without the id, and the files that were searched afterwards. `bytes_found` counts the places where something of
    the people was still found. While `pending`, bytes of it may be left in files. `version` is that of mailpixel.
    """

    id: str
    asked_at: Iso
    done_at: Iso | None
    people: Count
    events: Count
    states: Count
    visits: Count
    orders: Count
    letters: Count
    consents_kept: Count
    files_scanned: Count
    bytes_found: Count
    pending: bool
    version: str


def erasure_row(record: ErasureRecord) -> ErasureRow:
    """The proof of an erasure."""
    return ErasureRow(
        id=record.id,
        asked_at=iso_ms(record.asked_at_ms),
        done_at=iso_ms(record.done_at_ms),
        people=record.people,
        events=record.events,
        states=record.states,
        visits=record.visits,
        orders=record.orders,
        letters=record.letters,
        consents_kept=record.consents_kept,
        files_scanned=record.files_scanned,
        bytes_found=record.bytes_found,
        pending=record.state is not ErasureState.DONE,
        version=__version__,
    )
