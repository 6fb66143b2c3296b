"""Whether a campaign is ready to be sent: a table of reasons against it, each of which can be overridden by name.

Only what is set up and logged here is looked at; no destination is asked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from mailpixel.errors import InvalidInput
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts
from mailpixel.report.answer import Answer
from mailpixel.store.clicks import ids_in
from mailpixel.store.consents import Wordings
from mailpixel.store.inbound import InboundSources
from mailpixel.store.log import Log
from mailpixel.store.projections import ReadProjections
from mailpixel.store.site_projections import ReadSiteProjections
from mailpixel.store.sites import SiteReader
from mailpixel.times import DAY_MS

LATEST = 2_000
"""How many of the last events are looked through for a test recipient."""
STATES = 1_000
"""How many recipients of the campaign are looked through for a carried click."""
UTM = ("utm_source", "utm_medium", "utm_campaign")


class ReadyStore(Log, ReadProjections, ReadSiteProjections, Protocol):
    """The part of a store that is needed."""


class ReadyRegistry(SiteReader, Wordings, InboundSources, Protocol):
    """The part of a registry that is needed."""


@dataclass(frozen=True, slots=True)
class KnownBefore:
    """What is known of a campaign before it is sent.

    `tested` is whether a test recipient or a preview fetched its pixel within a day, `exchanged` whether a visit used
    one of its clicks. `shop_links` lead to registered sites. `has_wording`: the operator set a text of consent.
    `reports` is whether some source reports deliveries.
    """

    campaign: Campaign
    shop_links: Sequence[str]
    tested: bool
    exchanged: bool
    has_wording: bool
    reports: bool


class AgainstRow(Answer, frozen=True):
    """A reason against sending. `because` says why it was overridden, and is empty where it was not."""

    name: str
    problem: str
    remedy: str
    because: str = ""


class BeforeSendingRow(Answer, frozen=True):
    """Whether a campaign is ready: no reason is left that was not overridden."""

    campaign: str
    ready: bool
    reasons: list[AgainstRow]


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: `fails` says whether the reason holds."""

    name: str
    fails: Callable[[KnownBefore], bool]
    problem: str
    remedy: str


def _utm_missing(facts: KnownBefore) -> bool:
    return any(not set(UTM) <= _utm_of(url).keys() for url in facts.shop_links)


def _utm_in_capitals(facts: KnownBefore) -> bool:
    return any(value != value.lower() for url in facts.shop_links for value in _utm_of(url).values())


def _utm_of(url: str) -> Mapping[str, str]:
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name in UTM}


CHECKS: Sequence[Check] = (
    Check(
        "links",
        lambda facts: not any(not link.trap for link in facts.campaign.links),
        "no link is registered, so no click can be counted",
        "rewrite the mail, or add links to the campaign",
    ),
    Check(
        "trap",
        lambda facts: not any(link.trap for link in facts.campaign.links),
        "there is no trap link, which shows scanners",
        "add a link that is a trap, and hide it in the mail",
    ),
    Check(
        "tested",
        lambda facts: not facts.tested,
        "no test recipient and no preview fetched the pixel within a day",
        "send the mail to a seed recipient (MAILPIXEL_SEEDS) or open a preview of it",
    ),
    Check(
        "carry",
        lambda facts: bool(facts.shop_links) and not facts.campaign.carry,
        "links lead to registered sites, but clicks are not carried on to them",
        "switch `carry` on for the campaign",
    ),
    Check(
        "exchanged",
        lambda facts: bool(facts.shop_links) and facts.campaign.carry and not facts.exchanged,
        "no page of the site has used a click of this campaign yet",
        "follow a link of a test mail, agree on the page, and wait some seconds",
    ),
    Check(
        "utm",
        _utm_missing,
        "links to registered sites lack utm_source, utm_medium or utm_campaign",
        "add them to the destinations: without consent the campaign is known by them alone",
    ),
    Check(
        "utm_case",
        _utm_in_capitals,
        "values of utm parameters have capital letters, which analytics count apart",
        "write them in small letters",
    ),
    Check(
        "wording",
        lambda facts: bool(facts.shop_links) and not facts.has_wording,
        "no text of consent is set, so the proof of a choice names none of yours",
        "set one with `mailpixel consent wording add`",
    ),
    Check(
        "delivered",
        lambda facts: facts.campaign.sent is None and not facts.reports,
        "neither the number of messages sent nor a source of delivery reports is known, so rates have no denominator",
        "set how many messages go out, or add a source with `mailpixel inbound add`",
    ),
)
"""Every reason, in the order in which it is shown."""
NAMES = tuple(check.name for check in CHECKS)


NOTHING: Mapping[str, str] = {}


def readiness(facts: KnownBefore, overridden: Mapping[str, str] = NOTHING) -> BeforeSendingRow:
    """What speaks against sending. `overridden` has why a reason does not count, by its name.

    Raises `InvalidInput` for a name that no reason has, and for one without a why.
    """
    for name, because in overridden.items():
        if name not in NAMES:
            raise InvalidInput("override", f"names no reason; the names are {', '.join(NAMES)}")
        if not because.strip():
            raise InvalidInput("override", f"{name} needs a reason in words")
    failed = [check for check in CHECKS if check.fails(facts)]
    reasons = [AgainstRow(c.name, c.problem, c.remedy, overridden.get(c.name, "")) for c in failed]
    return BeforeSendingRow(facts.campaign.id, all(each.because for each in reasons), reasons)


def facts_before_sending(
    store: ReadyStore, registry: ReadyRegistry, campaign: Campaign, seeds: frozenset[str], now_ms: int
) -> KnownBefore:
    """What is known of a campaign. `seeds` are the sender's own recipients."""
    hosts = {host for site in registry.sites(archived=False) for host in site.hosts}
    links = [link.url for link in campaign.links if not link.trap and _leads_to(link.url, hosts)]
    return KnownBefore(
        campaign=campaign,
        shop_links=links,
        tested=_was_tested(store, campaign.id, seeds, now_ms - DAY_MS),
        exchanged=bool(links) and _was_exchanged(store, campaign.id),
        has_wording=any(each.chosen_ms is not None for each in registry.wordings()),
        reports=bool(registry.inbounds()),
    )


def _leads_to(url: str, hosts: set[str]) -> bool:
    host = (urlsplit(url).hostname or "").rstrip(".")
    return any(host == own or host.endswith(f".{own}") for own in hosts)


def _was_tested(store: ReadyStore, campaign: str, seeds: frozenset[str], since_ms: int) -> bool:
    def is_test(event: Event) -> bool:
        own = event.recipient in seeds or bool(event.facts & Facts.PREVIEW)
        recent = event.kind is EventKind.OPEN and event.received_at_ms >= since_ms
        return own and recent and event.campaign == campaign

    of_seeds = (event for seed in sorted(seeds) for event in store.message(campaign, seed).events)
    return any(map(is_test, store.latest(LATEST))) or any(map(is_test, of_seeds))


def _was_exchanged(store: ReadyStore, campaign: str) -> bool:
    states = store.recipients(campaign, "", STATES)
    clicks = [id for state in states if state.carried for id in ids_in(state.carried)]
    return bool(clicks and store.uses_of(clicks))
