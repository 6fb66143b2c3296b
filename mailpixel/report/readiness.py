"""Whether a campaign is ready to be sent: a table of reasons against it, each of which can be overridden by name.

What is set up and logged here is looked at. What its destinations answer, and the faults of sites, are found elsewhere
and handed over. It warns and never holds back a mail: whoever sends decides.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec.structs import replace

from mailpixel.errors import InvalidInput, MailpixelError
from mailpixel.kinds import EventKind
from mailpixel.model import Campaign, Event, Facts
from mailpixel.report.answer import Answer, Iso
from mailpixel.report.destinations import Asked
from mailpixel.report.moments import iso
from mailpixel.site.pages import is_host_of
from mailpixel.site_model import Site
from mailpixel.store.clicks import ids_in
from mailpixel.store.consents import Wordings
from mailpixel.store.inbound import InboundSources
from mailpixel.store.log import Log
from mailpixel.store.overrides import Override, Overrides
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


class KnowsBefore(ReadyRegistry, Overrides, Protocol):
    """The same, with the reasons that do not count."""


@dataclass(frozen=True, slots=True)
class KnownBefore:
    """What is known of a campaign before it is sent.

    `tested` is whether a test recipient or a preview fetched its pixel within a day, `exchanged` whether a visit used
    one of its clicks. `shop_links` lead to registered sites. `has_wording`: the operator set a text of consent.
    `reports` is whether some source reports deliveries. `asked` is what the destinations answered, None where nobody
    asked them. `site_faults` are rules of lint that found a fault, by the site that links lead to.
    """

    campaign: Campaign
    shop_links: Sequence[str]
    tested: bool
    exchanged: bool
    has_wording: bool
    reports: bool
    asked: Sequence[Asked] | None = None
    site_faults: Mapping[str, Sequence[str]] = field(default_factory=dict)


class AgainstRow(Answer, frozen=True):
    """A reason against sending, with what it is about. An override has its why, who said so and when."""

    name: str
    problem: str
    remedy: str
    details: list[str] = msgspec.field(default_factory=list)
    because: str = ""
    by: str = ""
    at: Iso | None = None


class OverrideRow(Answer, frozen=True):
    """A reason that does not count before sending: its name, why, who said so, and when."""

    name: str
    because: str
    by: str
    at: Iso


class BeforeSendingRow(Answer, frozen=True):
    """Whether a campaign is ready: no reason is left that was not overridden.

    `overrides` are all that were kept, also of reasons that do not hold any more. `destinations` is null where they
    were not asked.
    """

    campaign: str
    ready: bool
    reasons: list[AgainstRow]
    overrides: list[OverrideRow]
    destinations: list[Asked] | None

    @property
    def left(self) -> list[str]:
        """The names of the reasons that count."""
        return [each.name for each in self.reasons if not each.because]


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the table: `fails` says whether the reason holds, `details` what it is about."""

    name: str
    fails: Callable[[KnownBefore], bool]
    problem: str
    remedy: str
    details: Callable[[KnownBefore], list[str]] = lambda _: []


def _utm_missing(facts: KnownBefore) -> bool:
    return any(not set(UTM) <= _utm_of(url).keys() for url in facts.shop_links)


def _utm_in_capitals(facts: KnownBefore) -> bool:
    return any(value != value.lower() for url in facts.shop_links for value in _utm_of(url).values())


def _utm_of(url: str) -> Mapping[str, str]:
    return {name: value for name, value in parse_qsl(urlsplit(url).query) if name in UTM}


def _lost(facts: KnownBefore) -> list[str]:
    return [each.text for each in facts.asked or () if each.state == "fault"]


def _faulty(facts: KnownBefore) -> list[str]:
    return [f"{site}: {', '.join(rules)}" for site, rules in facts.site_faults.items()]


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
        "destinations",
        lambda facts: bool(_lost(facts)),
        "destinations do not answer as they should",
        "correct them; a corrected destination also applies to mail that was already sent",
        _lost,
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
        "site_faults",
        lambda facts: bool(facts.site_faults),
        "lint finds faults in the events of sites that links lead to",
        "see `mailpixel site lint` for each of them",
        _faulty,
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


BECAUSE_CHARS = 500


