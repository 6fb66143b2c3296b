"""What becomes of a request: every outcome, and what is logged with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from mailpixel.claims import Claims, TokenKind, modes_in_token
from mailpixel.classify import Rules
from mailpixel.ingest.hit import Hit
from mailpixel.ingest.intake import FORGED_REMEMBERED, HitOutcome, Intake, Receipt
from mailpixel.ingest.registry_cache import UNKNOWN, RegistryCache
from mailpixel.kinds import EventKind
from mailpixel.links.token import TokenSigner
from mailpixel.links.urls import parse_path
from mailpixel.model import Campaign, Event, Facts, Link, Via
from mailpixel.modes import FULL, OFF, Mode, Modes, both
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.optout import opt_out
from mailpixel.privacy.resolve import LEGACY, Policy, Resolver
from mailpixel.privacy.salts import OwnSalts
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.traffic.facts import facts_of
from tests.support.builders import BROWSER, KEYRING, MINIMISER, Known, an_open, people_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
SEEN = ("GET", "192.0.2.10", "Thunderbird", Facts.ACCEPT)
SIGNER = TokenSigner(KEYRING)


@pytest.fixture
def registry() -> MemoryRegistry:
    made = MemoryRegistry()
    links = (Link(1, "https://shop.example/a"), Link(2, "https://shop.example/b"))
    made.add_campaign(Campaign("c1", "One", sent_at=NOW - timedelta(days=10), links=links))
    made.add_campaign(Campaign("old", "Old", sent_at=NOW - timedelta(days=800), links=links))
    return made


@pytest.fixture
def cache(registry: MemoryRegistry) -> RegistryCache:
    made = RegistryCache(registry, retention_days=730)
    made.refresh()
    return made


@pytest.fixture
def intake(cache: RegistryCache) -> Intake:
    return Intake(Known(SIGNER, cache), message_cap=3, minimiser=MINIMISER)


def token(kind: TokenKind, campaign: str = "c1", **claims: object) -> str:
    return SIGNER.sign(Claims(kind, campaign, "r-1", **claims))  # type: ignore[arg-type]


def received(intake: Intake, path: str, query: bytes = b"") -> Receipt:
    parsed = parse_path(path)
    assert parsed is not None
    return intake.receive(Hit(parsed, query, NOW_MS, *SEEN))


Told = tuple[str, EventKind, int | None, str | None] | None
"""Campaign, kind, link and recipient of what is counted of a hit."""


def told(receipt: Receipt) -> Told:
    if receipt.counted is None:
        return None
    hit = receipt.counted.hit
    return hit.campaign, hit.kind, hit.link, receipt.counted.recipient


def test_a_campaign_that_was_deleted_is_forgotten_and_an_archived_one_is_not(
    registry: MemoryRegistry,
) -> None:
    registry.add_campaign(Campaign("draft", "Draft", links=(Link(1, "https://shop.example/a"),)))
    registry.change_campaign("c1", lambda campaign: replace(campaign, archived=True), "cli", NOW)
    directory = RegistryCache(registry, retention_days=730)
    directory.refresh()
    assert [directory.campaign(id).destinations.get(1) for id in ("draft", "c1")] == [
        "https://shop.example/a"
    ] * 2
    registry.delete_campaign("draft")
    directory.refresh()
    assert (directory.knows("draft"), directory.campaign("draft")) == (False, UNKNOWN)
    assert directory.campaign("c1").destinations[1] == "https://shop.example/a"


def test_a_pixel_becomes_an_open_with_the_facts_of_its_request(intake: Intake) -> None:
    receipt = received(intake, f"/o/{token(TokenKind.OPEN)}.gif")
    assert receipt.event is not None
    event = msgspec.structs.replace(receipt.event, id=b"")
    assert receipt.outcome is HitOutcome.LOGGED
    assert (event.kind, event.campaign, event.recipient, event.link) == (EventKind.OPEN, "c1", "r-1", None)
    assert (event.method, event.agent, event.facts) == (SEEN[0], *SEEN[2:])
    assert (event.address, len(event.tag), event.former_tag, event.network) == ("", 8, b"", None)
    assert event.received_at_ms == NOW_MS


@pytest.mark.parametrize(
    ("path", "destination", "link"),
    [
        (f"/c/{token(TokenKind.CLICK, link=2)}", "https://shop.example/b", 2),
        (f"/c/{token(TokenKind.MESSAGE)}/1", "https://shop.example/a", 1),
        (
            f"/c/{token(TokenKind.CLICK, destination='https://you.example/é')}",
            "https://you.example/%C3%A9",
            None,
        ),
    ],
)
def test_a_link_leads_to_its_destination_and_is_logged(
    intake: Intake, path: str, destination: str, link: int | None
) -> None:
    receipt = received(intake, path)
    assert (receipt.outcome, receipt.destination) == (HitOutcome.LOGGED, destination)
    assert receipt.event is not None
    assert (receipt.event.kind, receipt.event.link) == (EventKind.CLICK, link)
    assert (receipt.event.destination is None) == (link is not None)


@pytest.mark.parametrize(
    "path",
    [
        f"/o/{token(TokenKind.CLICK, link=1)}",
        f"/c/{token(TokenKind.OPEN)}",
        f"/c/{token(TokenKind.MESSAGE)}",
        f"/c/{token(TokenKind.OPEN)}/1",
        f"/c/{token(TokenKind.CLICK, link=1)}/1",
        "/o/AQEBAAAA",
    ],
)
def test_no_kind_of_token_stands_in_for_another(intake: Intake, path: str) -> None:
    assert received(intake, path) == Receipt(HitOutcome.BAD_TOKEN)


def test_a_link_that_is_not_registered_leads_nowhere(intake: Intake) -> None:
    assert received(intake, f"/c/{token(TokenKind.MESSAGE)}/3") == Receipt(HitOutcome.UNKNOWN_LINK)
    assert received(intake, f"/c/{token(TokenKind.CLICK, 'c2', link=1)}") == Receipt(HitOutcome.UNKNOWN_LINK)


def test_a_destination_is_judged_again_when_it_is_used(
    intake: Intake, registry: MemoryRegistry, cache: RegistryCache
) -> None:
    registry.add_campaign(Campaign("bad", "Bad", links=(Link(1, "javascript:alert(1)"),)))
    cache.refresh()
    assert received(intake, f"/c/{token(TokenKind.CLICK, 'bad', link=1)}") == Receipt(HitOutcome.UNKNOWN_LINK)


@pytest.mark.parametrize(
    ("path", "destination"),
    [
        (f"/c/{token(TokenKind.CLICK, link=2)}", "https://shop.example/b"),
        (f"/c/{token(TokenKind.MESSAGE)}/1", "https://shop.example/a"),
        (f"/c/{token(TokenKind.CLICK, destination='https://you.example/é')}", "https://you.example/%C3%A9"),
    ],
)
def test_values_that_the_campaign_allows_are_handed_on_and_not_logged(
    intake: Intake, registry: MemoryRegistry, cache: RegistryCache, path: str, destination: str
) -> None:
    query = b"x=1&u=a%20b"
    without = received(intake, path, query=query)
    assert (without.outcome, without.destination) == (HitOutcome.LOGGED, destination)
    registry.change_campaign("c1", lambda campaign: replace(campaign, passthrough=("u",)), "cli", NOW)
    cache.refresh()
    receipt = received(intake, path, query=query)
    assert (receipt.outcome, receipt.destination) == (HitOutcome.LOGGED, f"{destination}?u=a%20b")
    assert receipt.event is not None
    assert without.event is not None
    assert msgspec.structs.replace(receipt.event, id=b"", received_at_ms=0) == msgspec.structs.replace(
        without.event, id=b"", received_at_ms=0
    )
    assert received(intake, path).destination == destination
    registry.change_campaign("c1", lambda campaign: replace(campaign, passthrough=()), "cli", NOW)
    cache.refresh()
    assert received(intake, path, query=query).destination == destination


def test_a_broken_signature_on_a_real_message_is_evidence_and_leads_nowhere(intake: Intake) -> None:
    good = token(TokenKind.CLICK, link=1)
    for path in (f"/c/{good[:-2]}AA", f"/c/{good}'", f"/c/{good}%27"):
        receipt = received(intake, path)
        assert (receipt.outcome, receipt.destination, receipt.event) == (HitOutcome.FORGED, None, None)
        assert receipt.evidence is not None
        assert receipt.evidence.facts == SEEN[3] | Facts.FORGED


def test_a_broken_signature_keeps_no_destination(intake: Intake) -> None:
    good = token(TokenKind.CLICK, destination="https://you.example/" + "x" * 60_000)
    evidence = received(intake, f"/c/{good}'").evidence
    assert evidence is not None
    assert (evidence.kind, evidence.link, evidence.destination) == (EventKind.CLICK, None, None)


def test_a_broken_signature_on_an_unknown_campaign_is_nothing(intake: Intake) -> None:
    assert received(intake, f"/o/{token(TokenKind.OPEN, 'nobody')}'") == Receipt(HitOutcome.BAD_TOKEN)


def test_broken_signatures_use_up_a_cap_of_their_own_and_no_readers(intake: Intake) -> None:
    forged = [received(intake, f"/o/{token(TokenKind.OPEN)}'") for _ in range(500)]
    outcomes = [receipt.outcome for receipt in forged]
    assert outcomes == [HitOutcome.FORGED] * 5 + [HitOutcome.FORGED_OVERFLOW] * 495
    assert not any(receipt.event or receipt.overflow for receipt in forged)
    read = [received(intake, f"/o/{token(TokenKind.OPEN)}").outcome for _ in range(4)]
    assert read == [HitOutcome.LOGGED] * 3 + [HitOutcome.OVERFLOW]


def test_broken_signatures_of_made_up_messages_are_counted_in_bounded_memory(intake: Intake) -> None:
    first = [received(intake, f"/o/{token(TokenKind.OPEN)}'").outcome for _ in range(6)]
    for n in range(FORGED_REMEMBERED * 2 + 10):
        named = SIGNER.sign(Claims(TokenKind.OPEN, "c1", f"made-up-{n}"))
        assert received(intake, f"/o/{named}'").outcome is HitOutcome.FORGED
    forgotten = received(intake, f"/o/{token(TokenKind.OPEN)}'").outcome
    assert [*first, forgotten] == [HitOutcome.FORGED] * 5 + [HitOutcome.FORGED_OVERFLOW, HitOutcome.FORGED]


def test_a_hit_past_the_retention_is_answered_and_not_logged(intake: Intake) -> None:
    receipt = received(intake, f"/c/{token(TokenKind.CLICK, 'old', link=1)}")
    assert receipt == Receipt(HitOutcome.EXPIRED, "https://shop.example/a")
    assert received(intake, f"/o/{token(TokenKind.OPEN, 'old')}'") == Receipt(HitOutcome.BAD_TOKEN)


def test_who_opted_out_is_redirected_and_not_logged(registry: MemoryRegistry, cache: RegistryCache) -> None:
    store = MemoryStore()
    store.append([an_open(recipient="r-1")])
    opt_out(store, registry, "r-1", NOW)
    opt_out(store, registry, "r-1", NOW)
    intake = Intake(Known(SIGNER, cache, people_of(registry)), message_cap=3, minimiser=MINIMISER)
    assert received(intake, f"/o/{token(TokenKind.OPEN)}") == Receipt(HitOutcome.UNTRACKED)
    receipt = received(intake, f"/c/{token(TokenKind.CLICK, link=1)}")
    assert receipt == Receipt(HitOutcome.UNTRACKED, "https://shop.example/a")
    assert received(intake, f"/o/{token(TokenKind.OPEN)}'") == Receipt(HitOutcome.BAD_TOKEN)
    kinds = [event.kind for message in store.person("r-1") for event in message.events]
    assert kinds == [EventKind.OPEN, EventKind.OPTOUT]


def test_hits_past_the_cap_are_counted_and_not_logged(intake: Intake) -> None:
    receipts = [received(intake, f"/o/{token(TokenKind.OPEN)}") for _ in range(5)]
    assert [receipt.outcome for receipt in receipts] == [HitOutcome.LOGGED] * 3 + [HitOutcome.OVERFLOW] * 2
    assert receipts[4].overflow is not None
    assert receipts[4].overflow.hits == 2
    assert received(intake, f"/o/{token(TokenKind.OPEN)}'").outcome is HitOutcome.FORGED


def test_a_preview_is_marked(intake: Intake) -> None:
    receipt = received(intake, f"/o/{token(TokenKind.OPEN, preview=True)}")
    assert receipt.event is not None
    assert receipt.event.facts == SEEN[3] | Facts.PREVIEW


@pytest.mark.parametrize(
    ("path", "destination", "counted"),
    [
        ("/o/{}.gif", None, ("c1", EventKind.OPEN, None, None)),
        ("/c/{}/2", "https://shop.example/b", ("c1", EventKind.CLICK, 2, None)),
    ],
)
def test_a_hit_on_the_token_of_a_campaign_is_counted_and_never_logged(
    intake: Intake, path: str, destination: str | None, counted: Told
) -> None:
    token = SIGNER.sign(Claims(TokenKind.CAMPAIGN, "c1", ""))
    receipt = received(intake, path.format(token))
    assert (receipt.outcome, receipt.destination, told(receipt)) == (
        HitOutcome.UNTRACKED,
        destination,
        counted,
    )
    assert receipt.counted is not None
    hit = receipt.counted.hit
    assert (hit.method, hit.address, hit.agent, hit.facts, hit.recipient) == (
        *SEEN[:3],
        Facts.ACCEPT | Facts.OPENS_UNSEEN,
        "",
    )
    preview = SIGNER.sign(Claims(TokenKind.CAMPAIGN, "c1", "", preview=True))
    assert received(intake, path.format(preview)) == Receipt(HitOutcome.UNTRACKED, destination)
    forged = received(intake, path.format(token) + "'")
    assert forged == Receipt(HitOutcome.BAD_TOKEN)


@pytest.mark.parametrize("path", ["/o/{}.gif", "/c/{}", "/c/{}/1"])
def test_a_choice_token_is_good_for_no_pixel_and_no_link(intake: Intake, path: str) -> None:
    token = SIGNER.sign(Claims(TokenKind.CHOICE, "c1", "r-1"))
    assert received(intake, path.format(token)) == Receipt(HitOutcome.BAD_TOKEN)


def limited(cache: RegistryCache, policy: Policy, sure: bool = True) -> Intake:
    """An intake by another policy."""
    return Intake(
        Known(SIGNER, cache, resolver=Resolver(policy), is_sure_of_people=sure),
        message_cap=3,
        minimiser=MINIMISER,
    )


AGGREGATE, DELIVERABILITY, INDIVIDUAL = (
    both(mode) for mode in (Mode.AGGREGATE, Mode.DELIVERABILITY, Mode.INDIVIDUAL)
)
OPENED: Told = ("c1", EventKind.OPEN, None, None)
CLICKED: Told = ("c1", EventKind.CLICK, 1, None)
SHOP = "https://shop.example/a"


@pytest.mark.parametrize(
    ("mode", "opened", "clicked"),
    [
        (OFF, None, None),
        (AGGREGATE, OPENED, CLICKED),
        (DELIVERABILITY, ("c1", EventKind.OPEN, None, "r-1"), CLICKED),
    ],
    ids=["off", "aggregate", "deliverability"],
)
@pytest.mark.parametrize("where", ["installation", "token"])
def test_below_individual_nothing_is_logged_whoever_decided_that(
    cache: RegistryCache, where: str, mode: Modes, opened: Told, clicked: Told
) -> None:
    said = mode if where == "token" else None
    intake = limited(cache, Policy(FULL if where == "token" else mode))
    kinds = {"/o/{}.gif": TokenKind.OPEN, "/c/{}": TokenKind.CLICK}
    tokens = [
        token(kind, modes=modes_in_token(kind, said), link=1 if kind is TokenKind.CLICK else None)
        for kind in kinds.values()
    ]
    receipts = [received(intake, path.format(text)) for path, text in zip(kinds, tokens, strict=True)]
    wanted = [(HitOutcome.UNTRACKED, None, opened), (HitOutcome.UNTRACKED, SHOP, clicked)]
    assert [(each.outcome, each.destination, told(each)) for each in receipts] == wanted
    message = token(TokenKind.MESSAGE, modes=said)
    receipts = [received(intake, f"/o/{message}.gif"), received(intake, f"/c/{message}/1")]
    assert [(each.outcome, each.destination, told(each)) for each in receipts] == wanted
    forged = [received(intake, f"/o/{message}.gif'"), received(intake, f"/c/{message}/1'")]
    assert forged == [Receipt(HitOutcome.BAD_TOKEN)] * 2
    assert received(intake, f"/o/{token(TokenKind.MESSAGE, 'old', modes=said)}.gif").counted is None


def test_a_click_says_that_opens_of_its_message_are_not_measured(cache: RegistryCache) -> None:
    def facts(intake: Intake, modes: Modes | None, kind: TokenKind = TokenKind.MESSAGE) -> Facts:
        link = 1 if kind is TokenKind.CLICK else None
        text = token(kind, modes=modes_in_token(kind, modes), link=link)
        receipt = received(intake, f"/c/{text}" if link else f"/c/{text}/1")
        assert receipt.event is not None
        return receipt.event.facts

    clicks_alone = Modes(Mode.AGGREGATE, Mode.INDIVIDUAL)
    everything = limited(cache, Policy(FULL))
    assert facts(everything, None) == facts(everything, INDIVIDUAL, TokenKind.CLICK) == Facts.ACCEPT
    assert facts(everything, clicks_alone) == Facts.ACCEPT | Facts.OPENS_UNSEEN
    assert (
        facts(limited(cache, Policy(clicks_alone)), INDIVIDUAL, TokenKind.CLICK)
        == Facts.ACCEPT | Facts.OPENS_UNSEEN
    )


def test_a_header_that_refuses_decides_about_its_hit_and_is_not_stored(cache: RegistryCache) -> None:
    path = parse_path(f"/o/{token(TokenKind.OPEN)}.gif")
    everybody = parse_path(f"/o/{SIGNER.sign(Claims(TokenKind.CAMPAIGN, 'c1', ''))}.gif")
    assert path is not None
    assert everybody is not None
    facts = facts_of([(b"sec-gpc", b"1"), (b"dnt", b"1"), (b"accept", b"*/*")])[0]
    hits = [Hit(each, b"", NOW_MS, "GET", "192.0.2.10", "Thunderbird", facts) for each in (path, everybody)]

    def outcomes(policy: Policy) -> list[tuple[HitOutcome, Told]]:
        intake = limited(cache, policy)
        return [(receipt.outcome, told(receipt)) for receipt in map(intake.receive, hits)]

    refused = [(HitOutcome.UNTRACKED, None)] * 2
    assert outcomes(Policy()) == refused
    assert outcomes(Policy(gpc=False, dnt=True)) == refused
    assert outcomes(Policy(refused=Mode.AGGREGATE)) == [(HitOutcome.UNTRACKED, OPENED)] * 2
    assert outcomes(LEGACY) == [(HitOutcome.LOGGED, None), (HitOutcome.UNTRACKED, OPENED)]
    event = limited(cache, LEGACY).receive(hits[0]).event
    assert event is not None
    assert event.facts == Facts.ACCEPT


def test_nobody_is_recorded_by_name_while_what_people_said_cannot_be_read(cache: RegistryCache) -> None:
    pixel = f"/o/{token(TokenKind.OPEN)}.gif"
    receipt = received(limited(cache, Policy(), sure=False), pixel)
    assert (receipt.outcome, told(receipt)) == (HitOutcome.UNTRACKED, OPENED)
    assert received(limited(cache, LEGACY, sure=False), pixel).outcome is HitOutcome.LOGGED


def test_previews_and_seeds_are_logged_in_every_mode(cache: RegistryCache) -> None:
    preview = f"/o/{token(TokenKind.OPEN, preview=True)}.gif"
    seed = f"/o/{token(TokenKind.OPEN)}.gif"
    assert received(limited(cache, Policy(OFF)), preview).outcome is HitOutcome.LOGGED
    assert received(limited(cache, Policy(OFF)), seed).outcome is HitOutcome.UNTRACKED
    assert received(limited(cache, Policy(OFF, seeds=frozenset({"r-1"}))), seed).outcome is HitOutcome.LOGGED


def test_the_mode_of_a_campaign_limits_its_hits_and_few_recipients_are_not_counted(
    registry: MemoryRegistry, cache: RegistryCache
) -> None:
    intake = limited(cache, Policy(FULL))
    pixel = f"/o/{token(TokenKind.OPEN)}.gif"
    found = []
    for mode, sent in ((AGGREGATE, None), (AGGREGATE, 4), (OFF, None), (None, 4)):
        registry.change_campaign("c1", lambda old, m=mode, n=sent: replace(old, mode=m, sent=n), "cli", NOW)  # type: ignore[misc]
        cache.refresh()
        receipt = received(intake, pixel)
        found.append((receipt.outcome, told(receipt)))
    assert found == [
        (HitOutcome.UNTRACKED, OPENED),
        (HitOutcome.UNTRACKED, None),
        (HitOutcome.UNTRACKED, None),
        (HitOutcome.LOGGED, None),
    ]


OUTLOOK_NETWORK = "40.94.29.84"


def kept_of(policy: Policy, cache: RegistryCache, address: str, path: str = "") -> Event:
    """What is logged of an open from an address by a policy."""
    known = Known(SIGNER, cache, resolver=Resolver(policy))
    rules = Rules(operator_networks=("203.0.113.0/28",))
    intake = Intake(known, message_cap=3, minimiser=Minimiser(OwnSalts(), lambda: rules, "full"))
    parsed = parse_path(path or f"/o/{token(TokenKind.OPEN)}")
    assert parsed is not None
    receipt = intake.receive(Hit(parsed, b"", NOW_MS, "GET", address, BROWSER, Facts.ACCEPT))
    event = receipt.event or receipt.evidence
    assert event is not None
    return event


def test_a_folder_without_a_chosen_mode_keeps_the_address_as_before(cache: RegistryCache) -> None:
    event = kept_of(LEGACY, cache, "203.0.113.9")
    assert (event.address, event.tag, event.network, event.facts) == ("203.0.113.9", b"", None, Facts.ACCEPT)


def test_individual_keeps_a_tag_the_entry_and_the_operators_bit_and_no_address(cache: RegistryCache) -> None:
    event = kept_of(Policy(), cache, OUTLOOK_NETWORK)
    assert (event.address, len(event.tag)) == ("", 8)
    assert event.network is not None
    assert event.network.via is Via.MICROSOFT
    own = kept_of(Policy(), cache, "203.0.113.9")
    assert (own.address, own.network, own.facts) == ("", None, Facts.ACCEPT | Facts.OWN_NETWORK)


def test_full_keeps_the_network_as_text_too(cache: RegistryCache) -> None:
    policy = Policy(mode=both(Mode.FULL))
    granted = kept_of(policy._replace(unknown=both(Mode.FULL)), cache, "198.51.100.77")
    assert (granted.address, len(granted.tag)) == ("198.51.100.0", 8)
    assert kept_of(policy, cache, "198.51.100.77").address == ""
    six = kept_of(policy._replace(unknown=both(Mode.FULL)), cache, "2001:db8:1:2::3")
    assert six.address == "2001:db8:1::"


def test_a_broken_signature_keeps_no_address_either(cache: RegistryCache) -> None:
    event = kept_of(Policy(), cache, "198.51.100.77", f"/o/{token(TokenKind.OPEN)}'")
    assert event.facts & Facts.FORGED
    assert (event.address, len(event.tag)) == ("", 8)


def test_an_unknown_address_has_a_tag_that_says_so(cache: RegistryCache) -> None:
    assert kept_of(Policy(), cache, "").tag == bytes(8)


class Asking:
    """Knowledge that counts how often it was asked what a recipient agreed to."""

    def __init__(self, known: Known) -> None:
        self._known, self.asked = known, 0

    def __getattr__(self, name: str) -> object:
        self.asked += name == "people"
        return getattr(self._known, name)


@pytest.mark.parametrize("path", ["/o/x.gif", "/o/AQIDBAUGBwgJ", "/o/" + "A" * 86])
def test_a_pixel_with_a_bad_token_goes_through_the_work_of_a_good_one_so_its_answer_comes_no_sooner(
    cache: RegistryCache, path: str
) -> None:
    knowledge = Asking(Known(SIGNER, cache))
    intake = Intake(knowledge, message_cap=3, minimiser=MINIMISER)  # type: ignore[arg-type]
    receipt = received(intake, path)
    assert (receipt.outcome in (HitOutcome.BAD_TOKEN, HitOutcome.UNKNOWN_KEY), receipt.event) == (True, None)
    assert knowledge.asked == 1
