"""What every registry must do, run on each of them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailpixel.errors import Conflict, InvalidInput, NotFound
from mailpixel.model import Campaign
from mailpixel.modes import FULL, OFF, Mode, Modes, Treatment, Untracked
from mailpixel.store.campaigns import MOST_MET_LINKS, LinkPlace, LinkRevision, Sighting
from mailpixel.store.keys import ApiKey, SigningKey
from mailpixel.store.leases import LeaseState
from mailpixel.store.privacy_choice import PrivacyChoice, StatedMode
from mailpixel.store.projections import FOLD
from mailpixel.store.registry import Registry
from mailpixel.times import to_ms
from tests.support.builders import SENT_AT, a_campaign, a_link, put
from tests.support.stores import REGISTRIES, a_registry

NOW = datetime(2026, 11, 25, 12, 30, 15, 678_000, tzinfo=UTC)


@pytest.fixture(params=sorted(REGISTRIES))
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Registry]:
    with a_registry(request.param, tmp_path) as made:
        yield made


def a_key(name: str = "reader", **fields: object) -> ApiKey:
    given: dict[str, object] = {"scope": "read", "digest": name.encode() * 4, "created_at": NOW}
    return ApiKey(name, **(given | fields))  # type: ignore[arg-type]


def test_an_added_campaign_reads_as_it_was(registry: Registry) -> None:
    campaigns = [
        a_campaign("autumn", links=0, sent_at=None),
        a_campaign("spring", sent=5, base_url="https://mail.example"),
        a_campaign("winter", sent_at=NOW, passthrough=("utm_source", "u")),
    ]
    for campaign in reversed(campaigns):
        registry.add_campaign(campaign)
    assert [registry.campaign(campaign.id) for campaign in campaigns] == campaigns
    assert registry.campaigns() == campaigns
    assert registry.campaigns("autumn", 1) == campaigns[1:2]


def test_an_outline_is_a_campaign_without_its_links(registry: Registry) -> None:
    registry.add_campaign(a_campaign(sent=5, base_url="https://mail.example", passthrough=("u",)))
    assert registry.outline("spring") == replace(registry.campaign("spring"), links=())
    with pytest.raises(NotFound, match="'autumn'"):
        registry.outline("autumn")


def test_links_are_in_order_of_number(registry: Registry) -> None:
    links = (a_link(3, trap=True), a_link(1), a_link(65535))
    registry.add_campaign(replace(a_campaign(), links=links))
    assert registry.campaign("spring").links == (links[1], links[0], links[2])


def test_a_moment_is_kept_to_the_millisecond(registry: Registry) -> None:
    registry.add_campaign(a_campaign(sent_at=NOW + timedelta(microseconds=321)))
    assert registry.campaign("spring").sent_at == NOW


def test_a_campaign_that_is_not_there_is_not_found(registry: Registry) -> None:
    with pytest.raises(NotFound, match="'spring'"):
        registry.campaign("spring")
    with pytest.raises(NotFound, match="'spring'"):
        put(registry, a_campaign(), "cli", NOW)


def test_a_taken_id_is_a_conflict(registry: Registry) -> None:
    registry.add_campaign(a_campaign())
    with pytest.raises(Conflict, match="'spring'"):
        registry.add_campaign(a_campaign(name="Another"))
    assert registry.campaign("spring") == a_campaign()


def test_a_corrected_link_keeps_its_number_and_its_former_destination(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=2))
    corrected = replace(a_campaign(), links=(a_link(1), a_link(2, "https://shop.example/right")))
    put(registry, corrected, "writer", NOW)
    again = replace(corrected, links=(a_link(1), a_link(2, "https://shop.example/righter")))
    put(registry, again, "cli", NOW + timedelta(hours=1))
    assert registry.campaign("spring") == again
    assert registry.link_revisions("spring") == [
        LinkRevision(2, "https://shop.example/p/2", NOW, "writer"),
        LinkRevision(2, "https://shop.example/right", NOW + timedelta(hours=1), "cli"),
    ]
    assert registry.link_revisions("autumn") == []


def test_a_link_taken_away_is_remembered(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=2))
    put(registry, a_campaign(links=1), "cli", NOW)
    assert registry.link_revisions("spring") == [LinkRevision(2, "https://shop.example/p/2", NOW, "cli")]


def test_a_destination_keeps_its_number_and_a_new_one_takes_the_next(registry: Registry) -> None:
    links = (a_link(1), a_link(2, "https://shop.example/hidden", trap=True), a_link(5))
    registry.add_campaign(replace(a_campaign(), links=links))
    registry.settled(registry.campaign("spring"))
    revision = registry.news(0).revision
    urls = [
        "https://shop.example/new",
        "https://shop.example/p/5",
        "https://shop.example/hidden",
        links[0].url,
    ]
    numbers = registry.register_links("spring", [*urls, urls[0]])
    assert numbers == dict(zip(urls, [6, 5, 7, 1], strict=True))
    added = (a_link(6, "https://shop.example/new"), a_link(7, "https://shop.example/hidden"))
    assert registry.campaign("spring").links == (*links, *added)
    assert [campaign.id for campaign in registry.news(revision).campaigns] == ["spring"]
    assert (registry.stale(), registry.relinked()) == ([], ["spring"]), "only clicks that carried one matter"


def test_the_places_of_a_destination_have_a_number_each_and_keep_it(registry: Registry) -> None:
    registry.add_campaign(replace(a_campaign(), links=(a_link(1), a_link(4, "https://shop.example/new"))))
    new, known = "https://shop.example/new", a_link(1).url
    places = [LinkPlace(new), LinkPlace(known), LinkPlace(new, 2), LinkPlace(new, 3), LinkPlace(known, 2)]
    assert registry.register_places("spring", places) == [4, 1, 5, 6, 7]
    registry.settled(registry.campaign("spring"))
    revision = registry.news(0).revision
    assert registry.register_places("spring", places) == [4, 1, 5, 6, 7], "the same places, the same numbers"
    assert registry.register_links("spring", [new, known]) == {new: 4, known: 1}, "without places: the first"
    assert registry.register_places("spring", places[3:]) == [6, 7]
    assert (registry.news(revision).revision, registry.relinked()) == (revision, [])
    assert [(link.number, link.url) for link in registry.campaign("spring").links] == [
        (1, known), (4, new), (5, new), (6, new), (7, known),
    ]  # fmt: skip


def test_a_corrected_place_leaves_the_numbers_of_the_others(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    places = [LinkPlace("https://shop.example/", nth) for nth in (1, 2, 3)]
    assert registry.register_places("spring", places) == [1, 2, 3]
    links = [
        link if link.number != 2 else a_link(2, "https://shop.example/hero")
        for link in registry.campaign("spring").links
    ]
    put(registry, replace(a_campaign(), links=tuple(links)), "cli", NOW)
    corrected = [places[0], LinkPlace("https://shop.example/hero"), places[1]]
    assert registry.register_places("spring", corrected) == [1, 2, 3], "the template corrected likewise"


def test_a_label_is_kept_until_another_replaces_it(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=1))
    url = a_link(1).url
    registry.settled(registry.campaign("spring"))
    registry.register_places(
        "spring", [LinkPlace(url, 1, "Our shop"), LinkPlace(url, 1, "Logo"), LinkPlace(url, 2, "Buy")]
    )
    labels = [(link.number, link.label) for link in registry.campaign("spring").links]
    assert labels == [(1, "Our shop"), (2, "Buy")]
    registry.settled(registry.campaign("spring"))
    revision = registry.news(0).revision
    registry.register_places("spring", [LinkPlace(url), LinkPlace(url, 2, "Buy now")])
    assert [link.label for link in registry.campaign("spring").links] == ["Our shop", "Buy now"]
    assert [campaign.id for campaign in registry.news(revision).campaigns] == ["spring"]
    assert registry.relinked() == [], "a label moves no click"
    put(registry, replace(registry.campaign("spring"), name="Spring again"), "cli", NOW)
    assert [link.label for link in registry.campaign("spring").links] == ["Our shop", "Buy now"]


def sighting(url: str, reader: bytes = b"r1", slot: int = 7) -> Sighting:
    return Sighting(url, slot, url.encode()[-6:], reader)


def test_a_destination_becomes_a_link_with_the_mail_of_a_second_recipient(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=1))
    registry.settled(registry.campaign("spring"))
    known = a_campaign(links=1).links[0].url
    both = [sighting("https://shop.example/new"), sighting(known, slot=8)]
    assert registry.meet_links("spring", both) == {known: 1}
    assert registry.meet_links("spring", both) == {known: 1}, "the same recipient's mail, sent again"
    assert (registry.campaign("spring").links, registry.stale()) == (a_campaign(links=1).links, [])
    revision = registry.news(0).revision
    second = sighting("https://shop.example/new", b"r2")
    assert registry.meet_links("spring", [second]) == {"https://shop.example/new": 2}
    assert registry.meet_links("spring", both) == {"https://shop.example/new": 2, known: 1}
    assert [campaign.id for campaign in registry.news(revision).campaigns] == ["spring"]
    assert (registry.stale(), registry.relinked()) == ([], ["spring"])


def test_what_is_remembered_of_destinations_is_bounded_and_the_latest_counts(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    for number in (1, 2):
        assert registry.meet_links("spring", [sighting(f"https://shop.example/{number}")]) == {}
    assert registry.meet_links("spring", [sighting("https://shop.example/1", b"r2")]) == {}
    assert registry.meet_links("spring", [sighting("https://shop.example/1", b"r3")]) == {
        "https://shop.example/1": 1
    }


def test_no_more_destinations_than_the_bound_become_links_by_being_met(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    urls = [f"https://shop.example/{number:06}" for number in range(MOST_MET_LINKS + 5)]
    for reader in (b"r1", b"r2", b"r3"):
        numbers = registry.meet_links(
            "spring", [sighting(url, reader, slot) for slot, url in enumerate(urls)]
        )
    assert len(numbers) == len(registry.campaign("spring").links) == MOST_MET_LINKS
    registry.register_links("spring", urls)
    assert len(registry.campaign("spring").links) == len(urls), "the sender's own are not bounded by it"


def test_what_is_met_in_one_campaign_is_nothing_to_another(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    registry.add_campaign(a_campaign("autumn", links=0))
    registry.meet_links("spring", [sighting("https://shop.example/new")])
    assert registry.meet_links("autumn", [sighting("https://shop.example/new", b"r2")]) == {}
    with pytest.raises(NotFound, match="'winter'"):
        registry.meet_links("winter", [])


def test_a_trap_is_never_met(registry: Registry) -> None:
    registry.add_campaign(replace(a_campaign(), links=(a_link(1, "https://shop.example/t", trap=True),)))
    registry.meet_links("spring", [sighting("https://shop.example/t")])
    met = registry.meet_links("spring", [sighting("https://shop.example/t", b"r2")])
    assert met == {"https://shop.example/t": 2}


def test_a_deleted_campaign_leaves_nothing_of_what_was_met(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0, sent=None, sent_at=None))
    registry.meet_links("spring", [sighting("https://shop.example/new")])
    registry.delete_campaign("spring")
    registry.add_campaign(a_campaign(links=0))
    assert registry.meet_links("spring", [sighting("https://shop.example/new", b"r2")]) == {}


def test_the_number_of_a_link_taken_away_is_not_given_again(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=3))
    put(registry, a_campaign(links=2), "cli", NOW)
    assert registry.register_links("spring", ["https://shop.example/new"]) == {"https://shop.example/new": 4}


def test_registering_known_destinations_is_no_news(registry: Registry) -> None:
    registry.add_campaign(a_campaign())
    revision = registry.news(0).revision
    assert registry.register_links("spring", ["https://shop.example/p/2"]) == {"https://shop.example/p/2": 2}
    assert registry.register_links("spring", []) == {}
    assert registry.news(revision).revision == revision


def test_links_past_the_last_number_are_refused_and_none_is_added(registry: Registry) -> None:
    last = replace(a_campaign(), links=(a_link(65534),))
    registry.add_campaign(last)
    with pytest.raises(InvalidInput, match="more than 65,535"):
        registry.register_links("spring", ["https://a.example/", "https://b.example/"])
    assert registry.campaign("spring") == last
    with pytest.raises(NotFound, match="'autumn'"):
        registry.register_links("autumn", [])


def test_senders_at_once_never_share_a_number(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))
    lists = [[f"https://shop.example/{n % 7}", f"https://shop.example/{n}"] for n in range(40)]
    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(lambda urls: registry.register_links("spring", urls), lists))
    numbers = {link.url: link.number for link in registry.campaign("spring").links}
    assert sorted(numbers.values()) == list(range(1, 41))
    assert told == [{url: numbers[url] for url in urls} for urls in lists]


def test_a_change_loses_no_link_that_a_sender_registers_meanwhile(registry: Registry) -> None:
    registry.add_campaign(a_campaign(links=0))

    def change(number: int) -> None:
        registry.change_campaign(
            "spring", lambda campaign: replace(campaign, name=f"Name {number}"), "cli", NOW
        )

    def register(number: int) -> None:
        registry.register_links("spring", [f"https://shop.example/{number}"])

    with ThreadPoolExecutor(8) as pool:
        for number in range(40):
            pool.submit(change, number)
            pool.submit(register, number)
    assert [link.number for link in registry.campaign("spring").links] == list(range(1, 41))
    assert registry.link_revisions("spring") == []


def test_a_change_that_fails_changes_nothing(registry: Registry) -> None:
    registry.add_campaign(a_campaign())

    def change(campaign: Campaign) -> Campaign:
        raise InvalidInput("name", "is not wanted")

    with pytest.raises(InvalidInput, match="is not wanted"):
        registry.change_campaign("spring", change, "cli", NOW)
    assert registry.campaign("spring") == a_campaign()
    with pytest.raises(NotFound, match="'autumn'"):
        registry.change_campaign("autumn", change, "cli", NOW)
    changed = registry.change_campaign("spring", lambda former: replace(former, sent=9), "cli", NOW)
    assert changed == registry.campaign("spring") == a_campaign(sent=9)


@pytest.mark.parametrize(
    ("changed", "stale", "relinked"),
    [
        (a_campaign(name="Renamed", sent=7, base_url="https://mail.example", passthrough=("u",)), [], []),
        (replace(a_campaign(), links=(a_link(3), a_link(1), a_link(2))), [], []),
        (
            replace(a_campaign(), links=tuple(a_link(n, "https://other.example/") for n in (1, 2, 3))),
            [],
            ["spring"],
        ),
        (a_campaign(sent_at=SENT_AT + timedelta(hours=1)), ["spring"], []),
        (a_campaign(sent_at=None), ["spring"], []),
        (a_campaign(links=4), [], ["spring"]),
        (a_campaign(links=2), [], ["spring"]),
        (
            replace(a_campaign(), links=(a_link(1), a_link(2), a_link(3, trap=True))),
            ["spring"],
            ["spring"],
        ),
        (
            replace(a_campaign(), links=(*a_campaign().links, a_link(4, "https://shop.example/p/1"))),
            [],
            [],
        ),
    ],
)
def test_a_campaign_is_stale_when_any_event_may_be_judged_otherwise_and_relinked_when_few_may(
    registry: Registry, changed: Campaign, stale: list[str], relinked: list[str]
) -> None:
    registry.add_campaign(a_campaign())
    registry.settled(registry.campaign("spring"))
    put(registry, changed, "cli", NOW)
    assert (registry.stale(), registry.relinked()) == (stale, relinked)
    in_order = tuple(sorted(changed.links, key=lambda link: link.number))
    assert registry.campaign("spring") == replace(changed, links=in_order)


def test_a_new_campaign_is_stale_until_its_events_were_judged_by_it(registry: Registry) -> None:
    registry.add_campaign(a_campaign())
    assert registry.stale() == ["spring"]
    registry.settled(registry.campaign("spring"))
    assert registry.stale() == []


def test_a_campaign_changed_while_it_is_judged_again_stays_stale(registry: Registry) -> None:
    registry.add_campaign(a_campaign())
    judged_by = registry.campaign("spring")
    put(registry, a_campaign(sent_at=None), "cli", NOW)
    registry.settled(judged_by)
    assert registry.stale() == ["spring"]
    put(registry, a_campaign(name="Renamed", sent_at=None), "cli", NOW)
    assert registry.stale() == ["spring"]


def test_a_link_that_comes_while_a_campaign_is_judged_again_keeps_it_relinked_and_no_more(
    registry: Registry,
) -> None:
    registry.add_campaign(a_campaign())
    judged_by = registry.campaign("spring")
    registry.register_links("spring", ["https://shop.example/new"])
    registry.links_settled(registry.campaign("spring"))
    assert (registry.stale(), registry.relinked()) == (["spring"], [])
    registry.settled(judged_by)
    assert (registry.stale(), registry.relinked()) == ([], ["spring"]), (
        "the states are without the link again"
    )
    assert registry.any_stale()
    registry.links_settled(judged_by)
    assert registry.relinked() == ["spring"]
    registry.links_settled(registry.campaign("spring"))
    assert not registry.any_stale()
    registry.links_settled(a_campaign("gone"))
    registry.settled(a_campaign("gone"))
    assert not registry.any_stale()


def test_news_is_what_changed_since_a_revision(registry: Registry) -> None:
    at_first = registry.news(0)
    assert (at_first.revision, [*at_first.campaigns, *at_first.keys]) == (0, [])
    registry.add_campaign(a_campaign("autumn"))
    registry.add_campaign(a_campaign("spring"))
    registry.add_key(a_key())
    everything = registry.news(0)
    assert (list(everything.campaigns), list(everything.keys)) == (
        [a_campaign("autumn"), a_campaign("spring")],
        [a_key()],
    )
    put(registry, a_campaign("autumn", name="Renamed"), "cli", NOW)
    news = registry.news(everything.revision)
    assert (list(news.campaigns), list(news.keys)) == ([a_campaign("autumn", name="Renamed")], [])
    assert news.revision > everything.revision
    nothing = registry.news(news.revision)
    assert (nothing.revision, [*nothing.campaigns, *nothing.keys]) == (news.revision, [])


def test_an_archived_campaign_is_left_out_of_lists_that_ask_for_that_and_stays_as_it_is(
    registry: Registry,
) -> None:
    spring, autumn = a_campaign("spring"), a_campaign("autumn")
    registry.add_campaign(spring)
    registry.add_campaign(autumn)
    registry.settled(registry.campaign("spring"))
    archived = registry.change_campaign(
        "spring", lambda campaign: replace(campaign, archived=True), "cli", NOW
    )
    assert archived == replace(spring, archived=True)
    assert registry.campaigns(archived=False) == [autumn]
    assert registry.campaigns(archived=True) == [archived]
    assert registry.campaigns() == [autumn, archived]
    assert registry.campaigns("autumn", 5, archived=False) == []
    assert registry.stale() == ["autumn"], "hiding a campaign judges nothing again"


def test_a_campaign_that_was_never_sent_is_deleted_with_its_links_and_that_is_news(
    registry: Registry,
) -> None:
    registry.add_campaign(a_campaign(links=2, sent_at=None))
    put(registry, a_campaign(links=1, sent_at=None), "cli", NOW)
    before = registry.news(0).revision
    registry.delete_campaign("spring")
    assert (registry.campaigns(), registry.stale(), registry.link_revisions("spring")) == ([], [], [])
    news = registry.news(before)
    assert (news.campaigns, news.deleted) == ([], ["spring"])
    with pytest.raises(NotFound, match="'spring'"):
        registry.delete_campaign("spring")


def test_the_id_of_a_deleted_campaign_may_be_used_again(registry: Registry) -> None:
    registry.add_campaign(a_campaign(sent_at=None))
    registry.delete_campaign("spring")
    registry.add_campaign(a_campaign(links=0))
    news = registry.news(0)
    assert ([campaign.links for campaign in news.campaigns], list(news.deleted)) == ([()], [])


@pytest.mark.parametrize(
    ("campaign", "signs"),
    [
        (a_campaign(sent_at=None, sent=5), "the number of messages sent is set"),
        (a_campaign(), "the time of sending is set"),
        (a_campaign(sent=5), "the number of messages sent is set, and the time of sending is set"),
    ],
)
def test_a_campaign_that_may_have_been_sent_is_kept(
    registry: Registry, campaign: Campaign, signs: str
) -> None:
    registry.add_campaign(campaign)
    with pytest.raises(Conflict) as refused:
        registry.delete_campaign("spring")
    assert str(refused.value) == f"campaign 'spring' may have been sent: {signs}; archive it instead"
    assert registry.campaign("spring") == campaign


def test_a_demonstration_is_deleted_although_it_has_a_time_of_sending_and_signed_links(
    registry: Registry,
) -> None:
    registry.add_campaign(a_campaign(sent=5, demonstration=True))
    registry.note_signed("spring")
    assert registry.campaign("spring").demonstration
    registry.delete_campaign("spring")
    assert registry.campaigns() == []


def test_a_campaign_whose_links_were_signed_is_kept_and_that_is_no_news(registry: Registry) -> None:
    registry.add_campaign(a_campaign(sent_at=None))
    revision = registry.news(0).revision
    registry.note_signed("spring")
    registry.note_signed("spring")
    assert registry.news(0).revision == revision
    with pytest.raises(Conflict, match="links were signed for it; archive it instead"):
        registry.delete_campaign("spring")
    with pytest.raises(NotFound, match="'autumn'"):
        registry.note_signed("autumn")


def test_keys_are_added_listed_and_revoked(registry: Registry) -> None:
    registry.add_key(a_key("writer", scope="write"))
    registry.add_key(a_key("reader"))
    before = registry.news(0).revision
    registry.revoke_key("writer", NOW + timedelta(days=1))
    registry.revoke_key("writer", NOW + timedelta(days=2))
    revoked = a_key("writer", scope="write", revoked_at=NOW + timedelta(days=1))
    assert registry.keys() == [a_key("reader"), revoked]
    assert list(registry.news(before).keys) == [revoked]
    with pytest.raises(Conflict, match="'writer'"):
        registry.add_key(a_key("writer"))
    with pytest.raises(NotFound, match="'nobody'"):
        registry.revoke_key("nobody", NOW)


def test_opting_out_twice_is_no_news(registry: Registry) -> None:
    registry.opt_out("r-1", NOW)
    revision = registry.news(0).revision
    registry.opt_out("r-1", NOW + timedelta(days=1))
    assert registry.news(0).revision == revision


def test_who_opted_out_is_known_by_id(registry: Registry) -> None:
    registry.opt_out("r-1", NOW)
    assert [registry.is_opted_out(id) for id in ("r-1", "r-2")] == [True, False]


def test_the_lease_is_held_by_one(registry: Registry) -> None:
    assert registry.lease(FOLD) == LeaseState()
    assert registry.take_lease(FOLD, "one", 1_000, 500)
    assert not registry.take_lease(FOLD, "two", 1_499, 500)
    assert registry.take_lease(FOLD, "one", 1_400, 500)
    assert registry.lease(FOLD) == LeaseState("one", 1_900, 0)
    assert registry.take_lease(FOLD, "two", 1_900, 500)
    assert not registry.take_lease(FOLD, "one", 2_000, 500)
    registry.drop_lease(FOLD, "one")
    assert not registry.take_lease(FOLD, "one", 2_000, 500)
    registry.drop_lease(FOLD, "two")
    assert registry.take_lease(FOLD, "one", 2_000, 500)


def test_only_the_holder_says_that_nothing_is_left_to_fold(registry: Registry) -> None:
    registry.take_lease(FOLD, "one", 1_000, 500)
    registry.caught_up(FOLD, "two", 1_100)
    assert registry.lease(FOLD).caught_up_at_ms == 0
    registry.caught_up(FOLD, "one", 1_200)
    assert registry.lease(FOLD) == LeaseState("one", 1_500, 1_200)


def test_signing_keys_are_remembered_in_order_of_id_and_replaced_by_id(registry: Registry) -> None:
    assert registry.signing_keys() == []
    first, second = SigningKey(1, b"1" * 8), SigningKey(2, b"2" * 8)
    registry.remember_keys([second])
    registry.remember_keys([first])
    assert registry.signing_keys() == [first, second]
    removed = SigningKey(2, b"2" * 8, removed=True)
    registry.remember_keys([removed])
    assert registry.signing_keys() == [first, removed]
    registry.check_in_place()


def test_a_lease_further_ahead_than_it_can_be_is_free(registry: Registry) -> None:
    ten_years_ms = 10 * 365 * 86_400_000
    assert registry.take_lease(FOLD, "ahead", ten_years_ms, 500)
    assert registry.take_lease(FOLD, "one", 1_000, 500)
    assert registry.lease(FOLD) == LeaseState("one", 1_500, 0)


def test_a_moment_noted_by_a_clock_that_was_ahead_gives_way_to_an_earlier_one(registry: Registry) -> None:
    registry.take_lease(FOLD, "one", 1_000, 500)
    registry.caught_up(FOLD, "one", 9_000_000)
    registry.caught_up(FOLD, "one", 1_100)
    assert registry.lease(FOLD).caught_up_at_ms == 1_100


def test_several_campaigns_are_settled_at_once_but_for_those_that_changed(registry: Registry) -> None:
    assert not registry.any_stale()
    for name in ("autumn", "spring", "winter"):
        registry.add_campaign(a_campaign(name))
    read = registry.campaigns()
    put(registry, a_campaign("spring", sent_at=None), "cli", NOW)
    assert registry.any_stale()
    registry.settled(*read)
    assert registry.stale() == ["spring"]
    registry.settled(registry.campaign("spring"))
    assert not registry.any_stale()


def test_rules_are_numbered_in_the_order_in_which_they_come_into_force(registry: Registry) -> None:
    assert [registry.edition_number(rules) for rules in ("1-a", "1-a", "2-b", "2-b", "1-a", "3-c")] == [
        1,
        1,
        2,
        2,
        3,
        4,
    ]


def test_the_mode_of_a_campaign_is_kept_and_changed(registry: Registry) -> None:
    mode = Modes(Mode.AGGREGATE, Mode.INDIVIDUAL)
    registry.add_campaign(replace(a_campaign(), mode=mode))
    assert registry.campaign("spring").mode == registry.outline("spring").mode == mode
    put(registry, replace(a_campaign(), mode=OFF), "cli", NOW)
    assert registry.campaign("spring") == replace(a_campaign(), mode=OFF, mode_since=NOW)
    put(registry, a_campaign(), "cli", NOW)
    assert registry.campaign("spring").mode is None


def test_whether_clicks_are_carried_is_kept_and_changed_and_judges_nothing_again(registry: Registry) -> None:
    registry.add_campaign(replace(a_campaign(), carry=True))
    registry.settled(registry.campaign("spring"))
    assert registry.campaign("spring").carry
    assert registry.outline("spring").carry
    put(registry, a_campaign(), "cli", NOW)
    assert registry.campaign("spring") == a_campaign()
    assert registry.stale() == []


def test_the_modes_that_were_set_last_are_remembered(registry: Registry) -> None:
    assert registry.privacy_choice() == PrivacyChoice()
    registry.choose_privacy("aggregate", "", 1)
    assert registry.privacy_choice() == PrivacyChoice(mode="aggregate", mode_since_ms=1)
    registry.choose_privacy("", "off", 2)
    registry.choose_privacy("full", "", 3)
    registry.choose_privacy("full", "off", 4)
    chosen = PrivacyChoice(mode="full", unknown="off", mode_since_ms=3, unknown_since_ms=2)
    assert registry.privacy_choice() == chosen


def test_a_campaign_says_since_when_it_has_its_mode(registry: Registry) -> None:
    def now(day: int) -> datetime:
        return datetime(2026, 11, day, tzinfo=UTC)

    def change(id: str, day: int, **facts: Any) -> Campaign:
        return registry.change_campaign(id, lambda campaign: replace(campaign, **facts), "cli", now(day))

    registry.add_campaign(a_campaign())
    registry.add_campaign(replace(a_campaign(), id="other", mode=FULL, mode_since=now(9)))
    registry.add_campaign(replace(a_campaign(), id="older", mode=OFF))
    assert registry.campaign("other").mode_since == registry.outline("other").mode_since == now(9)
    assert change("spring", 1, name="Spring").mode_since is None
    assert change("spring", 2, mode=FULL).mode_since == now(2)
    assert change("spring", 3, name="Again").mode_since == now(2)
    assert list(registry.stated_modes()) == [
        StatedMode("full", 2, to_ms(now(2))),
        StatedMode("off", 1, None),
    ]
    assert change("spring", 4, mode=OFF).mode_since == now(4)
    assert change("other", 5, mode=None).mode_since is None
    assert list(registry.stated_modes()) == [StatedMode("off", 2, None)]


def test_signed_recipients_are_counted_by_run(registry: Registry) -> None:
    registry.add_campaign(replace(a_campaign(), sent=None, sent_at=None))
    named, refused = Treatment(OFF), Treatment(OFF, Untracked.REFUSED, Untracked.REFUSED)
    registry.note_signings("spring", "a", {named: 2, refused: 1}, replace=False)
    registry.note_signings("spring", "a", {named: 3}, replace=False)
    registry.note_signings("spring", "b", {refused: 9}, replace=True)
    registry.note_signings("spring", "b", {named: 7}, replace=True)
    registry.note_signings("nowhere", "b", {named: 7}, replace=True)
    counted = {(each.run, each.treatment): each.number for each in registry.signings("spring")}
    assert counted == {("a", named): 5, ("a", refused): 1, ("b", named): 7}
    assert registry.signings_of_all() == {named: 12, refused: 1}
    registry.delete_campaign("spring")
    assert list(registry.signings("spring")) == list(registry.signings("nowhere")) == []
