"""Which redirects carry their click on to a site: those of logged clicks, of a campaign that says so, to its hosts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mailpixel.claims import Claims, TokenKind
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.intake import HitOutcome, Intake, Receipt
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.links.click_id import ClickIds, ClickReading
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.model import Campaign, Facts, Link
from mailpixel.modes import FULL, OFF, Mode, both
from mailpixel.privacy.optout import opt_out
from mailpixel.privacy.resolve import Policy, Resolver
from mailpixel.site_model import Site
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.traffic.facts import facts_of
from tests.support.builders import KEYRING, MINIMISER, Known, people_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SIGNER, IDS = TokenSigner(KEYRING), ClickIds(KEYRING)
USUAL = Policy()
SHOP = Site("shop", "0123456789abcdef", ("shop.example", "127.0.0.1"))
LINKS = {
    1: "https://shop.example/a?size=7#top",
    2: "https://elsewhere.example/",
    3: "https://www.shop.example/",
    4: "https://notshop.example/",
    5: "https://shop.example/?Mp_Cid=1",
    6: "http://127.0.0.1:8025/cart",
    7: "https://shop.example.evil.example/",
}
CARRIED = {1: "https://shop.example/a?size=7&mp_cid={}#top", 3: "https://www.shop.example/?mp_cid={}",
           6: "http://127.0.0.1:8025/cart?mp_cid={}"}  # fmt: skip


@pytest.fixture
def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    links = tuple(Link(number, url) for number, url in LINKS.items())
    sent = NOW - timedelta(days=10)
    made.add_campaign(Campaign("c1", "One", sent, links=links, carry=True, passthrough=("u", "mp_cid")))
    made.add_campaign(Campaign("plain", "Plain", sent, links=links))
    made.add_campaign(Campaign("old", "Old", NOW - timedelta(days=800), links=links, carry=True))
    made.add_site(SHOP)
    return made


def intake_of(registry: MemoryRegistry, policy: Policy = USUAL) -> Intake:
    cache = RegistryCache(registry, retention_days=730)
    cache.refresh()
    known = Known(SIGNER, cache, people_of(registry), Resolver(policy))
    return Intake(known, message_cap=3, minimiser=MINIMISER)


def clicked(
    intake: Intake, link: int = 1, campaign: str = "c1", method: str = "GET", **more: object
) -> Receipt:
    claims = more.pop("claims", Claims(TokenKind.CLICK, campaign, "r-1", link))
    path = parse_path(f"/c/{SIGNER.sign(claims)}")  # type: ignore[arg-type]
    assert path is not None
    given = {"query": b"", "facts": Facts.ACCEPT} | more
    return intake.receive(Hit(path, given["query"], NOW_MS, method, "192.0.2.1", "X", given["facts"]))  # type: ignore[arg-type]


@pytest.mark.parametrize("link", LINKS)
def test_only_hosts_of_a_site_get_a_click_id_and_the_rest_stays_letter_for_letter(
    registry: MemoryRegistry, link: int
) -> None:
    receipt = clicked(intake_of(registry), link)
    assert receipt.outcome is HitOutcome.LOGGED
    assert receipt.event is not None
    expected = CARRIED.get(link, LINKS[link]).format(IDS.sign(receipt.event.id))
    assert receipt.destination == expected
    assert bool(receipt.event.facts & Facts.CARRIED) == (link in CARRIED)


def test_the_click_id_names_the_logged_click(registry: MemoryRegistry) -> None:
    receipt = clicked(intake_of(registry))
    assert receipt.event is not None
    assert receipt.destination is not None
    text = receipt.destination.partition("mp_cid=")[2].partition("#")[0]
    assert IDS.read(text) == ClickReading(receipt.event.id)
    assert not receipt.event.facts & ~(Facts.ACCEPT | Facts.CARRIED)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_probe_of_a_link_sees_what_a_reader_sees(registry: MemoryRegistry, method: str) -> None:
    receipt = clicked(intake_of(registry), method=method)
    assert receipt.event is not None
    assert receipt.destination == CARRIED[1].format(IDS.sign(receipt.event.id))


def test_a_campaign_that_says_nothing_carries_nothing(registry: MemoryRegistry) -> None:
    receipt = clicked(intake_of(registry), campaign="plain")
    assert (receipt.outcome, receipt.destination) == (HitOutcome.LOGGED, LINKS[1])
    assert receipt.event is not None
    assert not receipt.event.facts & Facts.CARRIED


def test_an_archived_site_gets_nothing(registry: MemoryRegistry) -> None:
    registry.edit_site("shop", lambda site: replace(site, archived=True))
    assert clicked(intake_of(registry)).destination == LINKS[1]


def test_a_name_that_came_with_the_link_is_not_added_twice(registry: MemoryRegistry) -> None:
    receipt = clicked(intake_of(registry), 3, query=b"mp_cid=x")
    assert receipt.destination == "https://www.shop.example/?mp_cid=x"
    receipt = clicked(intake_of(registry), 3, query=b"u=7")
    assert receipt.event is not None
    assert receipt.destination == f"https://www.shop.example/?u=7&mp_cid={IDS.sign(receipt.event.id)}"


def test_an_embedded_destination_is_carried_too(registry: MemoryRegistry) -> None:
    claims = Claims(TokenKind.CLICK, "c1", "r-1", destination="https://shop.example/é")
    receipt = clicked(intake_of(registry), claims=claims)
    assert receipt.event is not None
    assert receipt.destination == f"https://shop.example/%C3%A9?mp_cid={IDS.sign(receipt.event.id)}"


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [
        (Policy(OFF, OFF), HitOutcome.UNTRACKED),
        (Policy(both(Mode.AGGREGATE), FULL), HitOutcome.UNTRACKED),
        (Policy(both(Mode.DELIVERABILITY), FULL), HitOutcome.UNTRACKED),
        (Policy(FULL, unknown=OFF), HitOutcome.UNTRACKED),
        (Policy(FULL, FULL), HitOutcome.LOGGED),
        (Policy(), HitOutcome.LOGGED),
    ],
)
def test_a_mode_that_logs_nothing_carries_nothing(
    registry: MemoryRegistry, policy: Policy, outcome: HitOutcome
) -> None:
    receipt = clicked(intake_of(registry, policy))
    assert receipt.outcome is outcome
    assert ("mp_cid" in str(receipt.destination)) == (outcome is HitOutcome.LOGGED)


def test_who_opted_out_or_refuses_by_a_header_is_given_no_id(registry: MemoryRegistry) -> None:
    refused, _ = facts_of([(b"sec-gpc", b"1")])
    receipt = clicked(intake_of(registry), facts=refused)
    assert (receipt.outcome, receipt.destination) == (HitOutcome.UNTRACKED, LINKS[1])
    opt_out(MemoryStore(), registry, "r-1", NOW)
    receipt = clicked(intake_of(registry))
    assert (receipt.outcome, receipt.destination) == (HitOutcome.UNTRACKED, LINKS[1])


def test_past_the_cap_and_past_retention_nothing_is_carried(registry: MemoryRegistry) -> None:
    intake = intake_of(registry)
    receipts = [clicked(intake) for _ in range(4)]
    assert ["mp_cid" in str(each.destination) for each in receipts] == [True, True, True, False]
    assert receipts[3] == Receipt(HitOutcome.OVERFLOW, LINKS[1], overflow=receipts[3].overflow)
    assert clicked(intake, campaign="old") == Receipt(HitOutcome.EXPIRED, LINKS[1])


def test_a_token_of_a_campaign_carries_nothing_because_it_names_nobody(registry: MemoryRegistry) -> None:
    token = SIGNER.sign(Claims(TokenKind.CAMPAIGN, "c1", ""))
    path = parse_path(f"/c/{token}/1")
    assert path is not None
    receipt = intake_of(registry).receive(Hit(path, b"", NOW_MS, "GET", "192.0.2.1", "X", Facts.ACCEPT))
    assert (receipt.outcome, receipt.destination) == (HitOutcome.UNTRACKED, LINKS[1])


def test_a_preview_and_a_link_of_the_merge_field_are_carried_like_any_logged_click(
    registry: MemoryRegistry,
) -> None:
    preview = Claims(TokenKind.CLICK, "c1", "r-1", 1, preview=True)
    assert "mp_cid" in str(clicked(intake_of(registry), claims=preview).destination)
    path = parse_path(f"/c/{SIGNER.sign(Claims(TokenKind.MESSAGE, 'c1', 'r-1'))}/3")
    assert path is not None
    receipt = intake_of(registry).receive(Hit(path, b"", NOW_MS, "GET", "192.0.2.1", "X", Facts.ACCEPT))
    assert "mp_cid" in str(receipt.destination)