def new_override(name: str, because: str, by: str, at: datetime) -> Override:
    """An override. Raises `InvalidInput` for a name that no reason has, and for one without a why."""
    reason_of(name)
    because = " ".join(because.split())
    if not because or len(because) > BECAUSE_CHARS or not because.isprintable():
        raise InvalidInput("because", f"{name} needs a reason in words, at most {BECAUSE_CHARS} characters")
    return Override(name, because, by, at)


def reason_of(name: str) -> str:
    """The name of a reason. Raises `InvalidInput` for a name that no reason has."""
    if name not in NAMES:
        raise InvalidInput("override", f"names no reason; the names are {', '.join(NAMES)}")
    return name


def readiness(facts: KnownBefore, overrides: Sequence[Override] = ()) -> BeforeSendingRow:
    """What speaks against sending. `overrides` say which reasons do not count."""
    of = {each.reason: each for each in overrides}
    failed = [check for check in CHECKS if check.fails(facts)]
    reasons = [_against(check, facts, of.get(check.name)) for check in failed]
    return BeforeSendingRow(
        facts.campaign.id,
        all(each.because for each in reasons),
        reasons,
        [OverrideRow(each.reason, each.because, each.by, iso(each.at)) for each in overrides],
        None if facts.asked is None else list(facts.asked),
    )


def _against(check: Check, facts: KnownBefore, override: Override | None) -> AgainstRow:
    row = AgainstRow(check.name, check.problem, check.remedy, check.details(facts))
    if override is None:
        return row
    return replace(row, because=override.because, by=override.by, at=iso(override.at))


def facts_before_sending(
    store: ReadyStore, registry: ReadyRegistry, campaign: Campaign, seeds: frozenset[str], now_ms: int
) -> KnownBefore:
    """What is known of a campaign. `seeds` are the sender's own recipients."""
    sites = registry.sites(archived=False)
    links = [link.url for link in campaign.links if not link.trap and sites_of([link.url], sites)]
    return KnownBefore(
        campaign=campaign,
        shop_links=links,
        tested=_was_tested(store, campaign.id, seeds, now_ms - DAY_MS),
        exchanged=bool(links) and _was_exchanged(store, campaign.id),
        has_wording=any(each.chosen_ms is not None for each in registry.wordings()),
        reports=bool(registry.inbounds()),
    )


def sites_of(urls: Sequence[str], sites: Sequence[Site]) -> Sequence[Site]:
    """The sites that these addresses lead to."""
    hosts = {urlsplit(url).hostname or "" for url in urls}
    return [site for site in sites if any(is_host_of(host, site) for host in hosts)]


def reasons_quickly(
    store: ReadyStore, registry: KnowsBefore, campaign: Campaign, seeds: frozenset[str], now_ms: int
) -> Sequence[AgainstRow]:
    """The reasons that count against a campaign that was not sent yet, as far as they are found quickly.

    A campaign that is out has none: nothing is held back, and nothing can be mended by a warning.
    """
    if campaign.demonstration or (campaign.sent_at_ms is not None and campaign.sent_at_ms <= now_ms):
        return ()
    facts = facts_before_sending(store, registry, campaign, seeds, now_ms)
    return [each for each in readiness(facts, registry.overrides(campaign.id)).reasons if not each.because]


def _was_tested(store: ReadyStore, campaign: str, seeds: frozenset[str], since_ms: int) -> bool:
    def is_test(event: Event) -> bool:
        own = event.recipient in seeds or bool(event.facts & Facts.PREVIEW)
        recent = event.kind is EventKind.OPEN and event.received_at_ms >= since_ms
        return own and recent and event.campaign == campaign

    looks = [
        partial(store.latest, LATEST),
        *(partial(_events_of, store, campaign, seed) for seed in sorted(seeds)),
    ]
    return any(is_test(event) for look in looks for event in _readable(look))


def _events_of(store: ReadyStore, campaign: str, recipient: str) -> Sequence[Event]:
    return store.message(campaign, recipient).events


def _readable(look: Callable[[], Sequence[Event]]) -> Sequence[Event]:
    """What a look shows; nothing when it cannot be read: the fold puts such a message aside and counts it."""
    try:
        return look()
    except MailpixelError:
        raise
    except Exception:
        return ()


def _was_exchanged(store: ReadyStore, campaign: str) -> bool:
    states = store.recipients(campaign, "", STATES)
    clicks = [id for state in states if state.carried for id in ids_in(state.carried)]
    return bool(clicks and store.uses_of(clicks))
