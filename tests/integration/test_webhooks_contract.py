"""What every registry must do for webhooks, and every log for their consumers, run on each of them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.errors import Conflict, NotFound
from mailpixel.store.leases import LeaseState
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.store.webhooks import Letter, LetterCount, Posting, PostOutcome, Webhook, WebhookState
from tests.support.builders import SENT_AT_MS, a_delivery, an_open, at_ms
from tests.support.erasing import erase_person
from tests.support.stores import REGISTRIES, a_registry


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


CRM = Webhook("crm", "https://crm.example/in", ("opened", "clicked"), SENT_AT_MS, b"sealed", start_at="7.0.0")
DW = Webhook(
    "dw",
    "http://dw.example/",
    ("bounced",),
    SENT_AT_MS,
    b"sealed",
    verdicts="all",
    campaigns=("spring", "autumn"),
    batch=100,
    insecure=True,
    old_secret=b"old",
    old_until_ms=SENT_AT_MS + 1,
    state=WebhookState.STOPPED,
    stopped_because="it answered 410",
)


def a_letter(number: int = 1, **fields: object) -> Letter:
    given: dict[str, object] = {
        "webhook": "crm",
        "event_id": bytes([number] * 16),
        "campaign": "spring",
        "recipient": "r-1",
        "attempts": 1,
        "next_at_ms": 1_000 * number,
    }
    return Letter(**(given | fields))  # type: ignore[arg-type]


def test_a_webhook_reads_as_it_was_added_and_has_a_revision(registry: Registry) -> None:
    registry.add_webhook(DW)
    registry.add_webhook(CRM)
    crm, dw = registry.webhooks()
    assert (replace(crm, revision=0), replace(dw, revision=0)) == (CRM, DW)
    assert crm.revision > dw.revision > 0
    assert registry.webhook("dw") == dw
    with pytest.raises(Conflict, match="'crm'"):
        registry.add_webhook(CRM)
    with pytest.raises(NotFound, match="'other'"):
        registry.webhook("other")
    assert "sealed" not in repr(crm)


def test_a_change_raises_the_revision_and_keeps_the_name_and_the_moment(registry: Registry) -> None:
    registry.add_webhook(CRM)
    before = registry.webhook("crm")
    changed = registry.change_webhook(
        "crm", lambda webhook: replace(webhook, name="other", created_at_ms=1, url="https://new.example/")
    )
    assert changed.revision > before.revision
    assert replace(changed, revision=0) == replace(CRM, url="https://new.example/")
    with pytest.raises(NotFound, match="'other'"):
        registry.change_webhook("other", lambda webhook: webhook)


def test_the_start_is_forgotten_unless_the_webhook_changed_meanwhile(registry: Registry) -> None:
    registry.add_webhook(CRM)
    before = registry.webhook("crm")
    registry.change_webhook("crm", lambda webhook: replace(webhook, start_at="9.0.0"))
    assert not registry.forget_start(before)
    now = registry.webhook("crm")
    assert registry.forget_start(now)
    assert registry.webhook("crm") == replace(now, start_at=None)


def test_notes_replace_each_other_and_their_posts_add_up(registry: Registry) -> None:
    registry.note_posting("crm", Posting(failures=1))
    assert registry.posting("crm") == Posting()
    registry.add_webhook(CRM)
    accepted, refused = PostOutcome.ACCEPTED, PostOutcome.REFUSED
    registry.note_posting("crm", Posting(2, 1_000, 2_000, refused, 400, 7, 900, {refused: 2}))
    now = Posting(0, None, None, accepted, 204, 5, 3_000, {accepted: 3, refused: 1})
    registry.note_posting("crm", now)
    assert registry.posting("crm") == replace(now, posts={accepted: 3, refused: 3})


def test_a_webhook_that_starts_again_starts_without_failures(registry: Registry) -> None:
    registry.add_webhook(CRM)
    registry.note_posting("crm", Posting(9, 1_000, 2_000, PostOutcome.UNREACHABLE))
    for state in (WebhookState.STOPPED, WebhookState.RUNNING):
        registry.change_webhook("crm", lambda webhook, state=state: replace(webhook, state=state))  # type: ignore[misc]
    assert registry.posting("crm") == Posting(last_outcome=PostOutcome.UNREACHABLE)


def test_a_webhook_with_another_url_starts_without_failures(registry: Registry) -> None:
    registry.add_webhook(CRM)
    failing = Posting(9, 1_000, 2_000, PostOutcome.UNREACHABLE)
    registry.note_posting("crm", failing)
    registry.change_webhook("crm", lambda webhook: replace(webhook, batch=2))
    assert registry.posting("crm") == failing
    registry.change_webhook("crm", lambda webhook: replace(webhook, url="https://new.example/"))
    assert registry.posting("crm") == Posting(last_outcome=PostOutcome.UNREACHABLE)


def test_letters_are_listed_tried_when_due_and_dropped(registry: Registry) -> None:
    registry.add_webhook(CRM)
    first, second, dead = a_letter(1, next_at_ms=5_000), a_letter(2), a_letter(3, dead=True, last_status=400)
    registry.put_letters([dead, second, first, a_letter(1, webhook="other")])
    assert registry.letters("crm") == [first, second, dead]
    assert registry.letters("crm", first.event_id, 1) == [second]
    assert registry.due_letters("crm", 4_999, 10) == [second]
    assert registry.due_letters("crm", 5_000, 10) == [second, first]
    assert registry.count_letters("crm") == LetterCount(2, 1)
    registry.put_letters([replace(second, attempts=2, next_at_ms=9_000)])
    registry.drop_letters("crm", [first.event_id])
    assert registry.due_letters("crm", 9_000, 10) == [replace(second, attempts=2, next_at_ms=9_000)]
    assert registry.letters("other") == []


def test_letters_are_tried_again_as_if_they_were_new(registry: Registry) -> None:
    registry.add_webhook(CRM)
    registry.put_letters([a_letter(1, attempts=6, dead=True), a_letter(2, attempts=6, dead=True)])
    assert registry.retry_letters("crm", bytes([2] * 16), 50) == 1
    assert registry.due_letters("crm", 50, 10) == [a_letter(2, attempts=0, next_at_ms=50)]
    assert registry.retry_letters("crm", None, 60) == 2
    assert registry.count_letters("crm") == LetterCount(2, 0)


def test_what_is_removed_leaves_nothing_behind(registry: Registry) -> None:
    registry.add_webhook(CRM)
    registry.put_letters([a_letter()])
    registry.note_posting("crm", Posting(posts={PostOutcome.ACCEPTED: 1}))
    registry.take_lease("webhook crm", "one", 1_000, 500)
    registry.remove_webhook("crm")
    assert (registry.webhooks(), registry.letters("crm"), registry.lease("webhook crm")) == (
        [],
        [],
        LeaseState(),
    )
    assert registry.posting("crm") == Posting()
    with pytest.raises(NotFound, match="'crm'"):
        registry.remove_webhook("crm")


def test_an_erased_person_leaves_no_letter(registry: Registry, store: Store) -> None:
    registry.add_webhook(CRM)
    registry.put_letters([a_letter(1), a_letter(2, recipient="r-2")])
    assert registry.letters_about("r-1") == [a_letter(1)]
    erase_person(store, registry, "r-1", SENT_AT_MS)
    assert registry.letters_about("r-1") == []
    assert registry.letters("crm") == [a_letter(2, recipient="r-2")]


def test_settled_events_come_in_order_up_to_the_first_that_is_too_young(store: Store) -> None:
    events = [an_open(1), an_open(2, recipient="r-2"), an_open(90), an_open(3, recipient="r-3")]
    for event in events:
        store.append([event])
    reader = store.consumer("webhook crm")
    found = reader.settled("", at_ms(60), 10)
    assert [(entry.event_id, entry.recipient) for entry in found.entries] == [
        (events[0].id, "r-1"),
        (events[1].id, "r-2"),
    ]
    assert [message.recipient for message in found.messages] == ["r-1", "r-2"]
    assert [len(message.events) for message in found.messages if not hasattr(message, "error")] == [2, 1]
    later = reader.settled(found.entries[-1].position, at_ms(90), 10)
    assert [entry.event_id for entry in later.entries] == [events[2].id, events[3].id]
    assert [entry.event_id for entry in reader.settled("", at_ms(90), 1).entries] == [events[0].id]
    assert reader.settled(later.entries[-1].position, at_ms(90), 10).entries == []


def test_a_reader_is_where_it_was_left_until_it_is_forgotten(store: Store) -> None:
    store.append([an_open(1), an_open(2)])
    reader = store.consumer("webhook crm")
    first, _ = reader.settled("", at_ms(60), 10).entries
    reader.done(first.position)
    assert (reader.position(), reader.waiting().events) == (first.position, 1)
    store.forget_consumer("webhook crm")
    assert (reader.position(), reader.waiting().events) == ("", 2)


def test_a_reader_can_begin_at_the_end_or_at_a_moment(store: Store) -> None:
    assert store.position_at(None) == store.position_at(at_ms(1)) == ""
    early, late, reported = an_open(1), an_open(50), a_delivery(2)
    for event in (early, late, reported):
        store.append([event])
    reader = store.consumer("webhook crm")

    def after(position: str) -> list[bytes]:
        return [entry.event_id for entry in reader.settled(position, at_ms(100), 10).entries]

    assert after(store.position_at(None)) == []
    assert after(store.position_at(at_ms(50))) == [late.id, reported.id]
    assert after(store.position_at(0)) == [early.id, late.id, reported.id]
    assert after(store.position_at(at_ms(51))) == []
