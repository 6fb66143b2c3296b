"""Destinations that mails carry until a second recipient has them: what clicks on them count for, and what is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.classify.message import judge
from mailpixel.links.keyring import new_keyring
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.model import Campaign, Judged, Message
from mailpixel.projections.fold import Fold
from mailpixel.rewriting import Rewriter, rewriter_of
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.protocol import Registry, Store
from mailpixel.store.sqlite import open_sqlite
from tests.builders import SENT_AT_MS, a_campaign, a_click, a_link, a_message
from tests.judging import PERSON

URL = "https://shop.example/new"
KEYRING = new_keyring(datetime(2026, 11, 25, tzinfo=UTC))


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Registry]]:
    if request.param == "memory":
        yield MemoryStore(), MemoryRegistry()
        return
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    yield store, registry
    store.close()
    registry.close()


def judged(message: Message, campaign: Campaign) -> tuple[Judged, ...]:
    return judge(message, campaign, Rules())


def folded(store: Store, registry: Registry) -> dict[int, int]:
    """Human clicks by link number once everything is folded; -1 for destinations that are no link."""
    Fold(store, registry, judged, "test").catch_up(lambda: SENT_AT_MS, 60_000)
    counts = store.counts("spring", SENT_AT_MS + 10**9, 0)
    return {
        link: measures["clicks.human"]
        for link, measures in counts.links.items()
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
    carried = a_click(5_000, None, destination=URL, facts=PERSON)
    own = a_click(6_000, None, destination="https://shop.example/reset?t=1", facts=PERSON)
    store.append([carried, own])
    assert folded(store, registry) == {-1: 2}
    mail(rewriter, 2)
    assert registry.stale() == ["spring"]
    assert folded(store, registry) == {-1: 1, 2: 1}
    store.append([a_click(9_000, 2, facts=PERSON)])
    assert folded(store, registry) == {-1: 1, 2: 2}


def test_a_corrected_link_takes_no_clicks_of_its_former_destination(stores: tuple[Store, Registry]) -> None:
    store, registry = stores
    registry.add_campaign(a_campaign(links=0))
    registry.register_links("spring", [URL])
    store.append([a_click(5_000, None, destination=URL, facts=PERSON)])
    assert folded(store, registry) == {1: 1}
    corrected = replace(registry.campaign("spring"), links=(a_link(1, "https://shop.example/other"),))
    registry.update_campaign(corrected, "cli", datetime(2026, 11, 25, tzinfo=UTC))
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
    store.erase("r-1")
    store.close()
    registry.close()
    assert seen(path) == []
    held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"reset?t=" not in held


def seen(path: Path) -> list[tuple[str, int, bytes, bytes]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("select * from seen_urls").fetchall()
