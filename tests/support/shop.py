"""A site with its mails in one store: everything that happens is appended and folded, in any order and in any parts."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from mailpixel.classify import Rules
from mailpixel.model import Event
from mailpixel.projections.identities import Identities
from mailpixel.projections.orders import counted_value
from mailpixel.projections.site_fold import SiteFold, SiteFoldOptions
from mailpixel.site_model import Identity, Site
from mailpixel.store.memory import MemoryRegistry, MemoryStore
from mailpixel.store.store import Store
from tests.support.builders import at_ms
from tests.support.folding import catch_up
from tests.support.site_cases import SITE

LEASE_MS = 5_000
RULES = Rules()
A_SITE = Site(SITE, "0123456789abcdef", ("shop.example",))


def fold_sites(
    store: Store, registry: MemoryRegistry | None = None, rules: Rules = RULES, part: int = 500
) -> int:
    """Fold whatever is new of sites. Returns how many cases had news."""
    fold = SiteFold(
        store, registry or MemoryRegistry(), lambda: rules, "a test", SiteFoldOptions(news=part, part=part)
    )
    folded = fold.catch_up(lambda: at_ms(1_000_000), LEASE_MS)
    fold.leave()
    return folded or 0


@dataclass
class Shop:
    """A store that folds mail and sites, and what it then knows of visitors and orders."""

    store: Store = field(default_factory=MemoryStore)
    refusing: frozenset[str] = frozenset()

    def receive(self, events: Iterable[Event]) -> "Shop":
        """Append and fold what arrives together."""
        self.store.append(list(events))
        catch_up(self.store)
        fold_sites(self.store)
        return self

    @property
    def identities(self) -> Identities:
        """Who visitors are."""
        return Identities(self.store, self.refusing.__contains__)

    def names(self, site: str = SITE) -> dict[str, str]:
        """The recipient that each visitor is, without those who are nobody."""
        found = {
            visit.visitor: self.identities.of_visitor(site, visit.visitor)
            for visit in self.store.visits(site)
        }
        return {visitor: identity.recipient for visitor, identity in found.items() if identity is not None}

    def who(self, recipient: str) -> Sequence[Identity]:
        """The visitors that a recipient is."""
        return self.identities.of_recipient(recipient)

    def money(self, site: str = SITE) -> dict[str, int]:
        """What the orders are worth by currency, without those whose money does not count."""
        found: dict[str, int] = {}
        for order in self.store.orders(site):
            value = counted_value(order, self.store.visit(site, order.visitor))
            if value is not None:
                found[order.currency] = found.get(order.currency, 0) + value
        return found


def arrivals(events: Sequence[Event], number: int, seed: int = 1) -> Iterable[Sequence[Sequence[Event]]]:
    """The same events in several orders of arrival, each cut into several parts that are folded one by one."""
    chance = random.Random(seed)
    yield [events]
    yield [[event] for event in events]
    yield [[event] for event in reversed(events)]
    for _ in range(number):
        mixed = chance.sample(events, len(events))
        cuts = sorted(chance.choices(range(len(mixed) + 1), k=3))
        yield [mixed[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]


def in_every_order(events: Sequence[Event], look: Callable[[Shop], object], number: int = 12) -> object:
    """What a look at the shop shows, which must be the same whatever the order of arrival. Returns it."""
    seen = []
    for parts in arrivals(events, number):
        shop = Shop()
        for part in parts:
            shop.receive(part)
        seen.append(look(shop))
    assert all(each == seen[0] for each in seen), seen
    return seen[0]
