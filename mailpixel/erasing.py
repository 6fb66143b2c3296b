"""Joins everything that holds something of people, so that one call erases them from all of it."""

import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from mailpixel.classify import judge
from mailpixel.errors import MailpixelError, safe_message
from mailpixel.folder.keys import open_keys
from mailpixel.folder.operator_file import RulesInForce
from mailpixel.folder.suppressed import suppressed_file
from mailpixel.minting.results import remove_lists_with
from mailpixel.outbound.chosen import ERASED
from mailpixel.privacy.erasure import Erasing, ErasureRegistry
from mailpixel.projections.cases_of_people import cases_of_people
from mailpixel.projections.fold import Fold, FoldOptions
from mailpixel.projections.lease import LEASE_MS
from mailpixel.projections.site_fold import SiteFold, SiteRegistry
from mailpixel.settings import Settings
from mailpixel.site_model import SITE_CASES
from mailpixel.spool.expanding import Spool
from mailpixel.spool.files import aside_in, remove
from mailpixel.store.consumers import Consumer
from mailpixel.store.erasure import NO_CASES, Scanned, TheirCases
from mailpixel.store.erasures import ErasureRecord
from mailpixel.store.keys import SigningKeys
from mailpixel.store.log import MessageReader
from mailpixel.store.projections import FOLD
from mailpixel.store.registry import FoldRegistry
from mailpixel.store.site_projections import SITE_FOLD
from mailpixel.store.store import Store
from mailpixel.store.traces import sought
from mailpixel.store.webhooks import Webhook, WebhookRegistry, WebhookState
from mailpixel.times import now_ms

PART_BYTES = 4_194_304
FOLDED_WITHIN_S = 10.0
"""How long an erasure waits for the folds. Of what is not folded then, it takes what the events themselves say."""
LOOK_S = 0.05

log = logging.getLogger(__name__)


class EverythingOfPeople(ErasureRegistry, WebhookRegistry, SigningKeys, FoldRegistry, SiteRegistry, Protocol):
    """The part of a registry that erasing, its folds and its notices need."""


def erasing_in(settings: Settings, store: Store, registry: EverythingOfPeople) -> Erasing:
    """What erasing works with, in the data folder of these settings."""
    listed, notices = suppressed_file(settings.key_file), Notices(settings, store, registry)
    cases = SiteCases(settings, store, registry)
    return Erasing(
        store,
        registry,
        DataFiles(settings),
        listed,
        now_ms,
        time.sleep,
        notices,
        cases=cases,
        incoming=Spool(settings.spool, store),
    )


@dataclass(frozen=True, slots=True)
class SiteCases:
    """Finds the visits and orders of people."""

    settings: Settings
    store: Store
    registry: EverythingOfPeople

    def of(self, recipients: Sequence[str]) -> TheirCases:
        """See `Cases`."""
        return cases_of_people(self.store, recipients) if self.registry.sites("", 1) else NO_CASES

    def settle(self) -> None:
        """See `Cases`. It folds what waits, or waits for the process that does, for `FOLDED_WITHIN_S` at most."""
        if not self.registry.sites("", 1):
            return
        began_ms, end_s, holder = now_ms(), time.monotonic() + FOLDED_WITHIN_S, f"erasing-{os.getpid()}"
        rules = RulesInForce(self.settings).now
        mail, sites = self.store.consumer(FOLD), self.store.consumer(SITE_FOLD, cases=SITE_CASES)
        options = FoldOptions(edition=lambda: rules.version)
        folds: dict[Consumer, Fold | SiteFold] = {
            mail: Fold(self.store, self.registry, partial(judge, rules=rules), holder, options),
            sites: SiteFold(self.store, self.registry, lambda: rules, holder),
        }
        while time.monotonic() < end_s:
            behind = [fold for consumer, fold in folds.items() if _waits(consumer, began_ms)]
            for fold in behind:
                fold.catch_up(now_ms, LEASE_MS)
                fold.leave()
            if not behind:
                return
            time.sleep(LOOK_S)


def _waits(consumer: Consumer, began_ms: int) -> bool:
    """Whether something waits that was logged before a moment."""
    first_ms = consumer.waiting().first_event_ms
    return first_ms is not None and first_ms <= began_ms


@dataclass(frozen=True, slots=True)
class Notices:
    """Notifies the receivers of webhooks that asked for it. Those that do not accept it are named in the log."""

    settings: Settings
    store: MessageReader
    registry: EverythingOfPeople

    def __call__(self, record: ErasureRecord, recipients: Sequence[str]) -> None:
        """Notify the receivers that the people of an erasure are erased."""
        wanting = [each for each in self.registry.webhooks() if ERASED in each.events]
        if not wanting or not recipients:
            return
        try:
            missed = self._missed(record, recipients, wanting)
        except (MailpixelError, ImportError) as error:
            log.error("no webhook could be sent a notice of an erasure: %s", safe_message(error))
            missed = [each.name for each in wanting]
        for name in missed:
            log.warning(
                "the receiver of webhook %s did not accept the notice of an erasure: inform its operator yourself",
                name,
            )

    def _missed(
        self, record: ErasureRecord, recipients: Sequence[str], wanting: Sequence[Webhook]
    ) -> list[str]:
        from mailpixel.outbound.erased import ErasedPeople, notify  # needs an extra

        news = [
            (each, ErasedPeople(record.id, record.asked_at_ms, self._known_to(each, recipients)))
            for each in wanting
            if each.state is WebhookState.RUNNING
        ]
        keyring = open_keys(self.settings.key_file, self.registry)
        stopped = [each.name for each in wanting if each.state is not WebhookState.RUNNING]
        return stopped + notify(news, keyring, self.settings.webhook_networks, now_ms())

    def _known_to(self, webhook: Webhook, recipients: Sequence[str]) -> Sequence[str]:
        """Those of whom a receiver may have events: a webhook of some campaigns knows only their people."""
        if not webhook.campaigns:
            return recipients
        wanted = frozenset(webhook.campaigns)
        return [
            recipient
            for recipient in recipients
            if any(message.campaign in wanted for message in self.store.person(recipient))
        ]


@dataclass(frozen=True, slots=True)
class DataFiles:
    """The files of the data folder beside the database, the keys and the list of suppressions."""

    settings: Settings

    def forget(self, recipients: Sequence[str]) -> None:
        """Remove signed lists that name these people, and damaged parts of the spool that do."""
        remove_lists_with(self.settings.data, recipients)
        words = sought(recipients)
        for path in aside_in(self.settings.spool):
            if words.places_in(path.read_bytes()):
                remove(path)

    def scan(self, texts: Sequence[str]) -> Scanned:
        """Search the files for these texts as words."""
        words, files = sought(texts), list(self._files())
        found = [file for file in files if any(words.places_in(part) for part in _parts(file))]
        return Scanned(len(files), tuple(str(file.relative_to(self.settings.data)) for file in found))

    def _files(self) -> Iterator[Path]:
        """All but the database, the keys and the list of suppressions in use. Those that were replaced are searched."""
        database = self.settings.database
        own = {
            *(database.with_name(database.name + ending) for ending in ("", "-wal", "-shm")),
            self.settings.key_file,
            suppressed_file(self.settings.key_file),
        }
        for path in sorted(self.settings.data.rglob("*")):
            if path.is_file() and path not in own:
                yield path


def _parts(file: Path) -> Iterator[bytes]:
    """The content in parts of whole lines; nothing of a file that is gone meanwhile."""
    try:
        with file.open("rb") as opened:
            while lines := opened.readlines(PART_BYTES):
                yield b"".join(lines)
    except FileNotFoundError:
        return
