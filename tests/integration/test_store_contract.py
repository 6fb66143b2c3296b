"""What every store must do, run on each of them."""

from itertools import groupby

import pytest
from msgspec.structs import replace

from mailpixel.errors import Conflict, InvalidInput
from mailpixel.event_ids import reported_event
from mailpixel.kinds import EventKind, Reason
from mailpixel.model import Certainty, Decision, Event, Facts, Message, Network, Scope, Verdict, Via
from mailpixel.store.consumers import News, Waiting
from mailpixel.store.evidence_bound import MOST_A_DAY
from mailpixel.store.log import Overflow, PutAside
from mailpixel.store.measures import MEASURES
from mailpixel.store.projections import FOLD, MessageState
from mailpixel.store.standing import Standing
from mailpixel.store.store import Store
from tests.support.builders import (
    APPLE,
    BROWSER,
    EDGE,
    SENT_AT_MS,
    a_bounce,
    a_click,
    a_complaint,
    a_delivery,
    a_message,
    an_id,
    an_open,
    an_optout,
    at_ms,
)
from tests.support.folding import NOW_MS, catch_up, fold, logged, totals
from tests.support.tallying import assert_figures_are_the_tally


def news(store: Store) -> list[Message]:
    return [each for each in store.consumer(FOLD).news(10).messages if isinstance(each, Message)]


def test_a_campaign_keeps_the_edition_it_was_first_judged_by_until_all_is_judged_anew(store: Store) -> None:
    assert (dict(store.editions()), store.figures("spring", NOW_MS, 0).edition) == ({}, "")
    store.note_edition("1-a", ["autumn", "spring"])
    store.note_edition("2-b", ["spring", "winter"])
    assert dict(store.editions()) == {"1-a": 2, "2-b": 1}
    assert store.figures("spring", NOW_MS, 0).edition == "1-a"
    store.note_edition("2-b", ["spring"], anew=True)
    assert store.figures("spring", NOW_MS, 0).edition == "2-b"
    assert dict(store.editions()) == {"1-a": 1, "2-b": 2}


def test_a_blank_leaves_nothing_behind_and_no_reader_of_the_log_meets_it(store: Store) -> None:
    store.append([an_open(1)])
    store.append_blank()
    store.append_blank()
    assert (list(store.campaigns()), len(store.latest(10))) == (["spring"], 1)
    catch_up(store)
    store.append_blank()
    assert store.consumer(FOLD).waiting() == Waiting()
    store.append([an_open(2)])
    assert [len(message.events) for message in news(store)] == [2]


def test_messages_are_found_by_a_destination_that_their_clicks_carried(store: Store) -> None:
    url, other = "https://shop.example/ü", "https://shop.example/other"
    many = [a_click(n, None, destination=other, recipient=f"m-{n:04}") for n in range(1_200)]
    own = a_click(1, None, destination="https://shop.example/own", recipient="r-5")
    carried = a_click(2, None, destination=url, recipient="r-2")
    beside = an_open(1, recipient="r-2")
    elsewhere = a_click(3, None, destination=url, campaign="autumn")
    store.append([*many, own, beside, carried, elsewhere, a_click(1, 1, recipient="r-6")])
    assert list(store.messages_that_carried("spring", [url, "https://shop.example/"])) == [
        store.message("spring", "r-2")
    ]
    assert store.message("spring", "r-2").events == [beside, carried]
    found = list(store.messages_that_carried("spring", [url, other]))
    assert {each.recipient for each in found} == {"r-2", *(event.recipient for event in many)}
    assert len(found) == 1_201
    assert list(store.messages_that_carried("spring", [])) == []
    store.erase("r-2", NOW_MS)
    assert list(store.messages_that_carried("spring", [url])) == []


def test_an_appended_event_is_read_back_as_it_was(store: Store) -> None:
    events = [
        an_open(1, address="2001:db8::1", facts=Facts.REFERER | Facts.ACCEPT_IMAGE),
        a_click(2, link=None, destination="https://other.example/?a=ü", method="HEAD", agent="", address=""),
        a_click(3, link=65535),
        a_delivery(4),
        an_optout(5),
        *(a_bounce(10 + at, reason) for at, reason in enumerate(Reason)),
        *(a_complaint(20 + at, reason) for at, reason in enumerate(Reason)),
    ]
    store.append(events)
    assert logged(store) == events


