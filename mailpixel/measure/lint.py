"""Lint of a site: faults of its events that make figures wrong. Every rule is a row of one table."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from mailpixel.ingest.site_tally import NOTHING, SiteTally
from mailpixel.measure.console import console_figures
from mailpixel.measure.evidence import Evidence, ReadsEvents, gather
from mailpixel.measure.figures import Figure, figures_of
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.moments import iso_ms
from mailpixel.site.names import KNOWN, PAGE_VIEW, PURCHASE
from mailpixel.site_model import Site
from mailpixel.times import DAY_MS

DAYS = 7
"""How many days are looked at."""
ENOUGH = 20
MANY = 50
ADD_TO_CART = "add_to_cart"


class Seen(NamedTuple):
    """What a rule is about: `faults` of `of`, whether that is a fault, whether there is enough to say so, examples."""

    faults: int
    of: int
    is_fault: bool
    is_enough: bool = True
    examples: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: what is wrong, how it is counted, from when it is said, and what to do."""

    name: str
    meaning: str
    formula: str
    threshold: str
    remedy: str
    look: Callable[[Evidence, Site, int], Seen]


def _thank_you_only(found: Evidence, site: Site, now_ms: int) -> Seen:
    others = found.other_pages + sum(
        number for name, number in found.names.items() if name not in (PAGE_VIEW, PURCHASE)
    )
    return Seen(others, found.events, not others, found.events >= ENOUGH)


def _no_id(found: Evidence, site: Site, now_ms: int) -> Seen:
    faults = found.problem(PURCHASE, "missing:transaction_id", "bad:transaction_id")
    return Seen(faults, found.named[PURCHASE], faults > 0)


def _no_currency(found: Evidence, site: Site, now_ms: int) -> Seen:
    faults = found.of_any("missing:currency", "bad:currency")
    return Seen(faults, found.named.total(), faults > 0)


def _similar_name(found: Evidence, site: Site, now_ms: int) -> Seen:
    own = {*site.names, *(planned.name for planned in site.plan)} - KNOWN
    refused = found.refused.keys() - KNOWN - own
    similar = [*_alike(own, KNOWN, ""), *_alike(refused, KNOWN | own, ", and refused")]
    return Seen(len(similar), len(own) + len(refused), bool(similar), examples=similar)


def _alike(names: Iterable[str], known: Iterable[str], more: str) -> Iterator[str]:
    for name in sorted(names):
        yield from (f"{name} is like {other}{more}" for other in sorted(known) if are_alike(name, other))


