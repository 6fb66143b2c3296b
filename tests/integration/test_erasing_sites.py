"""Erasing a person takes their visits and orders, on every store: those by identities, and those a server names."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mailpixel.classify import Rules
from mailpixel.erasing import SiteCases
from mailpixel.folder.suppressed import FILE_NAME
from mailpixel.model import Event
from mailpixel.privacy.erasure import Erasing, erase_people
from mailpixel.privacy.replayed_erasures import replay_erasures
from mailpixel.reading.orders import OrderReader
from mailpixel.report.person import lines_of, person_row
from mailpixel.report.person_sites import SiteEventRow
from mailpixel.settings import Settings
from mailpixel.site_model import read_claim
from mailpixel.store.registry import Registry
from mailpixel.store.sqlite import open_sqlite
from mailpixel.store.store import Store
from tests.support.builders import a_campaign, an_open, at_ms
from tests.support.erasing import an_erasing
from tests.support.folding import catch_up
from tests.support.shop import A_SITE, fold_sites
from tests.support.site_cases import AGREED, SITE, a_purchase, a_refund, a_step, bought
from tests.support.stores import STORES, a_registry, a_store
from tests.unit.test_site_joins import carried, landed

PERSON = "person-4711-of-the-shop"
MINE, FRIEND, STRANGER = "visitor-of-mine-000001", "visitor-friend-0000001", "visitor-stranger-00001"
MY_ORDER, TOLD_ORDER = "order-of-mine-0001", "order-told-by-server-01"
NOW_MS = at_ms(1_000_000)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Every store in turn."""
    with a_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A registry with a campaign and a site."""
    with a_registry("memory", tmp_path) as registry:
        registry.add_campaign(a_campaign())
        registry.add_site(A_SITE)
        yield registry


def of_everybody() -> Sequence[Event]:
    """A person's visit with its orders, a friend's to whom the mail was forwarded, a stranger's, and odd ids."""
    click = carried(100, PERSON)
    return [
        an_open(90, recipient=PERSON),
        an_open(91, recipient="r-2"),
        click,
        landed(click, 102, MINE),
        *bought(200, MY_ORDER, MINE, consent=AGREED),
        a_refund(9_000, MY_ORDER, "R-1"),
        a_purchase(300, TOLD_ORDER, recipient=PERSON, consent=AGREED),
        landed(click, 400, FRIEND),
        *bought(500, "B-1", FRIEND, consent=AGREED),
        a_step(600, visitor=STRANGER),
        a_purchase(700, PERSON),
        a_step(800, visitor=PERSON),
    ]


def erasing_of(store: Store, registry: Registry, folder: Path) -> Erasing:
    """What erasing works with. It folds what waits first."""
    settings = Settings(data=folder)
    return replace(an_erasing(store, registry, NOW_MS, folder), cases=SiteCases(settings, store, registry))


def left(store: Store) -> tuple[list[str], list[str], list[str]]:
    """Recipients, visitors and orders that the log still has."""
    people = [message.recipient for message in store.messages("spring")]
    visits = [case.recipient for case in store.messages(A_SITE.visits)]
    return people, visits, [case.recipient for case in store.messages(A_SITE.orders)]


STAYS = (["r-2"], sorted([PERSON, FRIEND, STRANGER]), sorted(["B-1", PERSON]))
"""What stays when the person was erased. A visitor and an order whose keys look like the person are none of theirs."""


@pytest.mark.parametrize("folded", [True, False])
def test_visits_and_orders_of_a_person_go_and_those_of_others_stay(
    store: Store, registry: Registry, tmp_path: Path, folded: bool
) -> None:
    store.append(of_everybody())
    if folded:
        catch_up(store)
        fold_sites(store)
    outcome = erase_people(erasing_of(store, registry, tmp_path), [PERSON])
    assert outcome.problem == ""
    record = outcome.record
    assert (record.events, record.visits, record.orders) == (7, 1, 2)
    assert left(store) == STAYS
    fold_sites(store)
    assert [visit.visitor for visit in store.visits(SITE)] == [FRIEND, STRANGER, PERSON]
    assert [order.id for order in store.orders(SITE)] == ["B-1", PERSON]
    friends = store.uses_by([(SITE, FRIEND)])
    assert store.clicks_by_id([use.click for use in friends]) == {}
    assert (store.uses_by([(SITE, MINE)]), store.orders_of_recipient(PERSON)) == ([], [])