def test_bounces_and_complaints_count_and_a_later_delivery_wins(store: Store) -> None:
    store.append([a_delivery(1), a_bounce(2), a_bounce(2, recipient="r-2"), a_complaint(3, recipient="r-3")])
    catch_up(store)
    named = ("delivered", "bounced", "complained", "standing.bounced", "seen")
    assert [totals(store).get(name, 0) for name in named] == [0, 2, 1, 2, 3]
    bounced = store.recipients("spring", "", 9, Standing.BOUNCED)
    assert [(each.recipient, each.bounced_at_ms, each.bounce_reason) for each in bounced] == [
        ("r-1", at_ms(2), Reason.INVALID),
        ("r-2", at_ms(2), Reason.INVALID),
    ]
    store.append([a_delivery(9)])
    catch_up(store)
    assert [totals(store).get(name, 0) for name in named] == [1, 1, 1, 1, 3]
    assert [each.recipient for each in store.recipients("spring", "", 9, Standing.BOUNCED)] == ["r-2"]


def test_the_latest_events_are_those_logged_last_the_newest_first(store: Store) -> None:
    hits = [an_open(second) for second in (50, 10, 30, 20)]
    store.append(hits[:2])
    store.append(hits[2:])
    assert list(store.latest(3)) == [hits[3], hits[2], hits[1]]
    assert list(store.latest(10)) == list(reversed(hits))
    assert list(store.latest(0)) == []


def test_an_event_appended_twice_is_logged_once(store: Store) -> None:
    events = [an_open(1), an_open(2), an_open(3)]
    store.append(events)
    store.append([*events, events[0]])
    assert logged(store) == events
    catch_up(store)
    assert totals(store)["opens.events"] == 3


def a_forgery(second: float, recipient: str = "r-1", agent: str = BROWSER) -> Event:
    return a_click(second, link=1, recipient=recipient, agent=agent, facts=Facts.FORGED)


def test_a_broken_signature_is_logged_only_for_a_message_that_has_events(store: Store) -> None:
    opened, evidence = an_open(1), a_forgery(2)
    store.append([opened])
    assert store.append_evidence([evidence, a_forgery(3, recipient="made-up")]) == 1
    assert store.append_evidence([a_forgery(4, recipient="made-up")]) == 0
    assert logged(store) == [opened, evidence]
    assert store.append_evidence([evidence]) == 1
    assert logged(store) == [opened, evidence]


def test_broken_signatures_on_made_up_messages_use_up_nothing_of_the_day(store: Store) -> None:
    store.append([an_open(1)])
    made_up = [a_forgery(2 + n / 1_000, recipient=f"made-up-{n}") for n in range(MOST_A_DAY)]
    assert store.append_evidence(made_up) == 0
    known = [a_forgery(30 + n / 1_000) for n in range(MOST_A_DAY)]
    assert store.append_evidence(known[:-9]) == MOST_A_DAY - 9
    assert store.append_evidence([*made_up[:9], *known[-18:]]) == 9
    assert store.append_evidence([a_forgery(90)]) == 0
    assert store.append_evidence([a_forgery(90 + 86_400)]) == 1


def test_a_broken_signature_brings_no_agent_into_the_log(store: Store) -> None:
    store.append([an_open(1, agent=BROWSER)])
    store.append_evidence([a_forgery(2), a_forgery(3, agent="never seen before/1.0")])
    assert [event.agent for event in logged(store)] == [BROWSER, BROWSER, ""]


def test_broken_signatures_are_counted_as_nothing(store: Store) -> None:
    store.append([an_open(1)])
    catch_up(store)
    before = (totals(store), store.figures("spring", at_ms(5), 15_000))
    store.append_evidence([a_forgery(second) for second in range(2, 7)])
    catch_up(store)
    after = store.figures("spring", at_ms(5), 15_000)
    assert totals(store) == before[0]
    assert (after.overflow, after.provisional) == (before[1].overflow, before[1].provisional)


