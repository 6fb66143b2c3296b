"""What a server knows while it runs and others may change: signing keys, the registry, consent, the rules in force.

This is its only owner: every surface reads through it, so a change takes effect for all of them at once.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from mailpixel.classify import Rules
from mailpixel.errors import safe_message
from mailpixel.files import Stamp, stamp_of
from mailpixel.folder.key_file import load_keyring
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.ingest.people_cache import PeopleCache
from mailpixel.ingest.registry_cache import RegistryCache
from mailpixel.ingest.site_cache import SiteCache
from mailpixel.links.click_id import ClickIds
from mailpixel.links.keyring import Keyring
from mailpixel.links.token import TokenSigner
from mailpixel.privacy.resolve import SURE_FOR_S, Resolver

PEOPLE = "people"
STALE_AFTER_S = 10.0
"""A part is stale once its last good look is older than this, even if the current look still runs."""

log = logging.getLogger(__name__)


class LivePart:
    """One part of the knowledge, refreshed again and again. `clock` gives seconds and never goes back.

    Errors are caught and logged, each new problem once. The former knowledge stays in force.
    """

    def __init__(self, name: str, look: Callable[[], object], clock: Callable[[], float]) -> None:
        self.name = name
        self._look = look
        self._clock = clock
        self._fresh_at_s = clock()
        self._problem: str | None = None

    def refresh(self) -> None:
        """Look once. Never raises."""
        began_s = self._clock()
        try:
            self._look()
        except Exception as error:
            self._failed(safe_message(error))
            return
        if self._problem is not None:
            log.warning("%s: read again", self.name)
        self._problem, self._fresh_at_s = None, began_s

    def age_s(self) -> float:
        """Seconds since the last good look began."""
        return max(self._clock() - self._fresh_at_s, 0.0)

    def is_of_last(self, seconds: float) -> bool:
        """Whether the last good look began within these seconds."""
        return self._clock() - self._fresh_at_s <= seconds

    @property
    def fresh(self) -> bool:
        """Whether the last look succeeded and was recent."""
        return self._problem is None and self.age_s() <= STALE_AFTER_S

    def _failed(self, problem: str) -> None:
        if problem != self._problem:
            log.error("%s: could not be read, the last state stays in force: %s", self.name, problem)
        self._problem = problem


class LiveKeys:
    """The keyring of a key file and its signers, as of the last good look. Making it raises `KeyringError`."""

    def __init__(self, path: Path, load: Callable[[Path], Keyring] = load_keyring) -> None:
        self._path = path
        self._load = load
        self._seen: Stamp | None = None
        self.look()

    def look(self) -> None:
        """Read the file again if it has changed. Without a change it costs one `stat`.

        Raises `KeyringError` as long as the file is missing or cannot be used.
        """
        found = stamp_of(self._path)
        if found is None or found != self._seen:
            self.keyring = self._load(self._path)
            self.signer = TokenSigner(self.keyring)
            self.click_ids = ClickIds(self.keyring)
            self._seen = found


class LiveKnowledge:
    """Signing keys, the registry's cache, people's consent and the rules in force, each as of its last good look."""

    def __init__(
        self,
        keys: LiveKeys,
        registry: RegistryCache,
        people: PeopleCache,
        in_force: RulesInForce,
        resolver: Resolver,
    ) -> None:
        self._keys = keys
        self.registry = registry
        self.people = people
        self.resolver = resolver
        self._in_force = in_force
        self._people_part: LivePart | None = None

    @property
    def keyring(self) -> Keyring:
        """The keys that sign and verify."""
        return self._keys.keyring

    @property
    def signer(self) -> TokenSigner:
        """The signer made of this keyring."""
        return self._keys.signer

    @property
    def click_ids(self) -> ClickIds:
        """Signs and reads click ids with this keyring."""
        return self._keys.click_ids

    @property
    def sites(self) -> SiteCache:
        """The registered sites, as of the last look at the registry."""
        return self.registry.sites

    def read_click(self, text: str) -> bytes | None:
        """The event id of the click that a click id names; None for an id that none of our keys signed."""
        return self._keys.click_ids.read(text).click

    @property
    def rules(self) -> Rules:
        """The rules in force."""
        return self._in_force.now

    @property
    def is_sure_of_people(self) -> bool:
        """Whether what people said was read within `SURE_FOR_S`."""
        part = self._people_part
        return part is None or part.is_of_last(SURE_FOR_S)

    def parts(self, clock: Callable[[], float]) -> tuple[LivePart, ...]:
        """The parts to refresh, in this order."""
        parts = (
            LivePart("keys", self._keys.look, clock),
            LivePart("registry", self.registry.refresh, clock),
            LivePart(PEOPLE, self.people.refresh, clock),
            LivePart("rules", self._in_force.look, clock),
        )
        self._people_part = next(part for part in parts if part.name == PEOPLE)
        return parts
