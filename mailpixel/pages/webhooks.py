"""Webhooks as people read them: how posting goes, and what waits."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from mailpixel.pages.numbers import NONE, THIN, grouped
from mailpixel.report.webhooks import TrialRow, WebhookRow
from mailpixel.store.webhooks import WebhookState

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
OUTCOMES = {
    "accepted": "Accepted",
    "refused": "Refused",
    "unavailable": "Not available",
    "unreachable": "Not reached",
    "forbidden": "Not sent",
    "gone": "Gone",
}
"""The outcomes of a post, in words."""


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """One webhook, as text. `is_well` is False for one that fails or is stopped."""

    name: str
    address: str
    url: str
    events: str
    campaigns: str
    state: str
    is_well: bool
    waiting: str
    letters: str
    last: str


def webhook_line(row: WebhookRow, all_events: int, now: datetime) -> WebhookLine:
    """A webhook at this moment. With `all_events` types it wants all of them."""
    return WebhookLine(
        name=row.name,
        address=webhook_address(row.name),
        url=row.url,
        events="all"
        if len(row.events) == all_events and "person.erased" not in row.events
        else ", ".join(row.events).replace("_", " "),
        campaigns=", ".join(row.campaigns) or "all",
        state=_state(row, now),
        is_well=row.state is WebhookState.RUNNING and row.failing_since is None,
        waiting=_waiting(row, now),
        letters=_letters(row),
        last=_last(row, now),
    )


def webhook_address(name: str) -> str:
    """The address of the page of a webhook."""
    return f"/settings/webhooks/{quote(name, safe='')}"


def outcome_text(trial: TrialRow) -> str:
    """What came of a test: `Accepted: 204 after 38 ms`."""
    answer = trial.problem if trial.status is None else str(trial.status)
    return f"{OUTCOMES[trial.outcome]}: {answer} after {grouped(trial.took_ms)}{THIN}ms"


def duration(seconds: float) -> str:
    """A time in its largest unit: `38 s`, `4 min`, `2 h`, `5 d`."""
    whole = max(round(seconds), 0)
    size, unit = next((each for each in UNITS if whole >= each[0]), UNITS[-1])
    return f"{whole // size}{THIN}{unit}"


def _state(row: WebhookRow, now: datetime) -> str:
    if row.state is not WebhookState.RUNNING:
        because = row.stopped_because
        return because if because.startswith("stopped") else f"stopped: {because}"
    if row.failing_since is None:
        return "posting"
    retry = f", next try in {duration(-_age_s(row.retry_at, now))}" if row.retry_at else ""
    return f"failing for {duration(_age_s(row.failing_since, now))}{retry}"


def _waiting(row: WebhookRow, now: datetime) -> str:
    if not row.waiting or row.waiting_since is None:
        return grouped(row.waiting)
    return f"{grouped(row.waiting)}, for {duration(_age_s(row.waiting_since, now))}"


def _letters(row: WebhookRow) -> str:
    dead = f"{grouped(row.dead_letters)} given up" if row.dead_letters else ""
    waiting = f"{grouped(row.letters)} to retry" if row.letters else ""
    return ", ".join(filter(None, (waiting, dead))) or "0"


def _last(row: WebhookRow, now: datetime) -> str:
    if row.last_outcome is None or row.last_at is None:
        return NONE
    answer = OUTCOMES[row.last_outcome].lower() if row.last_status is None else str(row.last_status)
    took = f" after {grouped(row.last_took_ms)}{THIN}ms" if row.last_took_ms is not None else ""
    return f"{answer}{took}, {duration(_age_s(row.last_at, now))} ago"


def _age_s(moment: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(moment)).total_seconds()