@pytest.mark.parametrize("folded", [True, False])
def test_nothing_of_a_visitor_stays_in_an_order_that_others_reported_too(
    store: Store, registry: Registry, tmp_path: Path, folded: bool
) -> None:
    """The same person on two networks, or a stranger: the report names the visitor, so it goes with the order."""
    again = [a_step(4_000, visitor=STRANGER), *bought(4_001, MY_ORDER, STRANGER)]
    store.append([*of_everybody(), *again, *bought(4_100, "B-1", MINE, consent=AGREED)])
    if folded:
        catch_up(store)
        fold_sites(store)
    outcome = erase_people(erasing_of(store, registry, tmp_path), [PERSON])
    assert outcome.problem == ""
    assert left(store) == (["r-2"], sorted([PERSON, FRIEND, STRANGER]), [PERSON])


@pytest.mark.parametrize("folded", [True, False])
def test_an_order_that_the_shop_gives_to_somebody_else_loses_only_what_the_person_reported(
    store: Store, registry: Registry, tmp_path: Path, folded: bool
) -> None:
    """Anybody can send the id of an order, and the shop's server knows better whose it is."""
    others = a_purchase(350, "O-OTHER", recipient="r-2", consent=AGREED)
    store.append([*of_everybody(), others, *bought(4_000, "O-OTHER", MINE, value=1, consent=AGREED)])
    store.append([*bought(4_100, "O-OTHER", STRANGER)])
    if folded:
        catch_up(store)
        fold_sites(store)
    person = person_row(store, registry, {"spring": a_campaign()}, Rules(), PERSON)
    assert [row.body["value"] for row in person.orders if row.case == "O-OTHER"] == ["0.01"]
    outcome = erase_people(erasing_of(store, registry, tmp_path), [PERSON])
    assert (outcome.problem, outcome.record.events, outcome.record.orders) == ("", 9, 2)
    assert left(store)[2] == sorted(["B-1", PERSON, "O-OTHER"])
    fold_sites(store)
    order = store.order(SITE, "O-OTHER")
    assert order is not None
    assert (order.recipient, order.visitor, order.value, order.problems) == ("r-2", STRANGER, 2_000, ())
    assert store.orders_of_visit(SITE, MINE) == []
    assert others in store.message(A_SITE.orders, "O-OTHER").events


def test_without_waiting_what_is_not_folded_goes_by_what_its_events_say(
    store: Store, registry: Registry
) -> None:
    store.append(of_everybody())
    cases = SiteCases(Settings(), store, registry).of([PERSON]).whole
    mine = {(A_SITE.visits, MINE), (A_SITE.orders, MY_ORDER), (A_SITE.orders, TOLD_ORDER)}
    assert mine <= set(cases)
    assert not {(A_SITE.visits, STRANGER), (A_SITE.visits, PERSON), (A_SITE.orders, PERSON)} & set(cases)


def test_a_visit_whose_click_is_not_judged_yet_goes_too(store: Store, registry: Registry) -> None:
    store.append(of_everybody())
    fold_sites(store)
    cases = SiteCases(Settings(), store, registry).of([PERSON]).whole
    assert (A_SITE.visits, MINE) in cases


def test_somebody_of_whom_a_shop_told_alone_is_erased_and_erased_again_in_a_restored_database(
    store: Store, registry: Registry, tmp_path: Path
) -> None:
    store.append([a_purchase(300, TOLD_ORDER, recipient=PERSON, consent=AGREED)])
    fold_sites(store)
    erasing = erasing_of(store, registry, tmp_path)
    outcome = erase_people(erasing, [PERSON])
    assert (outcome.record.orders, left(store)) == (1, ([], [], []))
    assert (tmp_path / FILE_NAME).exists()