def test_evidence_with_a_bad_id_is_refused(store: Store) -> None:
    store.append([an_open(1)])
    with pytest.raises(InvalidInput):
        store.append_evidence([replace(a_forgery(2), id=b"short")])


def test_a_group_of_any_size_is_logged_whole(store: Store) -> None:
    for size in (1, 2, 3, 5, 31, 33, 513, 1200):
        events = [an_open(n, campaign=f"of-{size}", recipient=f"r-{n:04}") for n in range(size)]
        store.append(events)
        assert logged(store, f"of-{size}") == events


def test_many_agents_are_distinguished(store: Store) -> None:
    events = [an_open(n, recipient=f"r-{n:05}", agent=f"agent {n % 700}") for n in range(1400)]
    for start in range(0, len(events), 100):
        store.append(events[start : start + 100])
    assert logged(store) == events


def test_an_id_that_does_not_begin_with_its_moment_is_refused(store: Store) -> None:
    with pytest.raises(InvalidInput) as caught:
        store.append([an_open(1), an_open(2, id=an_id(SENT_AT_MS))])
    assert caught.value.field == "id"
    assert logged(store) == []


def test_events_of_a_message_are_in_order_of_id_however_they_came(store: Store) -> None:
    events = [an_open(second) for second in (1, 2, 3)]
    for event in reversed(events):
        store.append([event])
    assert logged(store) == events


def test_the_cursor_begins_empty_and_no_news_leaves_it_alone(store: Store) -> None:
    assert store.cursor() == ""
    assert news(store) == []
    none = store.consumer(FOLD).news(10)
    assert (none.since, none.position) == ("", "")


def test_news_is_whole_messages_with_their_old_events(store: Store) -> None:
    first, second, other = an_open(1), an_open(2), an_open(3, recipient="r-2")
    store.append([first, other])
    catch_up(store)
    store.append([second])
    assert [(m.recipient, list(m.events)) for m in news(store)] == [("r-1", [first, second])]


def test_hammered_messages_are_all_folded_though_a_batch_loads_few_of_them(store: Store) -> None:
    names = [f"r-{n:03}" for n in range(130)]
    store.append([an_open(second, recipient=name) for name in names for second in range(10)])
    catch_up(store, limit=10_000)
    store.append([an_open(5_000, recipient=name) for name in names])
    catch_up(store, limit=len(names))
    assert totals(store)["opens.events"] == 130 * 11
    assert news(store) == []


def test_an_event_that_arrives_late_is_news(store: Store) -> None:
    store.append([an_open(100)])
    catch_up(store)
    late = an_open(1)
    store.append([late])
    (message,) = news(store)
    assert message.events[0] == late


def test_saved_states_are_read_back_in_order_of_recipient(store: Store) -> None:
    messages = [
        a_message(an_open(1, recipient=f"r-{n}"), a_delivery(0, recipient=f"r-{n}")) for n in (3, 1, 2)
    ]
    store.append([event for message in messages for event in message.events])
    catch_up(store)
    expected = sorted((fold(message) for message in messages), key=lambda state: state.recipient)
    assert store.recipients("spring", "", 10) == expected
    assert store.recipients("spring", "r-1", 1) == expected[1:2]
    assert store.recipients("autumn", "", 10) == []


def test_counters_move_by_the_difference(store: Store) -> None:
    store.append([an_open(60), a_click(90, link=1), a_click(95, link=2)])
    catch_up(store)
    before = totals(store)
    assert (before["clicks.human"], before["clicks.unique_human"], before["opens.human"]) == (2, 1, 1)
    store.append([a_click(97, link=3)])
    catch_up(store)
    after = totals(store)
    assert (after.get("clicks.human"), after.get("clicks.unique_human"), after["clicks.machine"]) == (
        None,
        None,
        3,
    )
    assert store.figures("spring", NOW_MS, 0).links == {
        number: {"clicks.events": 1, "clicks.machine": 1} for number in (1, 2, 3)
    }


def test_counts_of_a_campaign_without_events_are_zeros(store: Store) -> None:
    figures = store.figures("spring", NOW_MS, 15_000)
    assert figures.totals == dict.fromkeys(MEASURES, 0)
    assert (figures.links, figures.overflow, figures.provisional, figures.as_of_ms) == ({}, 0, 0, 0)


