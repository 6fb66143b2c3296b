"""The registry in memory."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as changed_copy
from datetime import datetime

from mailpixel.errors import Conflict, NotFound
from mailpixel.model import Campaign, Link
from mailpixel.store.campaign_changes import (
    Remembered,
    calls_for_rebuild,
    calls_for_recount,
    check_never_sent,
    met,
    placed,
    replaced_links,
    to_the_millisecond,
    with_mode_since,
)
from mailpixel.store.campaigns import (
    MOST_MET_LINKS,
    LinkPlace,
    LinkRevision,
    Sighting,
    order_after,
    sending_order,
)
from mailpixel.store.keys import ApiKey, SigningKey
from mailpixel.store.leases import LeaseState
from mailpixel.store.memory.erasures import MemoryErasures
from mailpixel.store.memory.overrides import MemoryOverrides
from mailpixel.store.memory.privacy_choice import MemoryPrivacyChoices
from mailpixel.store.memory.retention import MemoryOldRecords
from mailpixel.store.memory.shares import MemoryShares
from mailpixel.store.memory.sign_ins import MemorySignIns
from mailpixel.store.memory.signings import MemorySignings
from mailpixel.store.memory.sites import MemorySites
from mailpixel.store.opt_outs import OptOutsInLedger
from mailpixel.store.registry import RegistryNews


class MemoryRegistry(
    MemoryOldRecords,
    OptOutsInLedger,
    MemoryErasures,
    MemoryOverrides,
    MemoryPrivacyChoices,
    MemoryShares,
    MemorySignIns,
    MemorySignings,
    MemorySites,
):
    """A `Registry` in memory. Any thread may call it."""

    def __init__(self) -> None:
        super().__init__()
        self._campaigns: dict[str, Campaign] = {}
        self._link_revisions: defaultdict[str, list[LinkRevision]] = defaultdict(list)
        self._keys: dict[str, ApiKey] = {}
        self._signing_keys: dict[int, SigningKey] = {}
        self._stale: set[str] = set()
        self._relinked: set[str] = set()
        self._seen: defaultdict[str, dict[int, Remembered]] = defaultdict(dict)
        self._met: Counter[str] = Counter()
        self._signed: set[str] = set()
        self._revision = 0
        self._stamps: dict[tuple[str, str], int] = {}
        self._rules: list[str] = []

    def campaigns(
        self, after: str = "", limit: int = 1000, archived: bool | None = None
    ) -> Sequence[Campaign]:
        """See `Registry`."""
        with self._lock:
            ordered = [self._campaigns[id] for id in sorted(self._campaigns) if id > after]
            return [each for each in ordered if archived in (None, each.archived)][:limit]

    def campaign(self, id: str) -> Campaign:
        """See `Registry`."""
        with self._lock:
            if id not in self._campaigns:
                raise NotFound(f"there is no campaign {id!r}")
            return self._campaigns[id]

    def outline(self, id: str) -> Campaign:
        """See `Registry`."""
        return changed_copy(self.campaign(id), links=())

    def outlines(
        self, after: str = "", limit: int = 50, archived: bool | None = None, search: str = ""
    ) -> Sequence[Campaign]:
        """See `Registry`."""
        begin, text = order_after(after), search.casefold()
        with self._lock:
            found = [
                changed_copy(each, links=())
                for each in self._campaigns.values()
                if archived in (None, each.archived)
                and (text in each.name.casefold() or text in each.id.casefold())
            ]
        following = (each for each in found if not after or sending_order(each) > begin)
        return sorted(following, key=sending_order)[:limit]

    def links_of(self, campaigns: Sequence[str]) -> Mapping[str, Sequence[Link]]:
        """See `Registry`."""
        with self._lock:
            found = {id: self._campaigns[id].links for id in campaigns if id in self._campaigns}
        return {id: links for id, links in found.items() if links}

    def add_campaign(self, campaign: Campaign) -> None:
        """See `Registry`."""
        with self._lock:
            if campaign.id in self._campaigns:
                raise Conflict(
                    f"campaign {campaign.id!r} exists already; choose another id or change that one"
                )
            self._put_campaign(campaign, stale=True)

    def change_campaign(
        self, id: str, change: Callable[[Campaign], Campaign], by: str, now: datetime
    ) -> Campaign:
        """See `Registry`."""
        with self._lock:
            former = self.campaign(id)
            campaign = with_mode_since(former, change(former), now)
            at = to_the_millisecond(now) or now
            self._link_revisions[id] += [
                LinkRevision(link.number, link.url, at, by) for link in replaced_links(former, campaign)
            ]
            self._put_campaign(
                campaign, calls_for_rebuild(former, campaign), calls_for_recount(former, campaign)
            )
            return self.campaign(id)

    def _put_campaign(self, campaign: Campaign, stale: bool, relinked: bool = False) -> None:
        links = tuple(sorted(campaign.links, key=lambda link: link.number))
        sent_at = to_the_millisecond(campaign.sent_at)
        since = to_the_millisecond(campaign.mode_since)
        self._campaigns[campaign.id] = changed_copy(campaign, sent_at=sent_at, links=links, mode_since=since)
        self._stamp("campaign", campaign.id)
        if stale:
            self._stale.add(campaign.id)
        if relinked:
            self._relinked.add(campaign.id)

    def note_signed(self, campaign: str) -> None:
        """See `Registry`."""
        with self._lock:
            self._signed.add(self.campaign(campaign).id)

    def delete_campaign(self, id: str) -> None:
        """See `Registry`."""
        with self._lock:
            check_never_sent(self.campaign(id), id in self._signed)
            del self._campaigns[id]
            self._link_revisions.pop(id, None)
            self._mails.pop(id, None)
            self._seen.pop(id, None)
            del self._met[id]
            self._stale.discard(id)
            self._relinked.discard(id)
            self._forget_overrides(id)
            self._forget_shares(id)
            self._forget_signings(id)
            self._stamp("campaign", id)

    def register_links(self, campaign: str, urls: Sequence[str]) -> Mapping[str, int]:
        """See `Registry`."""
        return dict(zip(urls, self.register_places(campaign, [LinkPlace(url) for url in urls]), strict=True))

    def register_places(self, campaign: str, places: Sequence[LinkPlace]) -> Sequence[int]:
        """See `Registry`."""
        with self._lock:
            registered = self.campaign(campaign)
            former = max((row.number for row in self.link_revisions(campaign)), default=0)
            found = placed(registered.links, places, former)
            if found.new or found.relabelled:
                by_number = {link.number: link for link in (*registered.links, *found.relabelled, *found.new)}
                changed = changed_copy(registered, links=tuple(by_number.values()))
                self._put_campaign(changed, stale=False, relinked=bool(found.new))
            return found.numbers

    def meet_links(self, campaign: str, sightings: Sequence[Sighting]) -> Mapping[str, int]:
        """See `Registry`."""
        with self._lock:
            known = {
                link.url: link.number for link in reversed(self.campaign(campaign).links) if not link.trap
            }
            unknown = [each for each in sightings if each.url not in known]
            seen = self._seen[campaign]
            again, fresh = met(unknown, seen, MOST_MET_LINKS - self._met[campaign])
            seen.update({each.slot: (each.mark, each.reader) for each in fresh})
            self._met[campaign] += len(again)
            registered = self.register_links(campaign, [each.url for each in again]) if again else {}
            return {each.url: known[each.url] for each in sightings if each.url in known} | dict(registered)

    def forget_people(self, recipients: Sequence[str]) -> int:
        """See `Erasures`."""
        with self._lock:
            self._seen.clear()
            return self._forget_letters(recipients)

    def link_revisions(self, campaign: str) -> Sequence[LinkRevision]:
        """See `Registry`."""
        with self._lock:
            return list(self._link_revisions.get(campaign, ()))

    def news(self, since: int) -> RegistryNews:
        """See `Registry`."""
        with self._lock:
            news = [key for key, stamp in sorted(self._stamps.items()) if stamp > since]
            return RegistryNews(
                self._revision,
                [self._campaigns[id] for kind, id in news if kind == "campaign" and id in self._campaigns],
                [self._keys[name] for kind, name in news if kind == "key"],
                [id for kind, id in news if kind == "campaign" and id not in self._campaigns],
            )

    def stale(self) -> Sequence[str]:
        """See `Registry`."""
        with self._lock:
            return sorted(self._stale)

    def relinked(self) -> Sequence[str]:
        """See `Registry`."""
        with self._lock:
            return sorted(self._relinked)

    def any_stale(self) -> bool:
        """See `Registry`."""
        with self._lock:
            return bool(self._stale or self._relinked)

    def settled(self, *campaigns: Campaign) -> None:
        """See `Registry`."""
        with self._lock:
            for judged in campaigns:
                present = self._campaigns.get(judged.id)
                if present is not None and not calls_for_rebuild(judged, present):
                    self._stale.discard(judged.id)
            self.links_settled(*campaigns)

    def links_settled(self, *campaigns: Campaign) -> None:
        """See `Registry`."""
        with self._lock:
            for judged in campaigns:
                present = self._campaigns.get(judged.id)
                self._relinked.discard(judged.id)
                if present is not None and calls_for_recount(judged, present):
                    self._relinked.add(judged.id)

    def add_key(self, key: ApiKey) -> None:
        """See `Registry`."""
        with self._lock:
            if key.name in self._keys:
                raise Conflict(f"an API key {key.name!r} exists or existed; choose another name")
            self._put_key(key)

    def keys(self) -> Sequence[ApiKey]:
        """See `Registry`."""
        with self._lock:
            return [self._keys[name] for name in sorted(self._keys)]

    def revoke_key(self, name: str, now: datetime) -> None:
        """See `Registry`."""
        with self._lock:
            if name not in self._keys:
                raise NotFound(f"there is no API key {name!r}")
            key = self._keys[name]
            self._put_key(changed_copy(key, revoked_at=key.revoked_at or now))

    def _put_key(self, key: ApiKey) -> None:
        created_at = to_the_millisecond(key.created_at) or key.created_at
        revoked_at = to_the_millisecond(key.revoked_at)
        self._keys[key.name] = changed_copy(key, created_at=created_at, revoked_at=revoked_at)
        self._stamp("key", key.name)

    def _stamp(self, kind: str, id: str) -> None:
        self._stamps[kind, id] = self._next_revision()

    def _next_revision(self) -> int:
        with self._lock:
            self._revision += 1
            return self._revision

    def signing_keys(self) -> Sequence[SigningKey]:
        """See `Registry`."""
        with self._lock:
            return [self._signing_keys[id] for id in sorted(self._signing_keys)]

    def remember_keys(self, keys: Sequence[SigningKey]) -> None:
        """See `Registry`."""
        with self._lock:
            self._signing_keys.update({key.id: key for key in keys})

    def edition_number(self, rules: str) -> int:
        """See `Registry`."""
        with self._lock:
            if self._rules[-1:] != [rules]:
                self._rules.append(rules)
            return len(self._rules)

    def check_in_place(self) -> None:
        """See `Registry`."""

    def take_lease(self, consumer: str, holder: str, now_ms: int, for_ms: int) -> bool:
        """See `Registry`."""
        with self._lock:
            lease = self.lease(consumer)
            if lease.holder != holder and 0 < lease.expires_at_ms - now_ms <= 2 * for_ms:
                return False
            self._leases[consumer] = changed_copy(lease, holder=holder, expires_at_ms=now_ms + for_ms)
            return True

    def drop_lease(self, consumer: str, holder: str) -> None:
        """See `Registry`."""
        with self._lock:
            if (lease := self.lease(consumer)).holder == holder:
                self._leases[consumer] = changed_copy(lease, expires_at_ms=0)

    def forget_lease(self, consumer: str) -> None:
        """See `Registry`."""
        with self._lock:
            self._leases.pop(consumer, None)

    def caught_up(self, consumer: str, holder: str, now_ms: int) -> None:
        """See `Registry`."""
        with self._lock:
            if (lease := self.lease(consumer)).holder == holder:
                self._leases[consumer] = changed_copy(lease, caught_up_at_ms=now_ms)

    def lease(self, consumer: str) -> LeaseState:
        """See `Registry`."""
        with self._lock:
            return self._leases.get(consumer, LeaseState())

    def leases(self) -> Mapping[str, LeaseState]:
        """See `Registry`."""
        with self._lock:
            return dict(sorted(self._leases.items()))

    def close(self) -> None:
        """Nothing to close."""
