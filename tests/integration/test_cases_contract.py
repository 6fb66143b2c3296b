"""What every store must do so that messages, visits and orders stay apart in one log, run on each of them."""

from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.errors import InvalidInput
from mailpixel.event_ids import EventIds
from mailpixel.kinds import EventKind
from mailpixel.model import Decision, Facts, Message, Network, Verdict
from mailpixel.privacy.dropping import Dropping
from mailpixel.projections.rebuild import rebuild
from mailpixel.site_model import MESSAGES, SITE_CASES, CaseKind
from mailpixel.store.consumers import Consumer, Waiting
from mailpixel.store.erasure import Erased
from mailpixel.store.log import Overflow
from mailpixel.store.memory import MemoryRegistry
from mailpixel.store.projections import FOLD
from mailpixel.store.retention import Kept
from mailpixel.store.store import Store
from mailpixel.store.tombstones import person8
from tests.support.builders import (
    BROWSER,
    RECIPIENT,
    VISITOR,
    a_campaign,
    a_click,
    a_purchase,
    a_step,
    an_event,
    an_open,
    at_ms,
    judge_plainly,
)
from tests.support.folding import catch_up
from tests.support.stores import STORES, a_store


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


def beside(store: Store) -> None:
    """A message, and a visit and an order whose second text is the recipient's id."""
    store.append(
        [
            an_open(1),
            a_click(2),
            a_step(3, recipient=RECIPIENT),
            a_purchase(4, order=RECIPIENT),
            a_purchase(5, order="o-2"),
        ]
    )
    store.raise_overflow(
        [Overflow(campaign, RECIPIENT, DAY, b"edge", 7) for campaign in ("spring", "site:shop", "order:shop")]
    )


DAY = at_ms(0) // 86_400_000


def of_sites(store: Store) -> list[int]:
    """How many events the visit and the two orders have."""
    keys = (("site:shop", RECIPIENT), ("order:shop", RECIPIENT), ("order:shop", "o-2"))
    return [len(store.message(*key).events) for key in keys]


def test_lists_of_campaigns_are_without_sites(store: Store) -> None:
    beside(store)
    assert list(store.campaigns()) == ["spring"]


def test_the_latest_events_are_those_of_messages(store: Store) -> None:
    beside(store)
    assert [event.campaign for event in store.latest(10)] == ["spring", "spring"]


def test_the_messages_of_a_person_are_without_visits_and_orders(store: Store) -> None:
    beside(store)
    assert [message.campaign for message in store.person(RECIPIENT)] == ["spring"]
    catch_up(store)
    assert [message.campaign for message in store.person(RECIPIENT)] == ["spring"]


def test_an_order_whose_id_is_that_of_a_recipient_survives_their_erasure(store: Store) -> None:
    beside(store)
    assert store.erase(RECIPIENT, at_ms(100)) == 2
    assert (list(store.person(RECIPIENT)), of_sites(store)) == ([], [1, 1, 1])
    late = [a_purchase(6, order=RECIPIENT), a_step(7, recipient=RECIPIENT), an_open(8)]
    store.append(late)
    assert (list(store.person(RECIPIENT)), of_sites(store)) == ([], [2, 2, 1])
    store.sweep()
    assert of_sites(store) == [2, 2, 1]
    assert [event.agent for event in store.message("site:shop", RECIPIENT).events] == [BROWSER, BROWSER]


def test_an_erasure_of_a_folded_person_leaves_orders_alone(store: Store) -> None:
    beside(store)
    catch_up(store)
    assert store.erase_all([RECIPIENT, "o-2"], at_ms(100)) == Erased(2, 2, 1)
    assert of_sites(store) == [1, 1, 1]


def test_who_is_only_an_order_id_is_nobody(store: Store) -> None:
    store.append([a_purchase(1, order="o-1"), a_step(2, recipient="v-1")])
    store.raise_overflow([Overflow("order:shop", "o-3", DAY, b"edge", 7)])
    secret = store.person_secret()
    assert store.people_of([person8(secret, id) for id in ("o-1", "v-1", "o-3")]) == []
    beside(store)
    assert store.people_of([person8(secret, id) for id in (RECIPIENT, "o-1")]) == [RECIPIENT]