def test_saving_after_another_fold_was_faster_changes_nothing(store: Store) -> None:
    store.append([an_open(1)])
    slow = store.consumer(FOLD).news(10)
    catch_up(store)
    cursor = store.cursor()
    with pytest.raises(Conflict):
        store.save([fold(message) for message in slow.messages], slow)
    assert (store.cursor(), totals(store)["opens.events"]) == (cursor, 1)


def test_a_report_that_an_earlier_release_logged_and_that_comes_again_changes_no_figure(store: Store) -> None:
    again = [
        reported_event(kind, "spring", "r-1", at_ms(1)) for kind in (EventKind.DELIVERY, EventKind.OPTOUT)
    ]
    earlier = [replace(each, id=each.id[:6] + str(each.kind).rjust(10).encode()) for each in again]
    store.append([*earlier, an_open(60)])
    catch_up(store)
    before = (totals(store), store.timeline("spring"), store.recipients("spring", "", 9)[0].marks)
    store.append(again)
    catch_up(store)
    state = store.recipients("spring", "", 9)[0]
    assert (totals(store), store.timeline("spring"), state.marks) == before
    assert (state.delivered_at_ms, state.opted_out) == (at_ms(1), True)


def known_by(edition: int, *events: Event) -> MessageState:
    return replace(fold(a_message(*events)), edition=edition)


def test_a_state_knows_how_many_events_were_judged(store: Store) -> None:
    store.append([an_open(1), a_delivery(2), a_delivery(3)])
    store.append([a_click(4)])
    catch_up(store)
    assert [state.known for state in store.recipients("spring", "", 9)] == [4]


@pytest.mark.parametrize(
    ("former", "saved", "stays"),
    [
        ((1, 2), (1, 1), "former"),
        ((1, 1), (1, 2), "saved"),
        ((1, 2), (2, 1), "former"),
        ((2, 1), (1, 2), "saved"),
        ((2, 1), (1, 1), "former"),
        ((1, 1), (2, 1), "saved"),
        ((1, 1), (1, 1), "saved"),
        ((0, 0), (0, 0), "saved"),
    ],
    ids=str,
)
def test_of_two_states_the_better_informed_stays_and_then_the_one_of_later_rules(
    store: Store, former: tuple[int, int], saved: tuple[int, int], stays: str
) -> None:
    def state(edition: int, known: int, link: int) -> MessageState:
        return replace(fold(a_message(a_click(90, link=link))), edition=edition, known=known)

    states = {"former": state(*former, link=1), "saved": state(*saved, link=2)}
    for each in states.values():
        put(store, each)
    assert store.recipients("spring", "", 9) == [states[stays]]
    assert_figures_are_the_tally(store, "spring")


def test_equal_hits_of_which_one_state_knows_more_deliveries_are_told_apart(store: Store) -> None:
    slow = known_by(1, an_open(60), a_delivery(5))
    fast = known_by(1, an_open(60), a_delivery(5), a_delivery(3))
    for state in (fast, slow):
        put(store, state)
    assert [state.delivered_at_ms for state in store.recipients("spring", "", 9)] == [at_ms(3)]


def test_a_case_is_one_value_and_leaves_nothing_behind_when_it_shrinks(store: Store) -> None:
    put(store, known_by(1, an_open(60), a_click(90, link=1), a_click(95, link=2)))
    smaller = replace(known_by(2, a_click(95, link=3)), known=3)
    put(store, smaller)
    assert store.recipients("spring", "", 9) == [smaller]
    assert list(store.figures("spring", NOW_MS, 0).links) == [3]
    assert [list(quarter) for quarter in store.timeline("spring").values()] == [
        ["clicks.events", "clicks.first_human", "clicks.human"]
    ]


def test_provisional_hits_are_those_younger_than_the_settle_time(store: Store) -> None:
    store.append([an_open(10), an_open(20), a_delivery(20), an_open(20, campaign="autumn")])
    assert [store.figures("spring", at_ms(second), 15_000).provisional for second in (20, 25, 35)] == [
        2,
        1,
        0,
    ]


