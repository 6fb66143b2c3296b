"""A visit from its events: what happened in which order, what led to it, which clicks of mails it used.

A pure function of all events of the case and of the rules, so the order in which they arrive does not matter.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from mailpixel.classify.rules import Rules
from mailpixel.classify.visit import JudgedVisit, judge_visit
from mailpixel.classify.visit_rules import PAGE_VIEW, SeenStep
from mailpixel.model import Message
from mailpixel.projections.channels import Source, source_of
from mailpixel.site_model import SITE_PREFIX, Carry, Visit, VisitStep

SILENCE_MS = 30 * 60_000
"""After this time without a step, the next step begins another session."""

IDENTIFY = "identify"
"""The purpose that lets a visitor be known by a click or by an id of their own."""

NO_HOSTS: Sequence[str] = ()


def fold_visit(case: Message, rules: Rules, hosts: Sequence[str] = NO_HOSTS) -> Visit:
    """The visit that these events make. `hosts` are those of its site: a referrer among them led nobody there.

    Raises `msgspec.DecodeError` for an event whose body is none.
    """
    return visit_of(case, judge_visit(case, rules), hosts)


def visit_of(case: Message, judged: JudgedVisit, hosts: Sequence[str] = NO_HOSTS) -> Visit:
    """The visit of a case that was judged.

    The last words of a visitor on consent hold for the whole visit: who takes `identify` back is not known by an id.
    """
    steps, counted = judged.steps, judged.seen.steps
    said = _in_order(steps, judged.consents)
    consent = said[-1].step.consent if said else ()
    source = _source(counted, hosts)
    moments = [seen.step.at_ms for seen in steps] or _received(case)
    return Visit(
        site=case.campaign.removeprefix(SITE_PREFIX),
        visitor=case.recipient,
        first_ms=moments[0],
        last_ms=moments[-1],
        verdict=judged.verdict,
        rule=judged.rule,
        steps=tuple([_step(seen, judged.repeats) for seen in steps]),
        carries=_carries(said),
        known_as=_known_as(said) if IDENTIFY in consent else "",
        channel=source.channel,
        utm_campaign=source.campaign,
        consent=consent,
        sessions=1 + sum(later - earlier > SILENCE_MS for earlier, later in pairwise(moments)),
    )


def _received(case: Message) -> Sequence[int]:
    """When the events of a visit without steps came in."""
    return sorted(event.received_at_ms for event in case.events)


def _in_order(steps: Sequence[SeenStep], consents: Sequence[SeenStep]) -> Sequence[SeenStep]:
    if not consents:
        return steps
    return sorted([*steps, *consents], key=lambda seen: (seen.step.at_ms, seen.event.id))


def _step(seen: SeenStep, repeats: frozenset[bytes]) -> VisitStep:
    step, id = seen.step, seen.event.id
    what = (
        path_of(step.url) if step.name == PAGE_VIEW else item_ids(step.data.get("items")) if step.data else ""
    )
    return VisitStep(step.at_ms, id, step.name, step.id, what, id in repeats)


def path_of(url: str) -> str:
    """The path of a page's address; `/` for one without a path."""
    begin = url.find("/", url.find("://") + 3)
    if begin < 0:
        return "/" if url else ""
    ends = [end for mark in "?#" if (end := url.find(mark, begin)) >= 0]
    return url[begin : min(ends)] if ends else url[begin:]


def item_ids(items: Any) -> str:
    """The ids, or else the names, of the items of a step, with a blank between them and none inside of one."""
    if not isinstance(items, (list, tuple)):
        return ""
    found = (
        item.get("item_id") or item.get("item_name") if isinstance(item, dict) else item for item in items
    )
    return " ".join("_".join(str(each).split()) for each in found if each is not None and each != "")


def _source(steps: Iterable[SeenStep], hosts: Sequence[str]) -> Source:
    """What led to the visit, by its first page; without a page, by the first step that names one."""
    first = None
    for seen in steps:
        if seen.step.name == PAGE_VIEW:
            return source_of(seen.step.url, seen.step.referrer, hosts)
        if first is None and seen.step.url:
            first = seen.step
    return source_of(first.url, first.referrer, hosts) if first else source_of("", "", hosts)


def _carries(said: Iterable[SeenStep]) -> tuple[Carry, ...]:
    """Each click of a mail that the visit used: its first use, and its first use with `identify`."""
    found: dict[tuple[str, bool], Carry] = {}
    for seen in said:
        step = seen.step
        if step.click:
            key = step.click, IDENTIFY in step.consent
            if key not in found:
                found[key] = Carry(bytes.fromhex(step.click), step.at_ms, key[1])
    return tuple(found.values())


def _known_as(said: Iterable[SeenStep]) -> str:
    """The first id that the visitor agreed to be known by."""
    return next((seen.step.visitor for seen in said if seen.step.visitor), "")
