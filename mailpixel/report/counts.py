"""Opens and clicks of a campaign as counts, and what is not known where recipients are not kept."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from msgspec import Meta

from mailpixel.modes import Mode, Modes
from mailpixel.report.answer import Answer, Count

VIEWS = (
    "Counted without recipients. These are views, not people: the address is the same in every mail, and anybody who "
    "has one can ask it again."
)
"""Why numbers of people are not known where hits are counted without their recipients."""
SOME_VIEWS = (
    "Some of these were counted without recipients, so nobody can say which share of the recipients they are. These "
    "are views, not people."
)
"""Why rates are not known where that is so for some of the recipients only."""
OFF = "The mode in force is off, so nothing is recorded."
"""Why numbers of people are not known where nothing is recorded."""

Unique = Annotated[
    Count | None, Meta(description="Null where hits are counted without their recipients, see `notes`.")
]


class Note(Answer, frozen=True):
    """Why a value is null. `field` is its place in this answer, such as `opens.unique`."""

    field: str
    reason: str


class AggregateCounts(Answer, frozen=True):
    """The part that was counted without recipients. It is inside the other counts, but in no unique number."""

    human: Count
    privacy_prefetch: Count
    machine: Count


class OpenCounts(Answer, frozen=True):
    """Opens of a campaign. `unique` numbers count messages."""

    events: Count
    deduplicated: Count
    unique: Unique
    human: Count
    unique_human: Unique
    proxied: Count
    privacy_prefetch: Count
    machine: Count
    inferred_from_clicks: Unique
    aggregate: AggregateCounts


class ClickCounts(Answer, frozen=True):
    """Clicks of a campaign. `unique` numbers count messages."""

    events: Count
    deduplicated: Count
    unique: Unique
    human: Count
    unique_human: Unique
    machine: Count
    aggregate: AggregateCounts


Group = str
"""`opens` or `clicks`."""
PEOPLE: Mapping[Group, tuple[str, ...]] = {
    "opens": ("opens.unique", "opens.unique_human", "opens.inferred_from_clicks"),
    "clicks": ("clicks.unique", "clicks.unique_human", "links.unique_human"),
}
"""What is null where the hits of a group are counted without their recipients."""
RATES: Mapping[Group, tuple[str, ...]] = {
    "opens": ("rates.open_rate", "rates.click_to_open_rate", "open_rate_range"),
    "clicks": ("rates.click_rate", "rates.click_to_open_rate"),
}
"""The rates that are null where some are."""


class Known(NamedTuple):
    """What is known of the people behind opens and clicks.

    `without` are the groups of which no recipient is known, with the reason. `partly` are the groups whose rates are
    not known. `by_hour` says whether anything was counted without recipients, which is kept by hour.
    """

    without: Mapping[Group, str]
    partly: frozenset[Group]
    by_hour: bool = False

    def has_rate(self, *groups: Group) -> bool:
        """Whether rates of people of these groups can be known."""
        return not self.partly.intersection(groups)

    def notes(self) -> list[Note]:
        """Why values are null."""
        found: dict[str, str] = {}
        for group in ("opens", "clicks"):
            if group in self.without:
                found |= dict.fromkeys((*PEOPLE[group], *RATES[group]), self.without[group])
            elif group in self.partly:
                found |= {field: SOME_VIEWS for field in RATES[group] if field not in found}
        return [Note(field, reason) for field, reason in found.items()]


def known_of(ceiling: Modes, totals: Mapping[str, int], is_signed: bool = False) -> Known:
    """What is known of people, from the counts of a campaign and the most that may be recorded of anybody in it.

    Where the signers counted who is recorded by name (`is_signed`), rates are those of these people.
    """
    partly = {group for group in PEOPLE if totals.get(f"{group}.aggregate_events")}
    most: Mapping[Group, Mode] = {"opens": ceiling.opens, "clicks": ceiling.clicks}
    without = {
        group: OFF if mode is Mode.OFF and group not in partly else VIEWS
        for group, mode in most.items()
        if group in partly or mode < Mode.INDIVIDUAL
        if totals.get(f"{group}.events", 0) == totals.get(f"{group}.aggregate_events", 0)
    }
    return Known(without, frozenset(without if is_signed else {*partly, *without}), bool(partly))


EVERYBODY = Known({}, frozenset())
"""All recipients are known."""


def open_counts(totals: Mapping[str, int], known: Known) -> OpenCounts:
    """The opens of a campaign."""
    return OpenCounts(**_counts(OpenCounts, "opens", totals, known))


def click_counts(totals: Mapping[str, int], known: Known) -> ClickCounts:
    """The clicks of a campaign."""
    return ClickCounts(**_counts(ClickCounts, "clicks", totals, known))


def _counts(
    shape: type[OpenCounts | ClickCounts], group: Group, totals: Mapping[str, int], known: Known
) -> dict[str, Any]:
    names = [name for name in shape.__struct_fields__ if name != "aggregate"]
    counts: dict[str, Any] = {
        name: None
        if group in known.without and f"{group}.{name}" in PEOPLE[group]
        else totals.get(f"{group}.{name}", 0)
        for name in names
    }
    parts = AggregateCounts.__struct_fields__
    return counts | {
        "aggregate": AggregateCounts(*(totals.get(f"{group}.aggregate_{part}", 0) for part in parts))
    }


def named_counts(counts: OpenCounts | ClickCounts) -> Iterator[tuple[str, int | None]]:
    """Each count with its name, but for the part without recipients."""
    return ((name, getattr(counts, name)) for name in counts.__struct_fields__ if name != "aggregate")