def are_alike(one: str, other: str) -> bool:
    """Whether two names of events differ only by case, by plural, or by underscores."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return "".join(word.removesuffix("s") for word in name.casefold().split("_"))


def _plan_unseen(found: Evidence, site: Site, now_ms: int) -> Seen:
    planned = [each.name for each in site.plan]
    unseen = [name for name in planned if found.last_ms.get(name, 0) < now_ms - DAY_MS]
    is_enough = found.first_ms is not None and found.first_ms <= now_ms - DAY_MS
    return Seen(len(unseen), len(planned), bool(unseen), is_enough, unseen)


def _step_order(found: Evidence, site: Site, now_ms: int) -> Seen:
    enough = [pair for pair, number in found.followed.items() if number >= MANY and found.names[pair[0]]]
    never = [f"{before} before {after}" for before, after in enough if not found.preceded[before, after]]
    return Seen(len(never), len(enough), bool(never), bool(enough), never)


def _same_id(found: Evidence, site: Site, now_ms: int) -> Seen:
    return Seen(found.differing, found.orders, found.differing > 0)


def _two_scripts(found: Evidence, site: Site, now_ms: int) -> Seen:
    return Seen(found.twins, found.page_views, found.twins * 20 > found.page_views, found.page_views >= MANY)


def _cart_on_load(found: Evidence, site: Site, now_ms: int) -> Seen:
    carts, views = found.names[ADD_TO_CART], found.page_views
    return Seen(carts, views, abs(carts - views) * 20 <= views, views >= MANY)


# fmt: off
RULES: tuple[Rule, ...] = (
    Rule("thank-you-only", "Only purchases, or only pages on which somebody has just bought, are seen.",
         "events other than a purchase and than page views in the minute before or at one, of all events",
         f"0, from {ENOUGH} events",
         "Put the script on every page: conversions alone cannot say where people leave.", _thank_you_only),
    Rule("purchase-without-id", "Purchases have no order id, so repeats of them are not noticed, and no money counts.",
         "purchases with missing:transaction_id or bad:transaction_id, of all purchases", "1 or more",
         "Send transaction_id with each purchase.", _no_id),
    Rule("value-without-currency", "Values have no currency, so their money does not count.",
         "events with missing:currency or bad:currency, of all events", "1 or more",
         "Send currency with each value, such as EUR.", _no_currency),
    Rule("similar-name", "A name differs only by case, plural or underscore from one that is known: a name of the "
         "site's own, or one that pages sent lately and that was refused.",
         "own names and refused names that are like a known name, of all own and refused names", "1 or more",
         "Send the known name, and take the own one away.", _similar_name),
    Rule("plan-not-seen", "An event of the tracking plan did not arrive for a day.",
         "planned names without an event in the last 24 hours, of all planned names",
         "1 or more, from a day after the first visit",
         "Look at the page that sends it, or take it out of the plan.", _plan_unseen),
    Rule("step-out-of-order", "A step of the shop never precedes the next one.",
         "pairs of neighbouring steps whose first never comes before the second in a visit, of all pairs",
         f"1 or more, of pairs whose second step has {MANY} visits",
         "Send each step when it happens, not later or all at once.", _step_order),
    Rule("same-id-different-money", "Reports of one order name different money.",
         "orders whose reports differ, of all orders", "1 or more",
         "Use an order id once, and send the same value from the page and the server.", _same_id),
    Rule("two-scripts", "Two scripts run on one page: two views of one page at one moment.",
         "views within 50 ms after another view of the same page in a visit, of all page views",
         f"more than 5 %, from {MANY} page views",
         "Put the script on a page once, by the template or by a tag manager.", _two_scripts),
    Rule("cart-on-load", "Products are put into carts as often as pages are viewed: the event is sent on load.",
         "add_to_cart events, of page views", f"equal within 5 %, from {MANY} page views",
         "Send add_to_cart when somebody presses the button.", _cart_on_load),
)
# fmt: on

State = Literal["fault", "fine", "not_enough"]


class RuleFinding(Answer, frozen=True):
    """What a rule found. `not_enough`: too little was seen to say so."""

    rule: str
    state: State
    faults: Annotated[Count, Meta(description="The first number of the formula.")]
    of: Annotated[Count, Meta(description="The second number of the formula.")]
    examples: list[str]
    meaning: str
    formula: str
    threshold: str
    remedy: str


class Lint(Answer, frozen=True):
    """Faults of the events of a site in the last 7 days, and figures of the last 24 hours about its events.

    Of all `visits` of these days the latest `read` are looked at, those since `read_since`. Problems of events are
    counted in `fully_read` of them.
    """

    site: str
    since: Iso
    until: Iso
    visits: Count
    read: Count
    read_since: Iso
    fully_read: Count
    rules: list[RuleFinding]
    figures: list[Figure]

    @property
    def is_green(self) -> bool:
        """Whether no rule found a fault."""
        return all(row.state != "fault" for row in self.rules)


def lint(store: ReadsEvents, site: Site, now_ms: int, seen: SiteTally = NOTHING) -> Lint:
    """Look at the last 7 days of a site, and take the figures of the last 24 hours. `seen` is what consoles counted."""
    begin_ms = now_ms - DAYS * DAY_MS
    found = gather(store, site, begin_ms, now_ms + 1)
    found.refused = seen.refused
    today = gather(store, site, now_ms - DAY_MS, now_ms + 1)
    return Lint(
        site=site.id,
        since=iso_ms(begin_ms),
        until=iso_ms(now_ms),
        visits=found.known,
        read=found.visits,
        read_since=iso_ms(found.from_ms),
        fully_read=found.fully_read,
        rules=list(_rows(RULES, found, site, now_ms)),
        figures=[*figures_of(today), *console_figures(site, seen).figures],
    )


def _rows(rules: Sequence[Rule], found: Evidence, site: Site, now_ms: int) -> Iterable[RuleFinding]:
    for rule in rules:
        seen = rule.look(found, site, now_ms)
        state: State = "not_enough" if not seen.is_enough else STATES[seen.is_fault]
        yield RuleFinding(
            rule.name,
            state,
            seen.faults,
            seen.of,
            list(seen.examples),
            rule.meaning,
            rule.formula,
            rule.threshold,
            rule.remedy,
        )


STATES: Mapping[bool, State] = {True: "fault", False: "fine"}
