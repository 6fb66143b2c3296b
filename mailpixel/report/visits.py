"""Visits for people and programs: why one has its verdict, and how many there are each day by people and machines."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from mailpixel.classify.rules import Rules
from mailpixel.classify.visit import JudgedVisit, judge_visit
from mailpixel.classify.visit_rules import SeenStep
from mailpixel.classify.visit_words import reasons_of
from mailpixel.model import Event, Message, Verdict
from mailpixel.projections.identities import Clicks
from mailpixel.projections.visits import visit_of
from mailpixel.report.answer import Answer, Count, Iso
from mailpixel.report.explanation import client_name
from mailpixel.report.moments import iso_ms
from mailpixel.site_model import Carry, Identity, Visit, VisitStep, read_step
from mailpixel.store.site_projections import ReadSiteProjections
from mailpixel.times import EPOCH


class StepRow(Answer, frozen=True):
    """One event of a visit. `what` is the path of a page or the ids of items; a `repeat` says an earlier one again.

    An event that is not `counted` was left out by its own `rule`.
    """

    at: Iso
    received_at: Iso
    name: str
    id: str
    what: str
    counted: bool
    repeat: bool
    verdict: Verdict
    rule: str
    consent: list[str]
    problems: list[str]


class UsedClick(Answer, frozen=True):
    """A click of a mail that a visit used: its event id in hexadecimal digits, when, and whether with `identify`.

    `campaign`, `link` and `human` (whether a person clicked) are null for a click that is not known, or no more.
    """

    click: str
    at: Iso
    identify: bool
    campaign: str | None = None
    link: Count | None = None
    human: bool | None = None


class VisitRow(Answer, frozen=True):
    """A visit with its verdict, the sentences that explain it, and all of its events in order of time.

    `recipient` is who the visitor is, where that is known. `clients` are its programs in words.
    """

    site: str
    visitor: str
    verdict: Verdict
    rule: str
    reasons: list[str]
    rules_version: str
    first_at: Iso
    last_at: Iso
    sessions: Count
    channel: str
    utm_campaign: str
    known_as: str
    recipient: str | None
    consent: list[str]
    clients: list[str]
    clicks: list[UsedClick]
    steps: list[StepRow]


class DayRow(Answer, frozen=True):
    """How many visits to a site began on a day (UTC): by people, by machines, and by the operator's own."""

    day: str
    human: Count
    machine: Count
    internal: Count


class VisitDays(Answer, frozen=True):
    """Visits to a site by day (UTC), the first day first."""

    site: str
    items: list[DayRow]


def explain_visit(
    case: Message, rules: Rules, hosts: Sequence[str], identity: Identity | None, mails: Clicks
) -> VisitRow:
    """Explain a visit. `hosts` are those of its site, `identity` is who the visitor is, if known."""
    judged = judge_visit(case, rules)
    visit = visit_of(case, judged, hosts)
    agents = dict.fromkeys(event.agent for event in case.events if event.agent)
    return VisitRow(
        site=visit.site,
        visitor=visit.visitor,
        verdict=visit.verdict,
        rule=visit.rule,
        reasons=list(reasons_of(judged, rules)),
        rules_version=rules.visits_version,
        first_at=iso_ms(visit.first_ms),
        last_at=iso_ms(visit.last_ms),
        sessions=visit.sessions,
        channel=visit.channel,
        utm_campaign=visit.utm_campaign,
        known_as=visit.known_as,
        recipient=None if identity is None else identity.recipient,
        consent=list(visit.consent),
        clients=[client_name(agent) or agent for agent in agents],
        clicks=_used(visit.carries, mails),
        steps=_steps(case.events, judged, visit),
    )


def _used(carries: Sequence[Carry], mails: Clicks) -> list[UsedClick]:
    known = mails.clicks_by_id([carry.click for carry in carries]) if carries else {}
    used = []
    for carry in carries:
        click = known.get(carry.click)
        mail = (click.campaign, click.link, click.is_human) if click else ()
        used.append(UsedClick(carry.click.hex(), iso_ms(carry.at_ms), carry.identify, *mail))
    return used


def _steps(events: Sequence[Event], judged: JudgedVisit, visit: Visit) -> list[StepRow]:
    """All events in order of time: those that count, those that say what the visitor agreed to, those left out."""
    out = [SeenStep(event, read_step(event.body)) for event in events if event.id in judged.out]
    seen = [*judged.steps, *judged.consents, *out]
    folded = {step.event_id: step for step in visit.steps}
    return [
        _row(each, judged, folded) for each in sorted(seen, key=lambda each: (each.step.at_ms, each.event.id))
    ]


def _row(seen: SeenStep, judged: JudgedVisit, folded: Mapping[bytes, VisitStep]) -> StepRow:
    step, event = seen.step, seen.event
    decided = judged.decision(event.id)
    found = folded.get(event.id)
    return StepRow(
        at=iso_ms(step.at_ms),
        received_at=iso_ms(event.received_at_ms),
        name=step.name,
        id=step.id,
        what=found.what if found else "",
        counted=event.id not in judged.out,
        repeat=decided.dup,
        verdict=decided.verdict,
        rule=decided.rule,
        consent=list(step.consent),
        problems=list(step.problems),
    )


def visits_by_day(
    projections: ReadSiteProjections, site: str, from_ms: int = 0, until_ms: int | None = None
) -> Sequence[DayRow]:
    """How many visits to a site began on each day of this time that has any."""
    return [
        DayRow(_day(each.day), *_counts(each.verdicts))
        for each in projections.visits_by_day(site, from_ms, until_ms)
    ]


def _counts(verdicts: Mapping[Verdict, int]) -> tuple[int, int, int]:
    """Visits by people, by machines, and by the operator's own."""
    human, internal = verdicts.get(Verdict.HUMAN, 0), verdicts.get(Verdict.INTERNAL, 0)
    return human, sum(verdicts.values()) - human - internal, internal


def _day(day: int) -> str:
    return f"{EPOCH + timedelta(days=day):%Y-%m-%d}"
