"""Posting events to receivers, on every store: order, ids, failures, letters, rotation, replay."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle

from mailpixel.kinds import EventKind
from mailpixel.model import Facts
from mailpixel.outbound import webhooks
from mailpixel.projections.lease import LEASE_MS
from mailpixel.store.store import Store
from mailpixel.store.webhooks import LetterCount, PostOutcome, WebhookState
from mailpixel.times import now_ms
from mailpixel.tracing import Span
from tests.support.api import PERSON
from tests.support.builders import (
    KEYRING,
    ROBOT,
    SENT_AT,
    a_campaign,
    a_click,
    a_delivery,
    an_event,
    an_open,
    an_optout,
    at_ms,
)
from tests.support.erasing import erase_person
from tests.support.receiver import DIE, Post, a_receiver
from tests.support.stores import STORES, a_registry
from tests.support.webhooks import QUICK, Hooks


@pytest.fixture
def hooks(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Hooks]:
    name = next(each for each in STORES if f"[{each}" in request.node.name)
    with a_registry(name, tmp_path) as registry:
        registry.add_campaign(a_campaign())
        yield Hooks(store, registry, pauses=QUICK)


def a_person(second: float, **fields: Any) -> Any:
    return an_open(second, facts=PERSON, **fields)


def test_settled_events_of_people_are_posted_once_in_order(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(40)
        hooks.run(turns=3)
        assert sorted(receiver.ids) == sorted(ids)
        posting = hooks.registry.posting("crm")
        assert (posting.posts, posting.last_status) == ({PostOutcome.ACCEPTED: 40}, 204)
        assert hooks.store.consumer("webhook crm").waiting().events == 0


def test_a_post_says_what_happened_and_the_reference_library_verifies_it(hooks: Hooks) -> None:
    hooks.clock.now_ms = now_ms()
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        click = a_click(90, link=2, facts=PERSON)
        hooks.store.append([a_delivery(1), click])
        hooks.run()
        post = next(post for post in receiver.accepted if post.json["type"] == "clicked")
        assert Oracle(hooks.secrets["crm"]).verify(post.body, dict(post.headers)) == post.json
        assert post.json == {
            "type": "clicked",
            "timestamp": "2026-09-21T14:14:50Z",
            "data": {
                "event_id": click.id.hex(),
                "event_type": "clicked",
                "campaign": "spring",
                "recipient": "r-1",
                "link": 2,
                "click_url": "https://shop.example/p/2",
                "user_agent": click.agent,
                "client": "PC / Windows 10 / Chrome 151.0.0",
                "verdict": "human",
                "rule": "default",
                "via": None,
                "dup": False,
                "reason": None,
                "delivered_at": "2026-09-21T14:13:21Z",
                "rules_version": post.json["data"]["rules_version"],
            },
        }
        assert post.id == f"msg_{click.id.hex()}"


def test_while_a_secret_rotates_both_verify(hooks: Hooks) -> None:
    hooks.clock.now_ms = now_ms()
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        old = hooks.secrets["crm"]
        new = webhooks.rotate(hooks.registry, KEYRING, "crm", hooks.clock(), hours=1)
        hooks.log(1)
        hooks.run()
        (post,) = receiver.accepted
        assert [Oracle(secret).verify(post.body, dict(post.headers)) for secret in (old, new)] == [
            post.json
        ] * 2
        hooks.clock.now_ms += 3_600_000
        hooks.log(1, first=1)
        hooks.run()
        assert len(receiver.accepted[1].headers["webhook-signature"].split()) == 1


def test_machines_and_repeats_are_posted_only_when_asked_for(hooks: Hooks) -> None:
    events = [
        a_person(100),
        a_person(101),
        an_open(70, recipient="r-2", agent=ROBOT),
        an_event(EventKind.OPEN, 180, recipient="r-3", facts=Facts.PREVIEW),
        an_optout(90, recipient="r-4"),
    ]
    hooks.store.append(events)
    with a_receiver() as some, a_receiver() as every:
        hooks.add(some.url, "some")
        hooks.add(every.url, "every", verdicts="all")
        hooks.run("some")
        hooks.run("every")
        assert sorted(some.ids) == sorted(f"msg_{each.id.hex()}" for each in (events[0], events[4]))
        assert sorted(every.ids) == sorted(f"msg_{each.id.hex()}" for each in events)


def test_only_the_types_and_campaigns_asked_for_are_posted(hooks: Hooks) -> None:
    events = [
        a_person(100),
        a_delivery(1),
        a_person(100, campaign="autumn"),
        a_delivery(1, campaign="autumn"),
    ]
    hooks.store.append(events)
    with a_receiver() as receiver:
        hooks.add(receiver.url, events=["delivered"], campaigns=["autumn"])
        hooks.run()
        assert receiver.ids == [f"msg_{events[3].id.hex()}"]


def test_what_is_not_settled_waits(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        hooks.clock.now_ms = at_ms(100 + 14)
        (id,) = hooks.log(1)
        hooks.run()
        assert receiver.ids == []
        hooks.clock.now_ms = at_ms(100 + 15)
        hooks.run()
        assert receiver.ids == [id]


def test_a_new_webhook_begins_now_or_at_a_moment(hooks: Hooks) -> None:
    before = hooks.log(3)
    with a_receiver() as now, a_receiver() as earlier:
        hooks.add(now.url, "now", since_ms=None)
        hooks.add(earlier.url, "earlier", since_ms=at_ms(101))
        after = hooks.log(1, first=3)
        hooks.run("now")
        hooks.run("earlier")
        assert (now.ids, sorted(earlier.ids)) == (after, sorted([*before[1:], *after]))


def test_a_receiver_that_is_down_gets_everything_later_and_nothing_is_written_meanwhile(hooks: Hooks) -> None:
    with a_receiver(lambda post: 503) as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(50)
        hooks.run(turns=5, after_s=0)
        assert len(receiver.posts) == 16, "one window, then a pause"
        posting = hooks.registry.posting("crm")
        assert (posting.failures, posting.posts) == (1, {PostOutcome.UNAVAILABLE: 16})
        hooks.run(turns=12, after_s=310)
        assert hooks.registry.count_letters("crm") == LetterCount()
        assert hooks.registry.posting("crm").failures == 12, "the first turn came too early"
        receiver.answer = lambda post: 200
        hooks.run(turns=2, after_s=310)
        assert sorted(receiver.ids) == sorted(ids)
        assert hooks.registry.posting("crm").failing_since_ms is None


def test_a_receiver_says_when_to_come_again(hooks: Hooks) -> None:
    with a_receiver(lambda post: (429, {"Retry-After": "1800"}, b"")) as receiver:
        hooks.add(receiver.url)
        hooks.log(1)
        hooks.run()
        retry_at_ms = hooks.registry.posting("crm").retry_at_ms
        assert retry_at_ms is not None
        assert 1_799_000 < retry_at_ms - hooks.clock.now_ms <= 1_800_000


def test_one_refused_event_becomes_a_letter_is_tried_six_times_and_is_dead(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(30)
        receiver.answer = lambda post: 400 if post.id == ids[3] else 204
        hooks.run()
        assert sorted(receiver.ids) == sorted(set(ids) - {ids[3]})
        assert hooks.registry.count_letters("crm") == LetterCount(1, 0)
        hooks.run(turns=10, after_s=2)
        assert [post.id for post in receiver.posts].count(ids[3]) == 6
        (letter,) = hooks.registry.letters("crm")
        assert (letter.attempts, letter.dead, letter.last_status) == (6, True, 400)
        receiver.answer = lambda post: 204
        assert hooks.registry.retry_letters("crm", None, hooks.clock()) == 1
        hooks.run()
        assert sorted(receiver.ids) == sorted(ids)
        assert hooks.registry.letters("crm") == []


def test_an_event_whose_answer_is_lost_comes_again_with_its_id(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(30)
        lost = {ids[0], ids[17]}

        def answer(post: Post) -> int:
            if post.id in lost:
                lost.discard(post.id)
                return DIE
            return 204

        receiver.answer = answer
        hooks.run(turns=3, after_s=2)
        assert sorted(receiver.ids) == sorted(ids)


def test_a_receiver_that_refuses_everything_gets_no_letter_after_letter(hooks: Hooks) -> None:
    with a_receiver(lambda post: 404) as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(60)
        hooks.run(turns=20, after_s=310)
        assert hooks.registry.count_letters("crm").waiting <= 16
        receiver.answer = lambda post: 204
        hooks.run(turns=3, after_s=310)
        assert sorted(receiver.ids) == sorted(ids)


def test_a_receiver_that_is_gone_is_never_tried_again(hooks: Hooks) -> None:
    with a_receiver(lambda post: 410) as receiver:
        hooks.add(receiver.url)
        hooks.log(1)
        hooks.run(turns=3, after_s=400)
        webhook = hooks.registry.webhook("crm")
        assert (webhook.state, webhook.stopped_because) == (WebhookState.STOPPED, "it answered 410 Gone")
        assert len(receiver.posts) == 1


def test_after_five_days_of_failures_a_webhook_stops_and_starts_by_hand(hooks: Hooks) -> None:
    with a_receiver(lambda post: 500) as receiver:
        hooks.add(receiver.url)
        (id,) = hooks.log(1)
        hooks.run()
        hooks.run(turns=1, after_s=5 * 86_400)
        hooks.run()
        assert hooks.registry.webhook("crm").stopped_because == "it failed for five days"
        hooks.run(turns=2, after_s=600)
        receiver.answer = lambda post: 204
        assert receiver.ids == []
        webhooks.start(hooks.registry, "crm")
        hooks.run()
        assert receiver.ids == [id]


def test_a_replay_posts_again_with_the_same_ids(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(3)
        hooks.run()
        webhooks.replay(hooks.store, hooks.registry, "crm", at_ms(101))
        hooks.run()
        assert sorted(receiver.ids) == sorted([*ids, *ids[1:]])


def test_an_erased_persons_events_are_not_posted_and_leave_no_letter(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(5)
        receiver.answer = lambda post: 400 if post.id == ids[1] else 204
        hooks.run()
        hooks.log(1, first=9)
        for recipient in ("r-1", "r-9"):
            erase_person(hooks.store, hooks.registry, recipient, hooks.clock())
        receiver.answer = lambda post: 204
        hooks.run(turns=5, after_s=60)
        assert sorted(receiver.ids) == sorted(set(ids) - {ids[1]})
        assert hooks.registry.letters("crm") == []


def test_a_person_erased_while_an_event_is_posted_leaves_no_letter(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        ids = hooks.log(2)

        def answer(post: Post) -> int:
            if post.id == ids[1]:
                erase_person(hooks.store, hooks.registry, "r-1", hooks.clock())
                return 400
            return 204

        receiver.answer = answer
        hooks.run(turns=10, after_s=60)
        assert (receiver.ids, len(receiver.posts)) == ([ids[0]], 2)
        assert hooks.registry.letters("crm") == []


def test_each_post_is_a_span_without_anything_personal(hooks: Hooks) -> None:
    spans: list[Span] = []
    hooks.how["record"] = spans.append
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        hooks.log(1)
        hooks.run()
    assert [(span.name, span.facts) for span in spans] == [
        ("webhook post", {"mailpixel.consumer": "webhook crm", "mailpixel.outcome": "accepted"})
    ]


def test_a_batch_holds_events_in_the_order_of_the_log(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url, batch=100)
        ids = hooks.log(250)
        hooks.run()
        batches = sorted(
            receiver.accepted, key=lambda post: str(post.json["data"]["events"][0]["data"]["event_id"])
        )
        found = [event["data"]["event_id"] for post in batches for event in post.json["data"]["events"]]
        assert found == [id.removeprefix("msg_") for id in ids]
        assert [post.json["type"] for post in batches] == ["batch"] * 3


def test_what_was_posted_is_not_posted_again_after_a_rebuild_or_a_late_delivery(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url, events=["opened"])
        ids = hooks.log(3)
        hooks.run()
        hooks.registry.change_campaign(
            "spring",
            lambda campaign: replace(campaign, sent_at=None),
            "cli",
            SENT_AT,
        )
        hooks.store.append([a_delivery(1, recipient="r-1")])
        hooks.run()
        assert sorted(receiver.ids) == sorted(ids)


def test_another_process_waits_for_the_lease_and_for_the_pause(hooks: Hooks) -> None:
    with a_receiver(lambda post: 503) as receiver:
        hooks.add(receiver.url)
        hooks.log(1)
        one, two = hooks.consumer(), hooks.consumer(holder="two")
        one.catch_up(hooks.clock, LEASE_MS)
        two.catch_up(hooks.clock, LEASE_MS)
        assert len(receiver.posts) == 1
        hooks.clock.now_ms += 2_000
        receiver.answer = lambda post: 204
        assert two.catch_up(hooks.clock, LEASE_MS) is None, "the first still has the lease"
        one.leave()
        assert two.catch_up(hooks.clock, LEASE_MS) == 1
        two.leave()


def test_a_removed_webhook_leaves_no_lease_and_no_position(hooks: Hooks) -> None:
    with a_receiver() as receiver:
        hooks.add(receiver.url)
        hooks.log(1)
        hooks.run()
        webhooks.remove(hooks.store, hooks.registry, "crm")
        assert ("webhook crm" in hooks.registry.leases(), hooks.store.consumer("webhook crm").position()) == (
            False,
            "",
        )
