"""What a registry offers: everything that people set up, as a sum of small protocols.

It is written in one place, by compare-and-set, and its news can be read anywhere, by revision. One contract
suite (`tests/integration/test_registry_contract.py`) runs on every registry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mailpixel.model import Campaign
from mailpixel.store.campaigns import CampaignReader, CampaignWriter, ChangedCampaigns
from mailpixel.store.consents import Consents, Wordings
from mailpixel.store.erasures import Erasures, Workers
from mailpixel.store.inbound import InboundSources
from mailpixel.store.keys import ApiKey, ApiKeys, SigningKeys
from mailpixel.store.leases import Leases
from mailpixel.store.lifecycle import Lifecycle
from mailpixel.store.mails import Mails
from mailpixel.store.opt_outs import OptOuts
from mailpixel.store.overrides import Overrides
from mailpixel.store.privacy_choice import PrivacyChoices
from mailpixel.store.retention import OldRecords
from mailpixel.store.shares import Shares
from mailpixel.store.sign_ins import SignIns
from mailpixel.store.signings import Signings
from mailpixel.store.sites import SiteFeed, Sites
from mailpixel.store.webhooks import WebhookRegistry


@dataclass(frozen=True, slots=True)
class RegistryNews:
    """What changed in the registry after a revision.

    It holds whole campaigns, API keys, and the ids of deleted campaigns.
    """

    revision: int
    campaigns: Sequence[Campaign]
    keys: Sequence[ApiKey]
    deleted: Sequence[str] = ()


class RegistryFeed(SiteFeed, Protocol):
    """What changed, for those who keep a copy."""

    def news(self, since: int) -> RegistryNews:
        """What changed after a revision (0: everything). Cheap when nothing changed."""
        ...


class RulesEditions(Protocol):
    """The rules that judge, numbered in the order in which they come into force."""

    def edition_number(self, rules: str) -> int:
        """The number of these rules, which come into force now. The same rules as last time keep their number."""
        ...


class FoldRegistry(CampaignReader, ChangedCampaigns, Leases, RulesEditions, Protocol):
    """The part of a registry that folding needs."""


class Registry(
    CampaignWriter,
    FoldRegistry,
    Mails,
    ApiKeys,
    SigningKeys,
    OptOuts,
    Overrides,
    Consents,
    Wordings,
    PrivacyChoices,
    Shares,
    InboundSources,
    SignIns,
    Signings,
    Sites,
    RegistryFeed,
    WebhookRegistry,
    Erasures,
    Workers,
    OldRecords,
    Lifecycle,
    Protocol,
):
    """What people set up, the ledger of consent, leases and editions of the rules.

    Moments are kept to the millisecond.
    """
