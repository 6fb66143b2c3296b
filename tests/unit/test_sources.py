"""What a source did across messages: enough to tell a gateway from a crowd, and never a reason for a verdict."""

import random
from collections.abc import Iterable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given

from mailpixel.classify import Certainty, Network, NetworkTable, Rules, judge
from mailpixel.classify.sources import SourceEvidence, source_evidence
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts, Message, Verdict
from mailpixel.report.sources import hastiest_first, source_json
from mailpixel.store.memory import MemoryStore
from tests.support.builders import (
    APPLE,
    BROWSER,
    GMAIL,
    ROBOT,
    a_campaign,
    a_click,
    a_delivery,
    an_open,
    at_ms,
)
from tests.support.crowds import CAMPAIGN, lone_clicks, neighbours, to_each
from tests.support.readers import FULL, Source
from tests.support.strategies import histories

CAMPAIGNS = {campaign.id: campaign for campaign in (CAMPAIGN, a_campaign("spring"), a_campaign("autumn"))}
RULES = Rules(operator_networks=("203.0.113.0/28",), seeds=frozenset({"seed"}))
GATEWAY = Source("198.51.100.7", BROWSER, FULL)
OFFICE = Source("192.0.2.40", BROWSER, FULL)


def evidence_of(
    messages: Iterable[Message], least: int = 1, campaigns: dict[str, Campaign] = CAMPAIGNS, since_ms: int = 0
) -> dict[str, SourceEvidence]:
    """The evidence by address, from a log of these messages."""
    store = MemoryStore()
    store.append([event for message in messages for event in message.events])
    found = source_evidence(store.messages_by_source(least, since_ms), campaigns, RULES, since_ms)
    return {each.address: each for each in found}


def message(*events: Event) -> Message:
    """The events of any messages, as they are logged."""
    return Message("spring", "r-1", events)


def test_everything_a_source_did_is_added_up() -> None:
    log = message(
        *(a_delivery(10, recipient=name) for name in ("r-1", "r-2")),
        an_open(100),
        a_click(110, 1, facts=FULL),
        a_click(310, 2, facts=FULL),
        a_click(130, 1, facts=FULL, recipient="r-2"),
        a_click(131, 3, facts=Facts.FORGED, recipient="r-2"),
        a_click(189, 1, facts=FULL, recipient="r-2", campaign="autumn"),
        a_click(190, 1, recipient="r-3", agent=ROBOT),
        a_click(500, 1, facts=FULL, recipient="r-3", campaign="autumn"),
    )
    assert evidence_of([log], 2) == {
        "192.0.2.10": SourceEvidence(
            address="192.0.2.10",
            agent=BROWSER,
            recipients=3,
            campaigns=2,
            messages=4,
            clicks=5,
            links=5,
            timed=4,
            soon=3,
            unopened=3,
            machine=0,
            busiest=2,
            first_ms=at_ms(110),
            last_ms=at_ms(500),
        )
    }


def test_a_gateway_of_single_clicks_is_human_message_by_message_and_hasty_side_by_side() -> None:
    swept = list(to_each(lone_clicks(300, random.Random(1), GATEWAY)))
    verdicts = [hit.verdict for each in swept for hit in judge(each, CAMPAIGN, RULES)]
    assert verdicts.count(Verdict.HUMAN) >= 0.6 * len(verdicts)
    assert evidence_of(swept)[GATEWAY.address].haste >= 0.9


@pytest.mark.parametrize("seed", range(20))
def test_an_office_of_fifty_behind_one_address_is_not_hasty(seed: int) -> None:
    office = evidence_of(to_each(neighbours(50, random.Random(seed), OFFICE)))[OFFICE.address]
    assert (office.recipients >= 40, office.haste <= 0.3) == (True, True)


def test_a_town_behind_one_address_is_not_hasty_although_it_is_busier_than_any_gateway() -> None:
    town = evidence_of(to_each(neighbours(5_000, random.Random(2), OFFICE)))[OFFICE.address]
    gateway = evidence_of(to_each(lone_clicks(100, random.Random(2), GATEWAY)))[GATEWAY.address]
    assert town.busiest > gateway.busiest
    assert (town.haste <= 0.2, gateway.haste >= 0.9) == (True, True)


def test_an_office_whose_mail_program_blocks_images_is_not_hasty_either() -> None:
    office = to_each(neighbours(50, random.Random(3), OFFICE))
    blocked = [
        msgspec.structs.replace(
            each, events=[event for event in each.events if event.kind is not EventKind.OPEN]
        )
        for each in office
    ]
    found = evidence_of(blocked)[OFFICE.address]
    assert (found.unopened, found.haste <= 0.3) == (found.messages, True)


def test_without_any_clock_a_gateway_is_known_by_its_busiest_minute() -> None:
    swept = to_each(lone_clicks(300, random.Random(4), GATEWAY))
    found = evidence_of(swept, campaigns={"crowd": replace(CAMPAIGN, sent_at=None)})[GATEWAY.address]
    assert (found.timed, found.soon) == (0, 0)
    assert found.haste == found.busiest / found.recipients >= 0.5


