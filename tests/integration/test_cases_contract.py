"""What every store must do so that messages, visits and orders stay apart in one log, run on each of them."""

import pytest

from mailpixel.errors import InvalidInput
from mailpixel.event_ids import EventIds
from mailpixel.kinds import EventKind
from mailpixel.model import Decision, Facts, Message, Network, Verdict
from mailpixel.site_model import MESSAGES, SITE_CASES, CaseKind
from mailpixel.store.consumers import Consumer, Waiting
from mailpixel.store.projections import FOLD
from mailpixel.store.store import Store
from tests.support.builders import RECIPIENT, VISITOR, a_purchase, a_step, an_event, an_open, at_ms


def read(consumer: Consumer, limit: int = 100) -> list[tuple[str, str]]:
    """The two texts of the next cases, which the consumer is done with then."""
    news = consumer.news(limit)
    keys = [(each.campaign, each.recipient) for each in news.messages]
    consumer.done(news.position)
    return keys


def test_events_of_sites_read_as_they_were_written(store: Store) -> None:
    network = Network("203.0.113.0/24", "example")
    step = a_step(
        1, body='{"name":"add_to_cart","data":{"text":"ü\\n"}}', network=network, facts=Facts.ACCEPT
    )
    withdrawn = an_event(
        EventKind.CONSENT, 2, campaign="site:shop", recipient=VISITOR, body="{}", method="POST"
    )
    orders = [an_event(kind, 3, campaign="order:shop", recipient="o-1", body="{}") for kind in ORDER_KINDS]
    store.append([step, withdrawn, *orders])
    assert store.message("site:shop", VISITOR) == Message("site:shop", VISITOR, [step, withdrawn])
    assert store.message("order:shop", "o-1") == Message("order:shop", "o-1", orders)
    assert list(store.messages("site:shop")) == [store.message("site:shop", VISITOR)]


ORDER_KINDS = (EventKind.PURCHASE, EventKind.REFUND, EventKind.CANCEL)


def test_events_of_messages_have_no_body(store: Store) -> None:
    store.append([an_open(1)])
    assert [event.body for event in store.message("spring", RECIPIENT).events] == [""]
    with pytest.raises(InvalidInput, match="body"):
        store.append([an_open(2, body="{}")])


def test_a_group_of_all_kinds_is_written_once_however_often_it_is_appended(store: Store) -> None:
    group = [an_open(1), a_step(2), an_open(3), a_purchase(4), a_step(5)]
    store.append(group)
    store.append(group[:3])
    store.append(group)
    assert read(store.consumer("mail")) == [("spring", RECIPIENT)]
    sites = store.consumer("site", cases=SITE_CASES)
    assert sorted(read(sites)) == [("order:shop", "o-1"), ("site:shop", VISITOR)]
    assert [len(store.message(*key).events) for key in (("spring", RECIPIENT), ("site:shop", VISITOR))] == [
        2,
        2,
    ]
    assert read(sites) == []


def test_many_events_of_sites_are_all_there_in_order(store: Store) -> None:
    ids = EventIds(b"abcd")
    made = [ids.next(at_ms(number / 1000)) for number in range(1_300)]
    steps = [a_step(recipient=f"v-{id[-3:].hex()}", received_at_ms=ms, id=id) for ms, id in made]
    store.append(steps[:700])
    store.append(steps[700:])
    sites = store.consumer("site", cases=SITE_CASES)
    read_all = [key for _ in range(14) for key in sorted(read(sites))]
    assert read_all == [(step.campaign, step.recipient) for step in steps]
    assert sites.waiting() == Waiting()


def test_a_consumer_reads_the_cases_that_it_asked_for(store: Store) -> None:
    store.append([a_step(1), a_purchase(2), an_open(3)])
    visits = frozenset({CaseKind.VISIT})
    assert read(store.consumer("mail", cases=MESSAGES)) == [("spring", RECIPIENT)]
    assert sorted(read(store.consumer("site", cases=SITE_CASES))) == [
        ("order:shop", "o-1"),
        ("site:shop", VISITOR),
    ]
    assert read(store.consumer("visits", cases=visits)) == [("site:shop", VISITOR)]
    for cases in (frozenset(CaseKind), frozenset[CaseKind]()):
        with pytest.raises(InvalidInput, match="cases"):
            store.consumer("both", cases=cases)


def test_events_of_sites_are_neither_news_nor_do_they_wait_for_readers_of_mail(store: Store) -> None:
    store.append([a_step(number, recipient=f"v-{number}") for number in range(300)])
    fold, sites = store.consumer(FOLD), store.consumer("site", cases=SITE_CASES)
    assert (fold.waiting(), fold.news(1).position, store.position_at(None)) == (Waiting(), "", "")
    assert sites.waiting().first_event_ms == at_ms(0)
    store.append([an_open(400)])
    assert (fold.waiting(), read(fold, 1)) == (Waiting(1, at_ms(400)), [("spring", RECIPIENT)])
    assert len(read(sites, 1_000)) == 300


def test_messages_do_not_wait_for_readers_of_sites(store: Store) -> None:
    store.append([an_open(number) for number in range(5)])
    sites = store.consumer("site", cases=SITE_CASES)
    assert (sites.waiting(), read(sites)) == (Waiting(), [])
    store.append([a_step(10)])
    assert read(sites) == [("site:shop", VISITOR)]
    settled = sites.settled("", at_ms(100), 10)
    assert [entry.recipient for entry in settled.entries] == [VISITOR]
    assert [each.recipient for each in settled.messages] == [VISITOR]
    assert store.consumer("mail").settled("", at_ms(100), 10).entries[-1].recipient == RECIPIENT


def test_readers_of_sites_go_on_where_they_were(store: Store) -> None:
    store.append([a_step(1), a_step(2, recipient="v-2")])
    sites = store.consumer("site", cases=SITE_CASES)
    position = sites.settled("", at_ms(1), 10).entries[-1].position
    sites.done(position)
    assert (sites.position(), read(sites)) == (position, [("site:shop", "v-2")])


def test_details_of_an_event_of_a_site_can_be_dropped(store: Store) -> None:
    step = a_step(1, facts=Facts.ACCEPT)
    store.append([step])
    bare = an_event(EventKind.STEP, 1, id=step.id, decided=Decision(Verdict.HUMAN, "default"))
    assert store.drop_details([bare]) == 1
    (left,) = store.message("site:shop", VISITOR).events
    assert (left.body, left.agent, left.facts, left.decided) == (step.body, "", Facts.NONE, bare.decided)
