"""Whether a campaign is ready to be sent, as the API and the pages answer it."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace

from mailpixel.errors import MissingExtra
from mailpixel.measure.ready import known_before
from mailpixel.model import Campaign
from mailpixel.report.readiness import BeforeSendingRow, KnownBefore, readiness, reasons_quickly
from mailpixel.server.services import Services


def before_sending(services: Services, campaign: Campaign) -> BeforeSendingRow:
    """What speaks against sending a campaign. Its destinations are not asked."""
    return readiness(_known(services, campaign), services.registry.overrides(campaign.id))


def with_destinations(services: Services, campaign: Campaign) -> Awaitable[BeforeSendingRow]:
    """The same, and what the destinations answer: to be awaited on the event loop, for up to half a minute.

    Where the package for it is missing they are not asked.
    """
    facts, overrides = _known(services, campaign), services.registry.overrides(campaign.id)

    async def asked() -> BeforeSendingRow:
        try:
            from mailpixel.outbound.destinations import Destinations
        except MissingExtra:
            return readiness(facts, overrides)
        found = await Destinations(services.settings.webhook_networks).ask(campaign.links)
        return readiness(replace(facts, asked=found), overrides)

    return asked()


def warnings_before(services: Services, campaign: Campaign) -> Sequence[str]:
    """The problems of a campaign that was not sent yet; see `reasons_quickly`."""
    seeds = services.live.resolver.policy.seeds
    found = reasons_quickly(services.store, services.registry, campaign, seeds, services.clock())
    return [each.problem for each in found]


def _known(services: Services, campaign: Campaign) -> KnownBefore:
    seeds = services.live.resolver.policy.seeds
    return known_before(services.settled(), services.registry, campaign, seeds, services.clock())
