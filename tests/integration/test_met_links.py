"""Destinations that mails carry until a second recipient has them: what clicks on them count for, and what is kept."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.classify.judge import judge
from mailpixel.folder.key_file import new_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign, Event, Judged, Message
from mailpixel.projections.fold import Fold
from mailpixel.projections.message_state import Judge
from mailpixel.projections.rebuild import Rebuild, rebuild
from mailpixel.rewriting import Rewriter, rewriter_of
from mailpixel.store.projections import FOLD
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from tests.support.builders import SENT_AT_MS, a_campaign, a_click, a_link, a_message, at_ms, put
from tests.support.erasing import erase_person
from tests.support.judging import PERSON
from tests.support.stores import REGISTRIES, a_registry, a_store

URL = "https://shop.example/new"
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture(params=sorted(REGISTRIES))
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Registry]]:
    with a_store(request.param, tmp_path) as store, a_registry(request.param, tmp_path) as registry:
        yield store, registry


def judged(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    return judge(message, campaign, Rules())


def folded(store: Store, registry: Registry, judge: Judge = judged) -> dict[int, int]:
    """Human clicks by link number once everything is folded; -1 for destinations that are no link."""
    Fold(store, registry, judge, "test").catch_up(lambda: SENT_AT_MS, 60_000)
    assert not registry.any_stale()
    figures = store.figures("spring", SENT_AT_MS + 10**9, 0)
    return {
        link: measures["clicks.human"]
        for link, measures in figures.links.items()
        if link and measures.get("clicks.human")
    }


def mail(rewriter: Rewriter, number: int) -> None:
    html = f'<a href="https://shop.example/reset?t={number}">A</a><a href="{URL}">B</a>'
    assert rewriter.html(html, f"r-{number}").error is None


def test_a_click_that_carried_a_destination_counts_for_its_link_once_there_is_one(
    stores: tuple[Store, Registry],
) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions("https://t.example"))
    mail(rewriter, 1)
    own = a_click(6_000, None, destination="https://shop.example/reset?t=1", facts=PERSON)
    store.append([a_click(5_000, None, destination=URL, facts=PERSON), own])
    assert folded(store, registry) == {-1: 2}
    mail(rewriter, 2)
    assert folded(store, registry) == {-1: 1, 2: 1}
    store.append([a_click(9_000, 2, facts=PERSON)])
    assert folded(store, registry) == {-1: 1, 2: 2}


class Watching:
    """Judges, and remembers whom; `meanwhile` is done once, after a message was judged."""

    def __init__(self, meanwhile: Callable[[], object] | None = None) -> None:
        self.whom: list[str] = []
        self._meanwhile = meanwhile

    def __call__(self, message: Message, campaign: Campaign) -> tuple[Judged, ...]:
        told = judged(message, campaign)
        self.whom.append(message.recipient)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            meanwhile()
        return told


def carried(second: float, recipient: str, url: str = URL) -> Event:
    return a_click(second, None, destination=url, recipient=recipient, facts=PERSON)


def test_a_new_link_has_only_messages_judged_again_whose_clicks_carried_its_destination(
    stores: tuple[Store, Registry],
) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    others = [a_click(5_000, 1, recipient=f"r-{number}", facts=PERSON) for number in range(20)]
    store.append([*others, carried(5_000, "s-1"), carried(5_000, "s-2", "https://shop.example/own")])
    assert folded(store, registry) == {1: 20, -1: 2}
    watching = Watching()
    registry.register_links("spring", ["https://shop.example/template"])
    assert registry.stale() == []
    assert folded(store, registry, watching) == {1: 20, -1: 2}
    assert watching.whom == [], "no click carried it"
    registry.register_links("spring", [URL])
    assert folded(store, registry, watching) == {1: 20, -1: 1, 3: 1}
    assert watching.whom == ["s-1"]
    other = "https://shop.example/own"
    links = (*registry.campaign("spring").links[:2], a_link(3, other))
    put(
        registry, replace(registry.campaign("spring"), links=links), "cli", datetime(2026, 11, 25, tzinfo=UTC)
    )
    assert registry.stale() == []
    assert folded(store, registry, watching) == {1: 20, -1: 1, 3: 1}
    assert sorted(watching.whom[1:]) == ["s-1", "s-2"], "its former destination is no link's any more"


def test_a_link_that_comes_while_its_click_is_being_folded_counts_it(stores: tuple[Store, Registry]) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    registry.settled(registry.campaign("spring"))
    store.append([carried(5_000, "s-1"), carried(5_000, "s-2")])
    register = Watching(lambda: registry.register_links("spring", [URL]))
    assert folded(store, registry, register) == {2: 2}
    late = Watching(lambda: store.append([carried(9_000, "s-3")]))
    store.append([carried(8_000, "s-1")])
    assert folded(store, registry, late) == {2: 4}


def test_a_link_that_comes_while_its_campaign_is_rebuilt_counts_the_clicks_that_carried_it(
    stores: tuple[Store, Registry],
) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    store.append([carried(5_000, "s-1")])
    assert folded(store, registry) == {-1: 1}

    def meanwhile() -> None:
        """Another process registers the link; the fold counts by it what there is and what comes."""
        registry.register_links("spring", [URL])
        store.append([carried(6_000, "s-2")])
        assert folded(store, registry) == {2: 2}

    rebuild(store, registry, Watching(meanwhile), ["spring"], Rebuild(processes=1))
    assert folded(store, registry) == {2: 2}


def test_a_fold_that_was_overtaken_does_not_save_over_what_was_judged_by_the_new_link(
    stores: tuple[Store, Registry],
) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    registry.settled(registry.campaign("spring"))
    store.append([carried(5_000, "s-1")])

    def overtaken() -> None:
        registry.register_links("spring", [URL])
        registry.drop_lease(FOLD, "test")
        other = Fold(store, registry, judged, "other")
        other.catch_up(lambda: SENT_AT_MS, 60_000)
        assert registry.relinked() == []
        other.leave()

    assert folded(store, registry, Watching(overtaken)) == {2: 1}


def test_a_person_erased_while_clicks_are_counted_for_another_link_stays_erased(
    stores: tuple[Store, Registry],
) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=1))
    store.append([carried(5_000, "s-1"), carried(5_000, "s-2")])
    assert folded(store, registry) == {-1: 2}
    registry.register_links("spring", [URL])
    assert folded(store, registry, Watching(lambda: store.erase("s-1", at_ms(6_000)))) == {2: 1}
    assert [state.recipient for state in store.recipients("spring", "", 10)] == ["s-2"]


def test_a_corrected_link_takes_no_clicks_of_its_former_destination(stores: tuple[Store, Registry]) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=0))
    registry.register_links("spring", [URL])
    store.append([a_click(5_000, None, destination=URL, facts=PERSON)])
    assert folded(store, registry) == {1: 1}
    corrected = replace(registry.campaign("spring"), links=(a_link(1, "https://shop.example/other"),))
    put(registry, corrected, "cli", datetime(2026, 11, 25, tzinfo=UTC))
    assert folded(store, registry) == {-1: 1}


def test_one_link_followed_by_both_its_urls_is_no_burst() -> None:
    campaign = a_campaign(links=2)
    link = campaign.links[0]
    clicks = [
        a_click(5_000.0, 1, facts=PERSON),
        a_click(5_000.4, None, destination=link.url, facts=PERSON),
    ]
    told = judged(a_message(*clicks), campaign)
    assert [(each.event.link, each.verdict, each.dup) for each in told] == [
        (1, "human", False),
        (1, "human", True),
    ]
    assert told[1].event.destination == link.url


def test_a_destination_that_only_a_trap_has_springs_no_trap() -> None:
    campaign = replace(a_campaign(links=1), links=(a_link(1), a_link(2, URL, trap=True)))
    click = a_click(5_000, None, destination=URL, facts=PERSON)
    assert [each.event.link for each in judged(a_message(click), campaign)] == [None]


def test_a_thousand_personal_urls_leave_no_link(stores: tuple[Store, Registry]) -> None:
    _, registry = stores
    registry.add_campaign(a_campaign(links=0))
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions("https://t.example"))
    for number in range(1_000):
        mail(rewriter, number)
    assert [link.url for link in registry.campaign("spring").links] == [URL]


def test_what_is_kept_of_destinations_is_keyed_bounded_and_goes_when_anybody_is_erased(
    tmp_path: Path,
) -> None:
    path = tmp_path / "mailpixel.db"
    store, registry = open_sqlite(path)
    registry.add_campaign(a_campaign(links=0))
    rewriter = rewriter_of(registry, KEYRING, "spring", RewriteOptions("https://t.example"))
    for number in range(20):
        mail(rewriter, number)
    assert [len(row[2]) + len(row[3]) for row in seen(path)] == [8] * 20
    store.append([a_click(5_000, None, destination="https://shop.example/reset?t=1", recipient="r-1")])
    erase_person(store, registry, "r-1", at_ms(6_000))
    store.close()
    registry.close()
    assert seen(path) == []
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"reset?t=" not in held


def seen(path: Path) -> list[tuple[str, int, bytes, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select * from seen_urls").fetchall()