def test_an_erasure_keeps_no_later_overflow_of_an_order_out(store: Store) -> None:
    store.erase(RECIPIENT, at_ms(200_000))
    beside(store)
    assert store.figures("spring", at_ms(300), 15_000).overflow == 0
    assert store.figures("order:shop", at_ms(300), 15_000).overflow == 7


def test_sources_that_follow_links_are_sources_of_mail(store: Store) -> None:
    clicks = [a_click(n, recipient=f"r-{n}") for n in range(3)]
    steps = [a_step(n, recipient=f"v-{n}", address="192.0.2.10") for n in range(3)]
    store.append([*clicks, *steps])
    found = [message.campaign for _, message in store.messages_by_source(2)]
    assert found == ["spring", "spring", "spring"]


def test_a_rebuild_of_everything_judges_no_visit(store: Store) -> None:
    beside(store)
    catch_up(store)
    registry = MemoryRegistry()
    registry.add_campaign(a_campaign())
    differences = rebuild(store, registry, judge_plainly)
    assert [each.campaign for each in differences] == ["spring"]
    assert (list(store.recipients("site:shop", "", 10)), of_sites(store)) == ([], [1, 1, 1])


def test_folding_mail_makes_no_states_of_visits(store: Store) -> None:
    beside(store)
    catch_up(store)
    assert [state.recipient for state in store.recipients("spring", "", 10)] == [RECIPIENT]
    assert [list(store.recipients(of, "", 10)) for of in ("site:shop", "order:shop")] == [[], []]


@pytest.mark.parametrize("name", sorted(STORES))
def test_retention_of_messages_leaves_sites_alone(name: str, tmp_path: Path) -> None:
    with a_store(name, tmp_path) as store:
        beside(store)
        catch_up(store)
        assert store.holding(Kept.EVENTS, at_ms(1_000)).rows == 2
        removed = store.forget_past(at_ms(1_000))
        assert (removed.messages, removed.events, of_sites(store)) == (1, 2, [1, 1, 1])
        assert list(store.people_gone()) == ["spring"]
        store.tidy()
        assert [event.agent for event in store.message("site:shop", RECIPIENT).events] == [BROWSER]


def test_dropping_details_of_messages_leaves_sites_alone(store: Store) -> None:
    tagged = an_open(1, tag=bytes(8), address="")
    step = a_step(2, facts=Facts.ACCEPT)
    store.append([tagged, step])
    dropping = Dropping(store, {"spring": a_campaign()}, rules=Rules)
    while dropping.round(at_ms(1_000_000), 10).more:
        pass
    assert store.message("spring", RECIPIENT).events[0].decided is not None
    assert list(store.message("site:shop", VISITOR).events) == [step]


def test_events_of_sites_are_no_news_of_figures(store: Store) -> None:
    store.append([a_step(1), a_purchase(2)])
    store.raise_overflow([Overflow("site:shop", VISITOR, DAY, b"edge", 7)])
    catch_up(store)
    assert list(store.news_of_counts().campaigns) == []
    assert store.figures("spring", at_ms(3), 15_000).provisional == 0


def test_forgetting_a_campaign_leaves_sites_alone(store: Store) -> None:
    beside(store)
    assert (store.forget_campaign("spring"), of_sites(store)) == (2, [1, 1, 1])


def test_hits_with_a_broken_signature_never_join_a_visit(store: Store) -> None:
    store.append([a_step(1, recipient=RECIPIENT)])
    assert store.append_evidence([an_open(2, facts=Facts.FORGED)]) == 0
    assert list(store.message("spring", RECIPIENT).events) == []


def test_webhooks_are_told_of_messages_only(store: Store) -> None:
    beside(store)
    reader = store.consumer("webhook crm")
    settled = reader.settled("", at_ms(100), 10)
    assert {entry.campaign for entry in settled.entries} == {"spring"}
    assert store.position_at(at_ms(0)) == ""
    reader.done(store.position_at(None))
    assert reader.waiting() == Waiting()