def test_as_of_is_the_first_moment_that_is_not_folded_yet(store: Store) -> None:
    store.append([an_open(10)])
    assert store.figures("spring", NOW_MS, 0).as_of_ms == 0
    catch_up(store)
    assert store.figures("spring", NOW_MS, 0).as_of_ms == NOW_MS
    store.append([an_open(20)])
    assert store.figures("spring", NOW_MS, 0).as_of_ms == at_ms(20)


def test_overflow_keeps_the_highest_count_of_each_edge(store: Store) -> None:
    store.raise_overflow(
        [Overflow("spring", "r-1", 20_000, EDGE, 5), Overflow("spring", "r-1", 20_000, b"west", 2)]
    )
    store.raise_overflow([Overflow("spring", "r-1", 20_000, EDGE, 9), Overflow("spring", "r-2", 1, EDGE, 1)])
    store.raise_overflow([Overflow("spring", "r-1", 20_000, EDGE, 7)])
    assert store.figures("spring", NOW_MS, 0).overflow == 9 + 2 + 1
    assert store.figures("autumn", NOW_MS, 0).overflow == 0


def test_the_timeline_has_the_quarter_hours_in_order(store: Store) -> None:
    store.append([an_open(3600), an_open(0), an_open(0, recipient="r-2", agent=APPLE), a_click(10)])
    catch_up(store)
    start = SENT_AT_MS // 900_000 * 900_000
    assert list(store.timeline("spring").items()) == [
        (
            start,
            {
                "opens.events": 2,
                "opens.human": 1,
                "opens.first_human": 1,
                "opens.privacy_prefetch": 1,
                "clicks.events": 1,
                "clicks.human": 1,
                "clicks.first_human": 1,
            },
        ),
        (start + 3_600_000, {"opens.events": 1, "opens.human": 1}),
    ]
    assert store.timeline("autumn") == {}


def test_campaigns_are_those_with_events(store: Store) -> None:
    assert store.campaigns() == []
    store.append([an_open(1, campaign=name) for name in ("spring", "autumn", "spring", "winter")])
    assert store.campaigns() == ["autumn", "spring", "winter"]


def test_messages_stream_in_order_and_between_limits(store: Store) -> None:
    store.append([an_open(n, recipient=f"r-{n}") for n in (3, 1, 4, 2)])
    read = [
        [m.recipient for m in store.messages("spring", *limits)] for limits in [(), ("r-1",), ("r-1", "r-3")]
    ]
    assert read == [["r-1", "r-2", "r-3", "r-4"], ["r-2", "r-3", "r-4"], ["r-2", "r-3"]]


def test_ranges_hold_every_recipient_once(store: Store) -> None:
    store.append([an_open(n, recipient=f"r-{n % 37:02}") for n in range(100)])
    ranges = store.ranges("spring", 20)
    found = [message.recipient for limits in ranges for message in store.messages("spring", *limits)]
    assert found == sorted({f"r-{n:02}" for n in range(37)})
    assert len(ranges) > 3
    assert store.ranges("autumn", 20) == []


def test_a_message_is_found_by_its_names(store: Store) -> None:
    event = an_open(1)
    store.append([event, an_open(2, recipient="r-2")])
    assert list(store.message("spring", "r-1").events) == [event]
    assert store.message("spring", "r-9") == Message("spring", "r-9", store.message("spring", "r-9").events)
    assert list(store.message("spring", "r-9").events) == []


def test_a_person_is_all_their_messages(store: Store) -> None:
    events = [an_open(1, campaign="autumn"), an_open(2), an_open(3)]
    store.append([*events, an_open(4, recipient="r-2"), an_open(5, recipient="r-2", campaign="winter")])
    found = [(message.campaign, list(message.events)) for message in store.person("r-1")]
    assert found == [("autumn", events[:1]), ("spring", events[1:])]
    assert list(store.person("r-9")) == []


Followings = dict[tuple[str, str], list[tuple[str, str, list[Event]]]]


def by_source(store: Store, least: int, since_ms: int = 0, campaign: str | None = None) -> Followings:
    """What each source followed, in the order given; a source that comes twice would come short."""
    return {
        source: [(message.campaign, message.recipient, list(message.events)) for _, message in group]
        for source, group in groupby(
            store.messages_by_source(least, since_ms, campaign), key=lambda followed: followed[0]
        )
    }


