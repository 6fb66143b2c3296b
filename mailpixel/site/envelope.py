"""What a page sends: read to its outcome, its problems, and the events that are kept.

The answer to a browser never tells any of this: the check of the API and the console do.
"""

import re
from collections.abc import Mapping
from typing import Any

from mailpixel.site.consent import IDENTIFY, MEASURE, Consent, read_consent
from mailpixel.site.event import Envelope, read_event
from mailpixel.site.fields import DATA_CHARS
from mailpixel.site.json_text import read_json
from mailpixel.site.outcomes import Outcome, Reading, Signals
from mailpixel.site.pages import is_foreign
from mailpixel.site.plain import MOST_EVENTS, VERSION, read_plain
from mailpixel.site_model import Site, Step

BODY_BYTES = 65_536
"""The largest body of an envelope."""
_FORMS = {"click": re.compile(r"[A-Za-z0-9_-]{43}"), "visitor": re.compile(r"[A-Za-z0-9_-]{22}")}


def read_envelope(body: bytes, site: Site, signals: Signals) -> Reading:
    """Read the body of a `POST` as it came. Never raises."""
    if len(body) > BODY_BYTES:
        return Reading(Outcome.TOO_LARGE)
    return read_plain(body, site, signals) or read_whole(body, site, signals)


def read_whole(body: bytes, site: Site, signals: Signals) -> Reading:
    """Read a body of any content, of at most `BODY_BYTES`."""
    try:
        sent = read_json(body)
    except ValueError:
        return Reading(Outcome.MALFORMED)
    return read_sent(sent, site, signals, may_be_large=len(body) > DATA_CHARS)


def read_sent(
    sent: object, site: Site, signals: Signals, may_be_large: bool = False, needs_ids: bool = True
) -> Reading:
    """Read an envelope whose JSON was read already."""
    if type(sent) is not dict:
        return Reading(Outcome.MALFORMED)
    refusal = _refusal(sent)
    if refusal is not None:
        return Reading(refusal)
    consent = read_consent(sent, site, signals.gpc)
    sent_ms = sent.get("sent_ms")
    clock = sent_ms if type(sent_ms) is int and abs(sent_ms) < 2**63 else None
    if is_withdrawn(sent):
        step = _withdrawal(consent, signals)
        return Reading(Outcome.WITHDRAWN, withdrawal=step, source=consent.source, sent_ms=clock)
    if MEASURE not in consent.purposes:
        return Reading(Outcome.NO_CONSENT, consent=consent.purposes, source=consent.source, sent_ms=clock)
    problems: list[str] = []
    envelope = Envelope(
        site=site,
        signals=signals,
        consent=consent,
        click=_click(sent.get("click"), consent, signals, problems),
        visitor=_identifying("visitor", sent.get("visitor"), consent, problems),
        automated=sent.get("automated") == 1,
        is_foreign=is_foreign(signals.origin, site),
        needs_ids=needs_ids,
        may_be_large=may_be_large,
    )
    events = tuple(read_event(event, envelope) for event in sent["events"])
    outcome = Outcome.LOGGED if any(event.logged for event in events) else Outcome.NOTHING
    return Reading(
        outcome, tuple(problems), events, consent=consent.purposes, source=consent.source, sent_ms=clock
    )


def _refusal(sent: Mapping[str, Any]) -> Outcome | None:
    """Why nothing of the envelope is looked at; None if its form is good."""
    version, events = sent.get("v"), sent.get("events")
    if type(version) is not int:
        return Outcome.MALFORMED
    if version != VERSION:
        return Outcome.UNKNOWN_VERSION
    if events is None and is_withdrawn(sent):
        return None
    if type(events) is not list:
        return Outcome.MALFORMED
    return Outcome.TOO_MANY if len(events) > MOST_EVENTS else None


def is_withdrawn(sent: Mapping[str, Any]) -> bool:
    """Whether the envelope says that consent to measure was withdrawn."""
    return bool(sent.get("withdrawn") == 1)


def _withdrawal(consent: Consent, signals: Signals) -> Step:
    return Step("consent", "", signals.now_ms, source=consent.source, version=consent.version)


def _click(said: object, consent: Consent, signals: Signals, problems: list[str]) -> str:
    """The event id of the click that the visit carries; empty without one, or without consent to identify."""
    text = _identifying("click", said, consent, problems)
    click = signals.read_click(text) if text else None
    if text and click is None:
        problems.append("bad:click")
    return (click or b"").hex()


def _identifying(field: str, said: object, consent: Consent, problems: list[str]) -> str:
    """A field that tells who a visitor is; empty without one, in a wrong form, or without consent to identify."""
    if said is None or said == "":
        return ""
    if type(said) is not str or not _FORMS[field].fullmatch(said):
        problems.append(f"bad:{field}")
        return ""
    if IDENTIFY not in consent.purposes:
        problems.append(f"no_consent:{field}")
        return ""
    return said