def test_replaying_erasures_reaches_orders_that_name_nobody_else(registry: Registry, tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    with closing(store), closing(registry):
        registry.add_site(A_SITE)
        erasing = erasing_of(store, registry, tmp_path)
        erase_people(erasing, [PERSON])
        secret = store.person_secret()
    (tmp_path / "mailpixel.db").rename(tmp_path / "with-secret.db")
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    with closing(store), closing(registry):
        with store._database.writing() as connection:
            connection.execute("update person_secret set secret = ?", (secret,))
        registry.add_site(A_SITE)
        store.append([a_purchase(300, TOLD_ORDER, recipient=PERSON, consent=AGREED)])
        fold_sites(store)
        replayed = replay_erasures(erasing_of(store, registry, tmp_path))
        assert replayed.outcome is not None
        assert (replayed.outcome.record.orders, left(store)) == (1, ([], [], []))


def test_no_byte_of_visits_and_orders_is_left_in_any_file(tmp_path: Path) -> None:
    store, registry = open_sqlite(tmp_path / "mailpixel.db")
    with closing(store), closing(registry):
        registry.add_campaign(a_campaign())
        registry.add_site(A_SITE)
        page = "https://shop.example/wishlist-of-mine"
        for number in range(40):
            others = [a_step(number, visitor=f"visitor-{number:014}") for _ in range(20)]
            store.append([*others, a_step(150 + 30 * number, visitor=MINE, url=page, consent=AGREED)])
            fold_sites(store)
        store.append(
            [event for event in of_everybody() if event.recipient != PERSON or event.campaign == "spring"]
        )
        outcome = erase_people(erasing_of(store, registry, tmp_path), [PERSON])
        assert (outcome.problem, outcome.record.bytes_found) == ("", 0)
    files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    texts = (PERSON, MINE, MY_ORDER, TOLD_ORDER, "wishlist-of-mine")
    assert [text for text in texts if text.encode() in files] == []
    assert FRIEND.encode() in files


def test_an_order_that_is_reported_later_names_nobody_who_refuses() -> None:
    line = json.dumps(
        {
            "order": "A-9",
            "name": "purchase",
            "value": "20.00",
            "currency": "EUR",
            "recipient": PERSON,
            "consent": AGREED,
        }
    ).encode()
    readers = [
        OrderReader(A_SITE, NOW_MS, lambda text: None, refuses)
        for refuses in (lambda _: False, PERSON.__eq__)
    ]
    claims = [read_claim(reader.event(line).body) for reader in readers]
    assert [(claim.recipient, claim.value) for claim in claims] == [(PERSON, 2_000), ("", 2_000)]


def test_what_is_stored_of_visits_and_orders_is_in_the_export_of_a_person(
    store: Store, registry: Registry
) -> None:
    store.append(of_everybody())
    catch_up(store)
    fold_sites(store)
    person = person_row(store, registry, {"spring": a_campaign()}, Rules(), PERSON)
    assert [(row.case, row.body["name"]) for row in person.visits] == [
        (MINE, "page_view"),
        (MINE, "purchase"),
    ]
    assert [(row.site, row.case, row.kind, row.body.get("value")) for row in person.orders] == [
        (SITE, MY_ORDER, "purchase", "20.00"),
        (SITE, MY_ORDER, "refund", "5.00"),
        (SITE, TOLD_ORDER, "purchase", "20.00"),
    ]
    lines = [line for line in lines_of(person) if line["about"] in ("visits", "orders")]
    assert len(lines) == 5
    assert set(lines[0]) == {"about", "recipient", *SiteEventRow.__struct_fields__}
    nobody = person_row(store, registry, {}, Rules(), "nobody-at-all")
    assert (nobody.visits, nobody.orders, nobody.is_known) == ([], [], False)