def test_messages_come_whole_by_the_source_that_followed_their_links(store: Store) -> None:
    ours, other = [an_open(1, agent=APPLE), a_click(2), a_click(3)], a_click(5, address="192.0.2.99")
    second = a_click(4, recipient="r-2", campaign="autumn")
    third = [an_open(6, recipient="r-2", address="192.0.2.99"), a_click(7, recipient="r-2")]
    store.append([*third, second, *ours, other, a_click(8, agent="another")])
    browser = ("192.0.2.10", BROWSER)
    assert by_source(store, 2) == {
        browser: [
            ("autumn", "r-2", [second]),
            ("spring", "r-1", logged(store)[:5]),
            ("spring", "r-2", third),
        ]
    }
    assert set(by_source(store, 1)) == {browser, ("192.0.2.99", BROWSER), ("192.0.2.10", "another")}


def test_a_source_is_as_large_as_its_recipients_not_as_its_messages(store: Store) -> None:
    store.append([a_click(n, campaign=f"c-{n}", recipient=f"r-{n % 3}") for n in range(9)])
    assert [len(messages) for messages in by_source(store, 3).values()] == [9]
    assert by_source(store, 4) == {}


@pytest.mark.parametrize(
    "hit",
    [
        an_open(2, recipient="r-2"),
        a_click(2, recipient="r-2", method="HEAD"),
        a_click(2, recipient="r-2", address=""),
        a_delivery(2, recipient="r-2"),
        a_click(2, recipient="r-2", facts=Facts.FORGED | Facts.NAVIGATE),
    ],
)
def test_only_a_good_get_of_a_link_with_its_address_makes_a_source_larger(store: Store, hit: Event) -> None:
    store.append([a_click(1), hit])
    assert by_source(store, 2) == {}


def test_sources_can_be_asked_for_since_a_moment_and_of_one_campaign(store: Store) -> None:
    old = a_click(1)
    new = [a_click(10), a_click(11, recipient="r-2")]
    autumn = [a_click(20, campaign="autumn"), a_click(21, campaign="autumn", recipient="r-2")]
    store.append([old, *new, *autumn])
    source = ("192.0.2.10", BROWSER)
    spring = [("spring", "r-1", [old, new[0]]), ("spring", "r-2", [new[1]])]
    in_autumn = [("autumn", "r-1", autumn[:1]), ("autumn", "r-2", autumn[1:])]
    assert by_source(store, 2) == {source: in_autumn + spring}
    assert by_source(store, 2, campaign="spring") == {source: spring}
    assert by_source(store, 2, at_ms(10), "spring") == {source: spring}
    assert by_source(store, 2, at_ms(10) + 1, "spring") == {}
    assert by_source(store, 2, at_ms(20)) == {source: in_autumn}


def test_a_person_erased_while_sources_are_read_does_not_come_back(store: Store) -> None:
    names = [f"r-{n:04}" for n in range(1_200)]
    store.append([a_click(n, recipient=name) for n, name in enumerate(names)])
    reading = store.messages_by_source(2)
    _, first = next(reading)
    store.erase(names[-1], NOW_MS)
    assert [first.recipient, *(message.recipient for _, message in reading)] == names[:-1]


def test_what_waits_is_what_was_logged_and_not_folded(store: Store) -> None:
    assert store.consumer(FOLD).waiting() == Waiting()
    store.append([an_open(5), an_open(6, recipient="r-2"), an_open(7)])
    assert store.consumer(FOLD).waiting() == Waiting(3, at_ms(5))
    first = store.consumer(FOLD).news(2)
    store.save([fold(message) for message in first.messages], first)
    assert store.consumer(FOLD).waiting() == Waiting(1, at_ms(7))
    catch_up(store)
    assert store.consumer(FOLD).waiting() == Waiting()


@pytest.mark.parametrize("received_at_ms", [0, 4_294_967_296_000, (1 << 48) - 1])
def test_a_moment_of_a_clock_far_ahead_or_behind_is_folded(store: Store, received_at_ms: int) -> None:
    store.append([an_open(received_at_ms=received_at_ms, id=an_id(received_at_ms)), an_open(60)])
    catch_up(store)
    assert totals(store)["opens.events"] == 2
    assert len(store.timeline("spring")) == 2
    assert store.figures("spring", NOW_MS, 0).as_of_ms == NOW_MS