@pytest.mark.parametrize(
    "hit",
    [
        a_click(5, method="HEAD"),
        a_click(5, facts=Facts.FORGED),
        a_click(5, facts=Facts.PREVIEW),
        a_click(5, recipient="seed"),
        a_click(5, address="203.0.113.9"),
        a_click(5, address=""),
        a_click(5, agent=GMAIL),
        a_click(5, agent=APPLE),
        an_open(5),
    ],
)
def test_what_no_summary_counts_and_what_image_proxies_do_is_no_evidence(hit: Event) -> None:
    assert evidence_of([message(hit)]) == {}


def test_since_a_moment_only_what_came_then_counts_though_the_message_is_judged_whole() -> None:
    log = message(an_open(90, facts=FULL), a_click(100), a_click(400, 2), a_click(900, 3))
    found = evidence_of([log], since_ms=at_ms(400))["192.0.2.10"]
    assert (found.first_ms, found.clicks, found.links, found.soon, found.unopened) == (at_ms(400), 2, 2, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "busiest"),
    [
        ((0, 59.999), 2),
        ((0, 60), 1),
        ((0, 30, 59, 61, 89, 200), 4),
        ((3_600, 0, 3_601, 1), 2),
    ],
)
def test_the_busiest_minute_may_begin_at_any_moment(seconds: tuple[float, ...], busiest: int) -> None:
    log = [a_click(second, recipient=f"r-{number}") for number, second in enumerate(seconds)]
    assert evidence_of([message(*log)])["192.0.2.10"].busiest == busiest


def test_a_recipient_of_two_campaigns_is_one_in_the_busiest_minute() -> None:
    log = [a_click(1), a_click(2, campaign="autumn"), a_click(3, recipient="r-2")]
    assert evidence_of([message(*log)])["192.0.2.10"].busiest == 2


@given(histories())
def test_what_sources_add_up_to_is_what_is_judged_message_by_message(history: tuple[Event, ...]) -> None:
    store = MemoryStore()
    store.append(history)
    found = list(source_evidence(store.messages_by_source(1), CAMPAIGNS, RULES))
    judged = [
        hit
        for campaign in ("autumn", "spring")
        for each in store.messages(campaign)
        for hit in judge(each, CAMPAIGNS[campaign], RULES)
        if hit.event.kind is EventKind.CLICK and hit.event.method == "GET" and hit.event.address
        if not hit.event.facts & (Facts.FORGED | Facts.PREVIEW) and hit.event.agent not in (APPLE, GMAIL)
    ]
    assert sum(each.clicks for each in found) == len(judged)
    assert sum(each.machine for each in found) == sum(hit.verdict is not Verdict.HUMAN for hit in judged)
    for each in found:
        assert 0 < each.haste <= 1
        assert each.busiest <= each.recipients <= each.messages <= each.links <= each.clicks
        assert each.soon <= each.timed <= each.messages >= each.unopened
        assert each.first_ms <= each.last_ms


QUIET = SourceEvidence("192.0.2.1", BROWSER, 50, 2, 60, 70, 63, 60, 3, 9, 1, 4, at_ms(60), at_ms(9_000))
HASTY = replace(QUIET, address="198.51.100.7", recipients=40, soon=57)
COVERED = replace(HASTY, address="203.0.113.5")
SMALL = replace(HASTY, address="198.51.100.8", recipients=9)
ENTRY = Network("203.0.113.0/24", "gate", certainty=Certainty.CERTAIN)


def test_the_hastiest_come_first_and_what_an_entry_covers_comes_last() -> None:
    listed = hastiest_first([QUIET, COVERED, SMALL, HASTY], NetworkTable((ENTRY,)), 10)
    assert listed == [(HASTY, None), (QUIET, None), (COVERED, ENTRY)]


def test_a_source_is_shown_in_shares_with_the_command_that_adds_it() -> None:
    assert source_json((HASTY, None), by_network=False) == {
        "address": "198.51.100.7",
        "agent": BROWSER,
        "recipients": 40,
        "campaigns": 2,
        "messages": 60,
        "clicks": 70,
        "links_per_message": 1.05,
        "haste": 0.95,
        "soon": 0.95,
        "busiest_minute": 4,
        "unopened": 0.15,
        "machine": 0.0143,
        "first_at": "2026-09-21T14:14:20Z",
        "last_at": "2026-09-21T16:43:20Z",
        "network": None,
        "command": "mailpixel networks add 198.51.100.7 --name seen-2026-09-21",
    }


def test_a_source_that_an_entry_covers_is_shown_with_it_and_needs_no_command() -> None:
    told = source_json((replace(COVERED, timed=0, soon=0), ENTRY), by_network=False)
    gate = {"prefix": "203.0.113.0/24", "name": "gate", "scope": "clicks", "certainty": "certain"}
    assert (told["network"], told["command"], told["soon"]) == (gate, None, None)


@pytest.mark.parametrize(
    ("address", "prefix"), [("198.51.100.0", "198.51.100.0/24"), ("2001:db8:7::", "2001:db8:7::/48")]
)
def test_where_only_the_network_is_kept_the_command_adds_the_network(address: str, prefix: str) -> None:
    told = source_json((replace(HASTY, address=address), None), by_network=True)
    assert told["command"] == f"mailpixel networks add {prefix} --name seen-2026-09-21"
