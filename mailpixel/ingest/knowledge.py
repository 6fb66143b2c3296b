"""What deciding about a hit needs to know; `live.LiveKnowledge` has it while a server runs."""

from typing import Protocol

from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.links.click_id import ClickIds
from mailpixel.links.token import TokenSigner
from mailpixel.privacy.resolve import Resolver


class Knowledge(Protocol):
    """Its properties may change from one hit to the next."""

    @property
    def signer(self) -> TokenSigner:
        """Verifies tokens."""

    @property
    def click_ids(self) -> ClickIds:
        """Signs click ids."""

    @property
    def registry(self) -> RegistryCache:
        """Campaigns, links and sites."""

    @property
    def people(self) -> PeopleCache:
        """What people agreed to."""

    @property
    def resolver(self) -> Resolver:
        """Which modes are in force."""

    @property
    def is_sure_of_people(self) -> bool:
        """Whether what people said was read of late."""