def test_as_of_is_never_in_the_future(store: Store) -> None:
    store.append([an_open(5)])
    catch_up(store)
    store.append([an_open(received_at_ms=NOW_MS + 5, id=an_id(NOW_MS + 5))])
    assert store.figures("spring", NOW_MS, 0).as_of_ms == NOW_MS


def aside(recipient: str = "r-1", campaign: str = "spring", error: str = "TypeError") -> PutAside:
    return PutAside(campaign, recipient, error)


def put(store: Store, *folded: MessageState | PutAside) -> None:
    """Save these beside what is there, and leave the cursor alone."""
    store.save(folded, News(store.cursor(), store.cursor(), ()))


def test_messages_put_aside_are_listed_in_order_and_counted(store: Store) -> None:
    assert (store.put_aside(), store.count_put_aside()) == ([], 0)
    put(store, aside("r-2"), aside("r-1", "winter"), aside("r-1", error="KeyError"), aside("r-1"))
    assert store.put_aside() == [aside("r-1"), aside("r-2"), aside("r-1", "winter")]
    assert store.put_aside(("spring", "r-1"), 1) == [aside("r-2")]
    assert store.put_aside(("spring", "")) == store.put_aside()
    assert store.count_put_aside() == 3


def test_a_message_put_aside_keeps_its_former_state_and_comes_back_with_the_next(store: Store) -> None:
    store.append([an_open(1), an_open(2, recipient="r-2")])
    catch_up(store)
    put(store, aside())
    assert totals(store)["opens.human"] == 2
    put(store, fold(store.message("spring", "r-1")))
    assert (store.put_aside(), totals(store)["opens.human"]) == ([], 2)


def test_a_person_is_found_whatever_became_of_their_messages(store: Store) -> None:
    names = ["folded", "aside", "rebuilt", "waiting"]
    store.append([an_open(1, campaign=name) for name in names[:3]])
    read = store.consumer(FOLD).news(10)
    kept = [fold(each) for each in read.messages if each.campaign == "folded"]
    store.save([*kept, aside("r-1", "aside")], read)
    with store.new_generation("rebuilt", fold) as generation:
        generation.put([fold(store.message("rebuilt", "r-1"))])
    store.append([an_open(2, campaign="waiting"), an_open(3, campaign="other", recipient="r-2")])
    assert [message.campaign for message in store.person("r-1")] == sorted(names)
    assert store.erase("r-1", NOW_MS) == 4
    assert list(store.person("r-1")) == []
    assert [message.campaign for message in store.person("r-2")] == ["other"]


def test_messages_come_to_a_rebuild_as_they_come_to_others(store: Store) -> None:
    store.append([an_open(n, recipient=f"r-{n}") for n in (3, 1, 4, 2)])
    assert list(store.messages_to_fold("spring", "r-1", "r-3")) == list(
        store.messages("spring", "r-1", "r-3")
    )


def test_what_is_kept_instead_of_an_address_comes_back_as_it_was(store: Store) -> None:
    entry = Network("40.92.0.0/15", "mail", Scope.ALL, Certainty.CERTAIN, "list", "2026-11", Via.MICROSOFT)
    other = Network("192.0.2.0/24", "ours")
    tags: dict[str, object] = {"tag": b"12345678", "former_tag": b"abcdefgh", "address": ""}
    hits = [
        an_open(60.0, **tags, network=entry),
        a_click(90.0, 1, **tags | {"former_tag": b""}, network=other),
        a_click(95.0, 1, **tags, facts=Facts.OWN_NETWORK | Facts.OPENS_UNSEEN),
        an_open(99.0, tag=b"1234", decided=Decision(Verdict.HUMAN, "default", Via.GMAIL, True, 770)),
        an_open(100.0, tag=b"1234", decided=Decision(Verdict.SCANNER, "no_open")),
    ]
    store.append(hits[:1])
    store.append(hits[1:])
    store.append([a_click(101.0)])
    assert store.message("spring", "r-1").events[:-1] == hits
