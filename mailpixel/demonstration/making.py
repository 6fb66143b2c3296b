"""Makes the demonstration campaigns, and removes them.

Requests are read, decided about, logged and judged by the code that does so with real ones. Only the clock differs:
it stands at the moment of each request.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from hashlib import sha256
from importlib.resources import files
from operator import attrgetter
from random import Random
from typing import NamedTuple

from mailpixel.campaigns import delete_campaign
from mailpixel.classify import Rules, judge
from mailpixel.demonstration.campaigns import DEMONSTRATIONS, Demonstration
from mailpixel.demonstration.machines import MINUTE_MS, PIXEL, Planned, Subject
from mailpixel.demonstration.mailboxes import mailbox_of
from mailpixel.demonstration.people import OPTS_OUT, reading, reading_at_ms
from mailpixel.demonstration.shop import close_shop, make_shop
from mailpixel.errors import Conflict, NotFound
from mailpixel.event_ids import EventIds, reported_event
from mailpixel.ingest.intake import Intake
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.kinds import EventKind, Reason
from mailpixel.links import surfaces
from mailpixel.links.click_id import ClickIds
from mailpixel.links.keyring import Keyring
from mailpixel.links.minter import Minter
from mailpixel.links.splicing.options import RewriteOptions
from mailpixel.links.token import TokenSigner
from mailpixel.model import Campaign, Event
from mailpixel.privacy.minimise import Minimiser
from mailpixel.privacy.resolve import LEGACY, Resolver
from mailpixel.privacy.salts import OwnSalts
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.projections.lease import LEASE_MS
from mailpixel.rewriting.keeping import Offered, keep_mail
from mailpixel.server.request_reader import RequestReader, TrackingRequest
from mailpixel.settings import Settings
from mailpixel.store.registry import Registry
from mailpixel.store.store import Store
from mailpixel.times import moment_of

SEED = "mailpixel"
"""Where all chance comes from: the same campaigns and hits each time, apart from the moment of sending."""
BOUNCES = 0.013
"""The share of messages that no server takes."""
BOUNCE_REASONS = {Reason.INVALID: 6, Reason.BOUNCED: 3, Reason.BLOCKED: 1}
"""How often each reason for that is reported, beside the others."""
COMPLAINTS = 0.002
"""The share of readers who report the mail as spam."""
TRANSIT_MS = 25_000
"""How long delivery takes on average."""
CORRECTED_AFTER_MS = 50 * MINUTE_MS
"""When the mistakes in links are noticed."""
HOLDER = "demonstration"


class Folder(NamedTuple):
    """What a demonstration is made in: the stores and the keys of a data folder, and the settings and rules."""

    store: Store
    registry: Registry
    keyring: Keyring
    settings: Settings
    rules: Rules


class _Knowledge(NamedTuple):
    """What the intake knows: the keys, the registry and the people as they are now."""

    signer: TokenSigner
    click_ids: ClickIds
    registry: RegistryCache
    people: PeopleCache
    resolver: Resolver = Resolver(LEGACY)  # nobody real is measured
    is_sure_of_people: bool = True


def make_demonstration(folder: Folder, clock: Callable[[], int]) -> list[Campaign]:
    """Add what is missing of the demonstration campaigns, and return them all, the one to show first.

    A campaign that has hits stays as it is, so doing it twice changes nothing. `clock` gives milliseconds since
    1970. Raises `Conflict` when the id of one belongs to a campaign that is none.
    """
    now_ms = clock()
    made = [_make(folder, each, now_ms) for each in DEMONSTRATIONS]
    _fold(folder, clock)
    return [*made, *make_shop(folder.registry, folder.settings.base_url)]


def remove_demonstration(store: Store, registry: Registry) -> list[str]:
    """Delete the demonstration campaigns with their hits. Returns the ids of those that were there."""
    removed = []
    for each in DEMONSTRATIONS:
        with suppress(NotFound):
            if registry.campaign(each.id).demonstration:
                delete_campaign(store, registry, each.id)
                removed.append(each.id)
    return removed + close_shop(store, registry)


def _make(folder: Folder, demonstration: Demonstration, now_ms: int) -> Campaign:
    campaign = _registered(folder.registry, demonstration, now_ms)
    if next(folder.store.messages(campaign.id), None) is None:
        # All at once: a campaign has all of its hits or none.
        folder.store.append(list(_events(folder, demonstration, campaign, now_ms)))
        if demonstration.mail:
            _keep_mail(folder, campaign, demonstration.mail)
    return campaign


def _keep_mail(folder: Folder, campaign: Campaign, file: str) -> None:
    """Keep the mail for the click map, as it was sent."""
    content = (files("mailpixel.demonstration") / file).read_bytes()
    offered = Offered(content, False, "demo", campaign.sent_at or moment_of(0))
    keep_mail(folder.registry, campaign.id, offered, RewriteOptions(folder.settings.base_url))


def _registered(registry: Registry, demonstration: Demonstration, now_ms: int) -> Campaign:
    with suppress(NotFound):
        campaign = registry.campaign(demonstration.id)
        if not campaign.demonstration:
            raise Conflict(
                f"campaign {campaign.id!r} is yours and no demonstration; make the demonstration in another data folder"
            )
        return campaign
    campaign = demonstration.campaign(now_ms)
    registry.add_campaign(demonstration.as_sent(campaign))
    registry.note_signed(campaign.id)
    corrected_at = moment_of((campaign.sent_at_ms or 0) + CORRECTED_AFTER_MS)
    return registry.change_campaign(campaign.id, lambda _: campaign, "cli", corrected_at)


def _events(folder: Folder, demonstration: Demonstration, campaign: Campaign, now_ms: int) -> Iterator[Event]:
    """Everything that is logged of a campaign up to now: deliveries, opt-outs and hits."""
    planned: list[Planned] = []
    for recipient in _recipients(demonstration):
        reports, hits = _life_of(recipient, demonstration, campaign)
        yield from (event for event in reports if event.received_at_ms <= now_ms)
        planned += (hit for hit in hits if hit.at_ms <= now_ms)
    planned.sort(key=attrgetter("at_ms"))
    yield from _logged(folder, campaign, planned)


def _recipients(demonstration: Demonstration) -> Iterator[str]:
    return (f"demo-{number:04}" for number in range(1, demonstration.recipients + 1))


def _life_of(
    recipient: str, demonstration: Demonstration, campaign: Campaign
) -> tuple[Sequence[Event], Sequence[Planned]]:
    """What becomes of one message: what is reported of it, and the requests that come."""
    rng = Random(f"{SEED} {campaign.id} {recipient}")  # noqa: S311 - chance that repeats, no secret
    at_ms = (campaign.sent_at_ms or 0) + round(rng.expovariate(1 / TRANSIT_MS)) + 400
    if rng.random() < BOUNCES:
        reason = rng.choices(list(BOUNCE_REASONS), list(BOUNCE_REASONS.values()))[0]
        return [reported_event(EventKind.BOUNCE, campaign.id, recipient, at_ms, reason)], []
    subject = Subject(recipient, at_ms, [link.number for link in campaign.links])
    mailbox = mailbox_of(rng)
    reports = [reported_event(EventKind.DELIVERY, campaign.id, recipient, at_ms)]
    hits = [hit for machine in mailbox.machines for hit in machine(rng, subject)]
    if rng.random() < mailbox.reads * demonstration.interest:
        weights = [share for _, share in demonstration.links]
        hits += reading(rng, subject, mailbox, weights, mailbox.clicks * demonstration.interest)
        if rng.random() < COMPLAINTS:
            at_ms = reading_at_ms(rng, at_ms)
            reports.append(reported_event(EventKind.COMPLAINT, campaign.id, recipient, at_ms, Reason.SPAM))
        if rng.random() < OPTS_OUT:
            left_ms = reading_at_ms(rng, at_ms)
            # An event of this campaign alone: nobody real is kept out by it.
            reports.append(reported_event(EventKind.OPTOUT, campaign.id, recipient, left_ms))
            hits = [hit for hit in hits if hit.at_ms < left_ms]
    return reports, hits


def _logged(folder: Folder, campaign: Campaign, planned: Sequence[Planned]) -> Iterator[Event]:
    """The events that follow from these requests, in order of time."""
    settings = folder.settings
    cache, people = RegistryCache(folder.registry, settings.retention_days), PeopleCache(folder.registry)
    cache.refresh()
    people.refresh()
    known = _Knowledge(TokenSigner(folder.keyring), ClickIds(folder.keyring), cache, people)
    minimiser = Minimiser(OwnSalts(), lambda: folder.rules, settings.keep_address)
    intake = Intake(known, settings.message_cap, minimiser)
    intake.ids = EventIds(sha256(campaign.id.encode()).digest()[:4])
    reader = RequestReader(())
    minter = Minter(folder.keyring, campaign.base_url or settings.base_url, campaign.id)
    for each in planned:
        hit = reader.read(_request(minter, each), each.at_ms)
        receipt = None if hit is None else intake.receive(hit)
        if receipt is not None and receipt.event is not None:
            yield receipt.event


def _request(minter: Minter, planned: Planned) -> TrackingRequest:
    """The request as it arrives."""
    is_open = planned.link == PIXEL
    url = minter.pixel(planned.recipient) if is_open else minter.link(planned.recipient, planned.link)
    return TrackingRequest(
        surface=surfaces.PIXEL if is_open else surfaces.LINK,
        method=planned.method,
        path=url.removeprefix(minter.base_url),
        query=b"",
        headers=planned.client.image if is_open else planned.client.click,
        peer=planned.address,
    )


def _fold(folder: Folder, clock: Callable[[], int]) -> None:
    """Judge and count what was logged, unless a running service does that."""
    options = FoldOptions(edition=lambda: folder.rules.version)
    judged = partial(judge, rules=folder.rules)
    fold = Fold(folder.store, folder.registry, judged, HOLDER, options)
    try:
        while fold.catch_up(clock, LEASE_MS):
            pass
    finally:
        fold.leave()
